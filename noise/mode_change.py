"""What a client's suppression earned or lost, as a record with its evidence."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from noise.decision import InForce

MAX_RELEASED = 100


class Change(StrEnum):
    """It went live, it fell back to shadow, what was like a miss was shown, or it is in doubt.

    ``asked``: too few people call real what was judged noise; somebody else is to say as well.
    """

    PROMOTED = "promoted"
    DEMOTED = "demoted"
    RELEASED = "released"
    ASKED = "asked"


class Scope(StrEnum):
    """What the change is about: all classes of alerts together, or one."""

    ALL = "all"
    CLASS = "class"


class Measure(msgspec.Struct, frozen=True):
    """A share, 0 to 1, with its bounds (None if nothing is known), and the owner's limit."""

    value: float | None
    upper: float | None
    lower: float | None
    limit: float


class Evidence(msgspec.Struct, frozen=True):
    """What was measured: on how many answers about what was or would be hidden, since ``since``."""

    answers: int
    since: datetime
    hidden_real: Measure
    missed_incidents: Measure


class ModeChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of what is in force, one miss, or one question; keyed by tenant.

    ``held_since`` is when the state before it began. ``decisions`` are ids of the last decisions
    that were answered, or of the miss, or of what is asked about; ``released`` are ids of the
    decisions that show what had been hidden. Both are bounded, ``released_count`` counts all.
    """

    schema: int = 1
    id: str
    tenant: str
    at: datetime
    change: Change
    scope: Scope
    alert_class: str | None
    mode: InForce
    held_since: datetime
    text: str
    evidence: Evidence
    decisions: tuple[str, ...]
    released: tuple[str, ...] = ()
    released_count: int = 0


def with_released(change: ModeChange, released: tuple[str, ...]) -> ModeChange:
    """Return the record with the ids of the decisions that showed what had been hidden."""
    return msgspec.structs.replace(
        change, released=released[:MAX_RELEASED], released_count=len(released)
    )


_encoder = msgspec.json.Encoder()


def encode_mode_change(change: ModeChange) -> bytes:
    """Return the JSON of a mode change."""
    return _encoder.encode(change)


_decoder = msgspec.json.Decoder(ModeChange)


def decode_mode_change(value: bytes) -> ModeChange:
    """Read a record that ``encode_mode_change`` wrote. Raises msgspec.MsgspecError."""
    return _decoder.decode(value)
