"""Reads everything that lies on the topics, as any consumer of committed records would."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from aiokafka import ConsumerRecord

from noise.decision import Action, DecisionRecord, decode_decision_record
from noise.label import decode_label
from noise.mode_change import Change, decode_mode_change
from pipelines.arrival import FORWARDED
from pipelines.clock import elapsed
from pipelines.demo.books import Books
from pipelines.demo.desk import Desk
from pipelines.demo.earned import Earned
from pipelines.demo.position import Position
from pipelines.demo.script import Script
from pipelines.demo.told import ProblemWatch
from pipelines.topics import Topics

LAST_SHOWN = 8
READ_MS = 200


class Shown(NamedTuple):
    """One item as a technician sees it; ``at`` in epoch seconds of the simulated time."""

    at: float
    tenant: str
    title: str
    action: Action
    why: str
    noise_probability: float | None


class Observer:
    """Enters what it reads in the books, and lays what is shown on the technicians' desk."""

    def __init__(
        self,
        topics: Topics,
        position: Position,
        script: Script,
        *,
        books: Books,
        earned: Earned,
        desk: Desk,
        watch: ProblemWatch,
    ) -> None:
        """Take who is to be told of what; ``position`` tells what is new since this start."""
        self._topics = topics
        self._position = position
        self._script = script
        self._books = books
        self._earned = earned
        self._desk = desk
        self._watch = watch
        self.last_shown: deque[Shown] = deque(maxlen=LAST_SHOWN)
        self.has_caught_up = False
        self.new_raw = 0
        self.first_decision_at: float | None = None
        self.decided_until = float("-inf")
        self._takes: dict[str, Callable[[ConsumerRecord], None]] = {
            topics.raw.name: self._take_raw,
            topics.enriched.name: self._take_decision,
            topics.suppressed.name: self._take_decision,
            topics.dead_letters.name: self._take_dead_letter,
            topics.feedback.name: self._take_label,
            topics.mode_changes.name: self._take_mode_change,
        }

    @property
    def names(self) -> list[str]:
        """Return the topics that are read."""
        return list(self._takes)

    async def follow(self, consumer: Any) -> None:
        """Read from the beginning of the topics until cancelled."""
        behind = dict(await consumer.end_offsets(consumer.assignment()))
        while True:
            for records in (await consumer.getmany(timeout_ms=READ_MS)).values():
                for record in records:
                    self._takes[record.topic](record)
            behind = {tp: end for tp, end in behind.items() if await consumer.position(tp) < end}
            self.has_caught_up = not behind

    def _take_raw(self, record: ConsumerRecord) -> None:
        is_forwarded = any(name == FORWARDED for name, _ in record.headers)
        self._books.enter_raw((record.partition, record.offset), is_forwarded=is_forwarded)
        self.new_raw += self._position.is_new(record.partition, record.offset)

    def _take_dead_letter(self, record: ConsumerRecord) -> None:
        headers = {name: value.decode() for name, value in record.headers if value is not None}
        if headers["topic"] == self._topics.raw.name:
            place = (int(headers["partition"]), int(headers["offset"]))
            self._books.enter_dead_letter(place, headers["reason"])

    def _take_label(self, record: ConsumerRecord) -> None:
        label = decode_label(record.value)
        self._books.labels[label.verdict, label.source] += 1
        self._desk.hear(label.label_id)

    def _take_mode_change(self, record: ConsumerRecord) -> None:
        changed = decode_mode_change(record.value)
        self._earned.enter(changed)
        if changed.change is Change.ASKED:
            self._desk.ask(changed)

    def _take_decision(self, record: ConsumerRecord) -> None:
        decided = decode_decision_record(record.value)
        place = self._books.enter_decision(decided)
        if decided.received_at is not None:
            self.decided_until = max(self.decided_until, decided.received_at.timestamp())
        if self.first_decision_at is None and place and self._position.is_new(*place):
            self.first_decision_at = elapsed()
        if decided.decision.action is Action.SUPPRESS:
            return
        self.last_shown.append(shown(decided))
        fact = self._script.recall(decided.event_key)
        if fact is not None:
            self._desk.see(decided, fact)
            if fact.problem is not None:
                self._watch.shown(fact.problem, decided.decision.decided_at.timestamp())


def shown(record: DecisionRecord) -> Shown:
    """Return a decision as it is shown to people."""
    decision = record.decision
    why = decision.explanation[0].text if decision.explanation else str(decision.reason)
    at = decision.decided_at.timestamp()
    return Shown(at, record.tenant, record.title, decision.action, why, decision.noise_probability)
