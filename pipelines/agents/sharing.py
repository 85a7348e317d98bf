"""What clients teach each other: lessons go to one trainer, and its models to every engine.

The trainer lives in the unit of partition 0, so that its state, its models and the place up to
which it has read become visible together or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Protocol
from weakref import WeakSet

import msgspec
from aiokafka import ConsumerRecord

from noise.errors import LabelError, SnapshotError
from noise.learning.shared import SharedLesson, SharedModel, decode_lesson, decode_model
from noise.learning.shared import encode_shared as encode
from noise.learning.trainer import SLOT_NAMES, HandedOut, Trainer
from pipelines.agents import outputs
from pipelines.agents.event_clock import EventClock
from pipelines.arrival import AHEAD_SECONDS
from pipelines.clock import Clock
from pipelines.metrics import Tally
from pipelines.topics import MAX_RECORD_BYTES, Topics
from pipelines.transport import Output

log = logging.getLogger(__name__)

TRAINER = 0  # the partition number of the one that makes the models
REASONS = ("lesson",)

_STATE = b"\0shared\0"  # no tenant's state has a key that begins with NUL
_CLOCK = _STATE + b"clock"


class TakesModels(Protocol):
    """What is asked of an engine for shared models."""

    def offer(self, slot: str, model: SharedModel | None) -> None:
        """Take the model of a slot, None where there is none any more."""
        ...


class ModelShelf:
    """The models that were handed out, for all engines of a worker, also those yet to come."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._models: dict[str, SharedModel] = {}
        self._engines: WeakSet[TakesModels] = WeakSet()

    def introduce(self, engine: TakesModels) -> None:
        """Offer ``engine`` what there is, and from now on what comes."""
        self._engines.add(engine)
        for slot, model in self._models.items():
            engine.offer(slot, model)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Take a record of the models topic; without one that can be read its slot is empty."""
        slot, model = key.decode(errors="replace"), _model(value)
        if slot not in SLOT_NAMES:
            log.warning("there is no slot %r for a model", slot[:20])
            return
        if model is None:
            self._models.pop(slot, None)
        else:
            self._models[slot] = model
        for engine in self._engines:
            engine.offer(slot, model)


def _model(value: bytes | None) -> SharedModel | None:
    if value is None:
        return None
    try:
        return decode_model(value)
    except SnapshotError as exc:
        log.warning("clients go on without what others know: %s", exc)
        return None


def lessons(topics: Topics, learned: Iterable[SharedLesson]) -> Iterator[Output]:
    """Yield the records of lessons, for the partition of the trainer."""
    for lesson in learned:
        yield Output(topics.lessons.name, lesson.tenant.encode(), encode(lesson), partition=TRAINER)


def misplaced(record: ConsumerRecord) -> Output:
    """Return a lesson that lies on another partition than the trainer's as it came, on that."""
    return Output(record.topic, record.key, record.value, record.headers, TRAINER)


class SharedFold:
    """Carries lessons to the trainer and its models out."""

    def __init__(self, topics: Topics, trainer: Trainer, wall: Clock) -> None:
        """Carry between ``topics`` and ``trainer``."""
        self._topics = topics
        self._trainer = trainer
        self._wall = wall
        self._clock = EventClock(wall)
        self._is_clock_saved = True

    def take(self, record: ConsumerRecord, tally: Tally) -> list[Output]:
        """Hear one lesson; return what else follows from it."""
        try:
            lesson = self._lesson(record)
        except LabelError as exc:
            tally.dead_letters["lesson"] += 1
            return [outputs.dead_letter(self._topics, record, "lesson", str(exc))]
        if self._trainer.take(lesson):
            self._clock.saw(lesson.at, lesson.at)
            self._is_clock_saved = False
        return []

    def _lesson(self, record: ConsumerRecord) -> SharedLesson:
        if not record.value:
            raise LabelError("the record has no value")
        if outputs.size_of(record) > MAX_RECORD_BYTES // 2:
            raise LabelError("the record is too large for a lesson")
        return self._not_ahead(decode_lesson(record.value), record)

    def _not_ahead(self, lesson: SharedLesson, record: ConsumerRecord) -> SharedLesson:
        """Keep one client's wrong clock from closing the hours of all others."""
        latest = min(max(0, record.timestamp) / 1000, self._wall())
        if lesson.at <= latest + AHEAD_SECONDS:
            return lesson
        return msgspec.structs.replace(lesson, at=latest)

    def tick(self, *, caught_up: bool) -> Iterator[Output]:
        """Yield the models that are due; ``caught_up`` says that no lesson waits to be read."""
        now = self._clock.now(caught_up=caught_up)
        if now is not None:
            for handed_out in self._trainer.advance(now):
                yield self._record(handed_out)

    def _record(self, handed_out: HandedOut) -> Output:
        slot, model = handed_out
        value = None if model is None else encode(model)
        return Output(self._topics.models.name, slot.encode(), value, partition=TRAINER)

    # -- what must survive

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Take what changed since the last call."""
        if not self._is_clock_saved:
            self._is_clock_saved = True
            yield _CLOCK, self._clock.anchor()
        for key, value in self._trainer.changes():
            yield _STATE + key, value

    def load(self, key: bytes, value: bytes) -> bool:
        """Take back a saved record; say whether it is one of these at all."""
        if not key.startswith(_STATE):
            return False
        if key == _CLOCK:
            self._clock.restore(value)
        else:
            self._trainer.load(key.removeprefix(_STATE), value)
        return True
