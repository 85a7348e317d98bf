"""What a kind of problem is: how often it strikes, and the story that it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from noise.simulator.checks import Check
from noise.simulator.estate import Device
from noise.simulator.events import Event, ended, raised
from noise.simulator.scene import Scene, When


class Story(msgspec.Struct, frozen=True):
    """One problem as it goes: what is seen of it, and by when a person must know."""

    title: str
    tell_by: float
    devices: tuple[Device, ...]
    events: tuple[Event, ...]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of problem, and how often it strikes a day.

    ``per_day`` is for each device that is ``on``, or for the client where that is empty.
    ``strikes`` gets the client's day, its random numbers and the moment; it returns None where the
    client has nothing that could break in this way.
    """

    name: str
    per_day: float
    strikes: Callable[[Scene, Random, float], Story | None]
    on: tuple[str, ...] = ()
    when: When = When.ANY


def worsening(
    rng: Random,
    device: Device,
    check: Check,
    steps: Sequence[tuple[float, float]],
    *,
    ends: float,
    obj: str = "",
    back: float = 0.0,
) -> list[Event]:
    """Return one condition, said anew at each of ``steps`` (time and worse value), and its end."""
    events = [raised(rng, at, device, check, obj=obj, value=value) for at, value in steps]
    return [*events, ended(events[-1], ends, back)]
