"""Small simulated worlds for the tests of the simulator."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from noise.simulator.chance import stream
from noise.simulator.checks import CPU, Check
from noise.simulator.estate import Client, Device, build_clients
from noise.simulator.events import Event, raised
from noise.simulator.scene import Scene

MONDAY = 1_780_272_000.0  # 2026-06-01T00:00:00Z
DAY = 86_400.0
SEED = 7


def client(rmm: str = "ninjaone", size: int = 60, number: int = 1) -> Client:
    """Build a client with at least ``size`` devices whose agents are those of ``rmm``."""
    fits = (one for one in build_clients(SEED, 60) if one.rmm == rmm and len(one.devices) >= size)
    return next(one for position, one in enumerate(fits, start=1) if position == number)


def scenes(of: Client, days: int, began: float = MONDAY) -> Iterator[Scene]:
    """Build the first days of a client."""
    for day in of.days(began, began + days * DAY):
        yield Scene(SEED, of, day, began)


def scene(of: Client | None = None) -> Scene:
    """Build one day of a client."""
    return next(scenes(of or client(), 1))


def empty(of: Client | None = None) -> Client:
    """Build a client that has nothing yet."""
    return msgspec.structs.replace(of or client(), devices=())


def device(of: Client, device_class: str = "server") -> Device:
    """Return the first device of a class."""
    return of.of_class(device_class)[0]


def event(of: Client, check: Check = CPU, *, at: float = MONDAY, problem: str | None = None,
          obj: str = "", device_class: str = "server", value: float = 95.0) -> Event:  # fmt: skip
    """Build the raise of an episode; its episode follows from what it says."""
    rng = stream("test event", check.key, at, problem, obj, device_class)
    first = raised(rng, at, device(of, device_class), check, obj=obj, value=value)
    return msgspec.structs.replace(first, problem=problem)
