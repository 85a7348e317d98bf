"""Everything of one partition number: its engine, its clock, its books."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from aiokafka import ConsumerRecord

from noise.decision import DecidedAlert
from noise.engine import TenantReport
from noise.incident import Incident
from noise.learning.bound import Ledger
from noise.learning.shared import SharedLesson
from noise.mode_change import ModeChange
from pipelines.agents import outputs, sharing
from pipelines.agents.event_clock import EventClock
from pipelines.agents.feedback import FeedbackFold, Learns
from pipelines.agents.raw import Decides, RawFold
from pipelines.agents.sharing import SharedFold
from pipelines.arrival import Parse
from pipelines.clock import Clock
from pipelines.metrics import Metrics, Tally
from pipelines.topics import MAX_RAW_BYTES, Topic, Topics
from pipelines.transport import Output

log = logging.getLogger(__name__)

CLOCK_KEY = b"clock"  # the engine's keys have NUL bytes in them
MAX_STATE_BYTES = MAX_RAW_BYTES - 1024
MARKERS = 1  # a transaction marker at the end is an offset that is never delivered

Behind = Callable[[str], int | None]


class Remembers(Decides, Learns, Protocol):
    """The engine, as far as a partition needs it."""

    def tick(self, now: float) -> list[DecidedAlert]: ...
    def reports(self) -> Iterable[TenantReport]: ...
    def ledgers(self) -> Mapping[str, Ledger]: ...
    def incidents(self) -> list[Incident]: ...
    def lessons(self) -> list[SharedLesson]: ...
    def mode_changes(self) -> list[ModeChange]: ...
    def changes(self) -> Iterable[tuple[bytes, bytes | None]]: ...
    def load(self, key: bytes, value: bytes) -> None: ...


class PartitionFold:
    """Folds raw records, answers and time into one engine; the transport's ``Partition``."""

    def __init__(
        self,
        number: int,
        *,
        topics: Topics,
        engine: Remembers,
        parse: Parse,
        metrics: Metrics,
        wall: Clock,
        behind: Behind,
        shared: SharedFold | None = None,
    ) -> None:
        """Carry for partition ``number``.

        ``behind`` says how many offsets of a topic have not been folded yet, None if that is not
        known; ``shared`` takes what clients that share have learned, where that is heard.
        """
        self.number = number
        self.engine = engine
        self._topics = topics
        self._metrics = metrics
        self._wall = wall
        self._behind = behind
        self._shared = shared
        self._clock = EventClock(wall)
        self._is_clock_saved = True
        self._raw = RawFold(number, topics, engine, parse)
        self._feedback = FeedbackFold(number, topics, engine)
        self._tally = Tally()
        self._uncommitted: list[Tally] = []

    def fold(self, topic: str, records: Sequence[ConsumerRecord]) -> Iterator[Output]:
        """Take in records of the raw or the feedback topic."""
        if topic == self._topics.feedback.name:
            yield from self._fold_feedback(records)
        elif topic == self._topics.lessons.name:
            yield from self._fold_lessons(records)
        else:
            yield from self._fold_raw(records)
        yield from self._news()

    def _fold_lessons(self, records: Sequence[ConsumerRecord]) -> Iterator[Output]:
        for record in records:
            if self._shared is None:
                yield sharing.misplaced(record)
            else:
                yield from self._shared.take(record, self._tally)

    def _fold_raw(self, records: Sequence[ConsumerRecord]) -> Iterator[Output]:
        arrivals: list[float] = []
        reached = self._clock.reached
        for record in records:
            arrival, produced = self._raw.take(record, reached, self._tally)
            if arrival is not None:
                arrivals.append(arrival)
                reached = arrival if reached is None else max(reached, arrival)
            yield from produced
        if arrivals:
            self._clock.saw(min(arrivals), arrivals[-1])
            self._is_clock_saved = False

    def _fold_feedback(self, records: Sequence[ConsumerRecord]) -> Iterator[Output]:
        now = self._now()
        for record in records:
            arrived_at = min(max(0, record.timestamp) / 1000, self._wall())
            # Never later than it came: another client's clock may have run ahead of this one's.
            heard_at = arrived_at if now is None else min(now, arrived_at)
            result, produced = self._feedback.take(record, heard_at, self._tally)
            yield from produced
            if result is not None:
                yield from self._raw.carry(result.decisions, self._tally)

    def tick(self) -> Iterator[Output]:
        """Run what has become due."""
        if self._shared is not None:
            yield from self._shared.tick(caught_up=self._is_caught_up(self._topics.lessons))
        now = self._now()
        if now is None:
            return
        yield from self._raw.carry(self.engine.tick(now), self._tally)
        yield from self._news()

    def _now(self) -> float | None:
        return self._clock.now(caught_up=self._is_caught_up(self._topics.raw))

    def _is_caught_up(self, topic: Topic) -> bool:
        behind = self._behind(topic.name)
        return behind is not None and behind <= MARKERS

    def _news(self) -> Iterator[Output]:
        for incident in self.engine.incidents():
            yield outputs.incident(self._topics, incident)
        for change in self.engine.mode_changes():
            self._tally.mode_changes[change.change] += 1
            yield outputs.mode_change(self._topics, change)
        yield from sharing.lessons(self._topics, self.engine.lessons())

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Hand over what must survive, and close the books of this transaction."""
        if self._tally != Tally():
            self._uncommitted.append(self._tally)
            self._tally = Tally()
        if not self._is_clock_saved:
            self._is_clock_saved = True
            yield CLOCK_KEY, self._clock.anchor()
        if self._shared is not None:
            yield from self._shared.changes()
        for key, value in self.engine.changes():
            yield key, _that_fits(key, value)

    def load(self, key: bytes, value: bytes) -> None:
        """Take back what survived."""
        if key == CLOCK_KEY:
            self._clock.restore(value)
        elif self._shared is None or not self._shared.load(key, value):
            self.engine.load(key, value)

    def committed(self) -> None:
        """Count what has become visible."""
        self._metrics.transactions.inc()
        for tally in self._uncommitted:
            self._metrics.settle(tally, self.number, self._wall())
        self._uncommitted.clear()


def _that_fits(key: bytes, value: bytes | None) -> bytes | None:
    """Return the value, None for one that Kafka would refuse and with it all that comes after."""
    if value is None or len(key) + len(value) <= MAX_STATE_BYTES:
        return value
    log.error("state %r of %d bytes is too large to be kept beyond a restart", key[:80], len(value))
    return None
