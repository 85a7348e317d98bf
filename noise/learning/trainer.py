"""The one that makes the shared model: hears the lessons of all clients that share.

Every hour of the lessons' time it adds up what came until the hour, and hands the model out with a
time from which it counts. Like all deadlines these have their own time, however late they run: a
live run and a replay give the same models.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

import msgspec

from noise.errors import SnapshotError
from noise.learning.shared import Part, SharedLesson, SharedModel, added_up
from noise.learning.tallies import Tally
from noise.settings import Settings
from noise.state.snapshot import PieceKey, decode_key, encode_key

HOUR = 3600.0
# So far may the streams of clients be apart, and so long has a model to reach all workers.
GRACE_SECONDS = 300.0
LEAD_SECONDS = 600.0
SLOTS = 24
SLOT_NAMES = tuple(f"{number:02d}" for number in range(SLOTS))
MOST_WAITING = 5_000

VERSION = b"1"
PART = "p"
WAITING = "w"
CLOSED = "c"

_encoder = msgspec.msgpack.Encoder()
_part_decoder = msgspec.msgpack.Decoder(dict[str, Tally])
_waiting_decoder = msgspec.msgpack.Decoder(list[SharedLesson])
_closed_decoder = msgspec.msgpack.Decoder(float)


class HandedOut(NamedTuple):
    """What is to be kept in a slot from now on; no ``model`` means nothing."""

    slot: str
    model: SharedModel | None


class Trainer:
    """Keeps a part for each client that shares. Who does not is not heard, and is forgotten."""

    def __init__(self, settings: Settings) -> None:
        """Take who shares, and how fast answers fade."""
        self._sharing = frozenset(settings.sharing.tenants)
        self._half_life_days = settings.scoring.half_life_days
        self._parts: dict[str, Part] = {}
        self._waiting: dict[str, list[SharedLesson]] = {}
        self._closed = 0.0
        self._left: set[PieceKey] = set()
        self._changed: set[PieceKey] = set()
        self.unreadable = 0

    def take(self, lesson: SharedLesson) -> bool:
        """Keep a lesson until its hour is over; say whether its client shares at all."""
        if lesson.tenant not in self._sharing:
            return False
        waiting = self._waiting.setdefault(lesson.tenant, [])
        waiting.append(lesson)
        del waiting[:-MOST_WAITING]
        self._changed.add(PieceKey(lesson.tenant, WAITING, ""))
        return True

    def advance(self, now: float) -> list[HandedOut]:
        """Close the hours that are over at ``now`` (epoch seconds); return what to hand out.

        Hours without lessons change nothing. Where a client left, nothing stays of the models that
        it had a part in.
        """
        handed_out = self._without_who_left()
        until = (now - GRACE_SECONDS) // HOUR * HOUR
        if until <= self._closed:
            return handed_out
        waiting = [lesson for lessons in self._waiting.values() for lesson in lessons]
        for hour in sorted({self._due(lesson) for lesson in waiting}):
            if hour <= until:
                handed_out.append(self._close(hour))
        self._closed = until
        self._changed.add(PieceKey("", CLOSED, ""))
        return handed_out

    def _without_who_left(self) -> list[HandedOut]:
        if not self._left:
            return []
        self._changed |= self._left
        self._left.clear()
        nothing = [HandedOut(name, None) for name in SLOT_NAMES]
        return [*nothing, self._model(self._closed)]

    def _due(self, lesson: SharedLesson) -> float:
        """Return the end of the hour that a lesson belongs to; what comes late goes to the next."""
        return max(ceil(lesson.at / HOUR) * HOUR, self._closed + HOUR)

    def _close(self, hour: float) -> HandedOut:
        for tenant, lessons in self._waiting.items():
            over = [lesson for lesson in lessons if self._due(lesson) <= hour]
            if over:
                self._learn(tenant, over)
                self._waiting[tenant] = [one for one in lessons if self._due(one) > hour]
        return self._model(hour)

    def _learn(self, tenant: str, lessons: list[SharedLesson]) -> None:
        part = self._parts.setdefault(tenant, Part(self._half_life_days))
        for lesson in lessons:
            part.take(lesson)
        self._changed |= {PieceKey(tenant, PART, ""), PieceKey(tenant, WAITING, "")}

    def _model(self, hour: float) -> HandedOut:
        model = added_up(self._parts, hour, hour + GRACE_SECONDS + LEAD_SECONDS)
        return HandedOut(SLOT_NAMES[int(hour // HOUR) % SLOTS], model)

    # -- what must survive

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Take the records that changed since the last call, None for what was forgotten."""
        changed, self._changed = self._changed, set()
        for key in sorted(changed):
            yield encode_key(key), self._encode(key)

    def export(self) -> Iterator[tuple[bytes, bytes]]:
        """Return all records; ``load`` of each in a new trainer restores this one."""
        kept = [PieceKey("", CLOSED, "")]
        kept += [PieceKey(tenant, PART, "") for tenant in self._parts]
        kept += [PieceKey(tenant, WAITING, "") for tenant in self._waiting]
        for key in sorted(kept):
            value = self._encode(key)
            if value is not None:
                yield encode_key(key), value

    def load(self, key: bytes, value: bytes) -> None:
        """Put back one saved record; those of a client that shares no more are to be forgotten.

        One that cannot be read is counted and left out.
        """
        try:
            piece = decode_key(key)
            if piece.tenant and piece.tenant not in self._sharing:
                self._left.add(piece)
                return
            self._load(piece, value)
        except (SnapshotError, msgspec.MsgspecError):
            self.unreadable += 1

    def _encode(self, key: PieceKey) -> bytes | None:
        if key.kind == CLOSED:
            return VERSION + _encoder.encode(self._closed)
        if key.kind == WAITING:
            waiting = self._waiting.get(key.tenant)
            return VERSION + _encoder.encode(waiting) if waiting else None
        part = self._parts.get(key.tenant)
        return VERSION + _encoder.encode(part.tallies) if part is not None else None

    def _load(self, piece: PieceKey, value: bytes) -> None:
        if value[:1] != VERSION:
            raise SnapshotError(f"{piece} was saved by an unknown version")
        if piece.kind == CLOSED:
            self._closed = _closed_decoder.decode(value[1:])
        elif piece.kind == WAITING:
            self._waiting[piece.tenant] = _waiting_decoder.decode(value[1:])
        else:
            part = self._parts[piece.tenant] = Part(self._half_life_days)
            part.tallies.update(_part_decoder.decode(value[1:]))
