"""Answers of technicians, tickets and outages go to the engine; unreadable ones to dead letters."""

from __future__ import annotations

import logging
from typing import Protocol

from aiokafka import ConsumerRecord

from noise.engine import LabelResult
from noise.errors import LabelError, SourceError
from noise.label import Label, decode_label
from pipelines.agents import outputs
from pipelines.arrival import read_arrival
from pipelines.metrics import Tally
from pipelines.topics import MAX_RECORD_BYTES, Topics, partition_for
from pipelines.transport import Output

log = logging.getLogger(__name__)

REASONS = ("label", "label_failed")


class Learns(Protocol):
    """What is asked of the engine for answers."""

    def learn(self, label: Label, now: float) -> LabelResult:
        """Take an answer; return what became of it and what fell due first."""
        ...


class FeedbackFold:
    """Takes the answers of one partition."""

    def __init__(self, number: int, topics: Topics, engine: Learns) -> None:
        """Carry from the feedback topic of ``topics`` to ``engine``."""
        self._number = number
        self._topics = topics
        self._engine = engine

    def take(
        self, record: ConsumerRecord, now: float, tally: Tally
    ) -> tuple[LabelResult | None, list[Output]]:
        """Return the result of an answer that came at ``now``, and what else follows from it."""
        try:
            arrival = read_arrival(record)
            label = self._label(record)
        except (LabelError, SourceError) as exc:
            return None, [self._refuse(record, "label", str(exc), tally)]
        owner = partition_for(label.tenant, self._topics.feedback.partitions)
        if owner != self._number and not arrival.is_forwarded:
            return None, [outputs.forwarded(record, label.tenant, owner)]
        try:
            result = self._engine.learn(label, now)
        except Exception as exc:
            log.exception("the engine failed on label %s", label.label_id)
            error = f"{type(exc).__name__}: {exc}"
            return None, [self._refuse(record, "label_failed", error, tally)]
        tally.labels[label.verdict, label.source] += 1
        tally.label_outcomes[result.outcome] += 1
        tally.label_delays.append(arrival.received_at - label.labelled_at.timestamp())
        return result, []

    def _label(self, record: ConsumerRecord) -> Label:
        if not record.value:
            raise LabelError("the record has no value")
        if outputs.size_of(record) > MAX_RECORD_BYTES // 2:
            raise LabelError("the record is too large for an answer")
        return decode_label(record.value)

    def _refuse(self, record: ConsumerRecord, reason: str, error: str, tally: Tally) -> Output:
        tally.dead_letters[reason] += 1
        return outputs.dead_letter(self._topics, record, reason, error)
