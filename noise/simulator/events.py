"""What happens in the world, before any product has words for it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from random import Random

import msgspec

from noise.alert import Severity
from noise.label import Verdict
from noise.simulator.checks import Check
from noise.simulator.estate import Device


class Turn(Enum):
    """What an event does to its episode."""

    RAISE = "raise"
    CLEAR = "clear"
    RETRY = "retry"  # it only looks cleared, because the next try began
    ACKNOWLEDGE = "acknowledge"
    REMIND = "remind"  # a product says again what is still open
    FLUSH = "flush"  # a product sends what it has gathered
    TEST = "test"  # somebody pressed the test button


class Event(msgspec.Struct, frozen=True):
    """One turn of one episode (a raise and what follows it). Times are epoch seconds.

    ``episode`` is 128 bits that no other episode has; ``problem`` is the id of the real problem
    behind it, None for noise.
    """

    at: float
    turn: Turn
    device: Device
    check: Check
    object: str
    value: float
    severity: Severity
    episode: int
    opened_at: float
    problem: str | None = None

    @property
    def truth(self) -> Verdict:
        """What a person who knew everything would answer, to a clear as to its raise."""
        return Verdict.NOISE if self.problem is None else Verdict.ACTIONABLE

    @property
    def text(self) -> str:
        """The English sentence for this turn."""
        cleared = self.turn in (Turn.CLEAR, Turn.RETRY)
        sentence = self.check.cleared if cleared else self.check.raised
        return sentence.format(object=self.object, value=self.value, host=self.device.name)


def raised(
    rng: Random,
    at: float,
    device: Device,
    check: Check,
    *,
    obj: str = "",
    value: float = 0.0,
    severity: Severity | None = None,
    turn: Turn = Turn.RAISE,
) -> Event:
    """Return the first event of a new episode."""
    level = check.severity if severity is None else severity
    return Event(at, turn, device, check, obj, value, level, rng.getrandbits(128), at)


def ended(event: Event, at: float, value: float = 0.0, turn: Turn = Turn.CLEAR) -> Event:
    """Return the event that ends the episode of ``event``."""
    return msgspec.structs.replace(event, at=at, value=value, turn=turn)


def episode(
    rng: Random,
    at: float,
    device: Device,
    check: Check,
    *,
    lasts: float,
    obj: str = "",
    value: float = 0.0,
    back: float = 0.0,
    severity: Severity | None = None,
) -> Iterator[Event]:
    """Yield a raise with ``value`` and, after ``lasts`` seconds, its clear with value ``back``."""
    first = raised(rng, at, device, check, obj=obj, value=value, severity=severity)
    yield first
    yield ended(first, at + lasts, back)
