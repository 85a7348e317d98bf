"""Raw records become decisions, dead letters, or go on to the partition of their tenant."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Protocol

from aiokafka import ConsumerRecord

from noise.alert import Alert, utc
from noise.decision import Action, DecidedAlert, Decision, Explanation, InForce, Reason
from noise.errors import SourceError
from noise.sources import DeadLetterReason
from pipelines.agents import outputs
from pipelines.arrival import Arrival, Parse, not_ahead, read_arrival
from pipelines.metrics import NO_TENANT, End, Tally
from pipelines.topics import MAX_RAW_BYTES, Topics, partition_for
from pipelines.transport import Output

log = logging.getLogger(__name__)

FORWARDING_BYTES = 1024  # what forwarding adds at most
REASONS = ("headers", "empty", "too_large", "several_tenants")


class Decides(Protocol):
    """What is asked of the engine for alerts."""

    def handle(self, alert: Alert, now: float, origin: str) -> list[DecidedAlert]:
        """Decide on an alert; what fell due first, its own first decision last."""
        ...


class RawFold:
    """Takes raw records of one partition; every record ends in exactly one place."""

    def __init__(self, number: int, topics: Topics, engine: Decides, parse: Parse) -> None:
        """Carry between ``topics`` and ``engine``; ``parse`` reads payloads."""
        self._number = number
        self._topics = topics
        self._engine = engine
        self._parse = parse

    def take(
        self, record: ConsumerRecord, reached: float | None, tally: Tally
    ) -> tuple[float | None, list[Output]]:
        """Return the arrival of a record, None if it cannot be read, and what follows from it.

        ``reached`` is how far the stream's time has come, None before its first record.
        """
        try:
            arrival = not_ahead(read_arrival(record), record, reached)
            alerts = self._alerts(record, arrival)
        except SourceError as exc:
            return None, [self._refuse(record, exc, tally)]
        tenant = alerts[0].tenant
        tally.raw[tenant] += 1
        owner = partition_for(tenant, self._topics.raw.partitions)
        if owner != self._number and not arrival.is_forwarded:
            tally.ends[tenant, End.FORWARDED] += 1
            return None, [outputs.forwarded(record, tenant, owner)]
        return arrival.received_at, self._decide_all(record, arrival, alerts, tally)

    # -- reading

    def _alerts(self, record: ConsumerRecord, arrival: Arrival) -> Sequence[Alert]:
        if outputs.size_of(record) > MAX_RAW_BYTES - FORWARDING_BYTES:
            raise SourceError("too_large", f"the record is larger than {MAX_RAW_BYTES} bytes")
        if not record.value:
            raise SourceError("empty", "the record has no value")
        alerts = self._parse(record.value, arrival)
        if len(alerts) > 1 and any(alert.tenant != alerts[0].tenant for alert in alerts):
            raise SourceError("several_tenants", "one record holds alerts of several tenants")
        return alerts

    def _refuse(self, record: ConsumerRecord, error: SourceError, tally: Tally) -> Output:
        if error.reason == DeadLetterReason.UNREADABLE:  # a fault of ours, not of the payload
            log.error("a parser failed", exc_info=error)
        tenant = _tenant_of(record)
        tally.raw[tenant] += 1
        tally.ends[tenant, End.DEAD_LETTER] += 1
        tally.dead_letters[error.reason] += 1
        return outputs.dead_letter(self._topics, record, error.reason, str(error))

    # -- deciding

    def _decide_all(
        self, record: ConsumerRecord, arrival: Arrival, alerts: Sequence[Alert], tally: Tally
    ) -> list[Output]:
        produced: list[Output] = []
        for position, alert in enumerate(alerts):
            origin = f"{record.topic}-{record.partition}-{record.offset}-{position}"
            decided = self._decide(alert, arrival.received_at, origin)
            produced += self.carry(decided, tally)
        tally.ends[alerts[0].tenant, End.DECIDED] += 1
        tally.arrivals[record.timestamp] += len(alerts)
        tally.newest_arrival = arrival.received_at
        return produced

    def _decide(self, alert: Alert, now: float, origin: str) -> list[DecidedAlert]:
        try:
            return self._engine.handle(alert, now, origin)
        except Exception as exc:
            log.exception("the engine failed on %s", origin)
            return [shown_unjudged(alert, now, origin, exc)]

    def carry(self, decided: Iterable[DecidedAlert], tally: Tally) -> list[Output]:
        """Return the records of these decisions, counted."""
        produced = []
        for each in decided:
            verdict = each.decision
            action, reason = verdict.action, verdict.reason
            if verdict.supersedes is None:
                tally.decisions[each.alert.tenant, action, reason, verdict.would_suppress] += 1
            else:
                tally.later_decisions[action, reason] += 1
            produced.append(outputs.decision(self._topics, each))
        return produced


def _tenant_of(record: ConsumerRecord) -> str:
    try:
        return read_arrival(record).tenant or NO_TENANT
    except SourceError:
        return NO_TENANT


def shown_unjudged(alert: Alert, now: float, origin: str, error: Exception) -> DecidedAlert:
    """Return the decision on an alert for which the engine has none: show it."""
    text = f"shown unjudged, because deciding failed: {type(error).__name__}: {error}"[:300]
    return DecidedAlert(
        alert,
        Decision(
            id=origin,
            action=Action.NOTIFY,
            reason=Reason.FAIL_OPEN,
            decided_at=utc(now),
            mode=InForce.OBSERVE,
            would_suppress=False,
            explanation=(Explanation(text, Reason.FAIL_OPEN),),
        ),
    )
