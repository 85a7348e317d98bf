"""Problems whose checks have never said anything before."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from noise.simulator.chance import hours
from noise.simulator.checks import CLOCK, DHCP, LICENCE, Check
from noise.simulator.estate import Device
from noise.simulator.events import Event, episode
from noise.simulator.scene import Scene, When
from noise.simulator.trouble.story import Kind, Story


def addresses_gone(scene: Scene, rng: Random, at: float) -> Story | None:
    """Run out of addresses, so that nobody new gets onto the network."""
    events = _open(rng, at, scene.of("dc"), DHCP, obj="10.0.0.0", value=0)
    return _story("No addresses are left", events)


def clock_wrong(scene: Scene, rng: Random, at: float) -> Story | None:
    """Let a server's clock run off until logons fail."""
    return _story("The clock is wrong", _open(rng, at, scene.of("dc", "hv"), CLOCK, value=412))


def licence_gone(scene: Scene, rng: Random, at: float) -> Story | None:
    """End the licences of a server, so that nobody can log on."""
    devices = scene.of("rds", "app", "sql")
    events = _open(rng, at, devices, LICENCE, obj="RDS CALs", value=0)
    return _story("The licences have ended", events)


def _open(
    rng: Random,
    at: float,
    devices: Sequence[Device],
    check: Check,
    *,
    obj: str = "",
    value: float,
) -> tuple[Event, ...]:
    if not devices:
        return ()
    lasts = hours(rng, 4, 20)
    device = rng.choice(devices)
    return tuple(episode(rng, at, device, check, lasts=lasts, obj=obj, value=value, back=99))


def _story(title: str, events: tuple[Event, ...]) -> Story | None:
    if not events:
        return None
    device = events[0].device
    return Story(f"{title} on {device.name}", events[0].at + 2 * 3600, (device,), events)


UNSEEN = (
    Kind(name="addresses_gone", per_day=0.006, strikes=addresses_gone, when=When.WORK),
    Kind(name="clock_wrong", per_day=0.005, strikes=clock_wrong),
    Kind(name="licence_gone", per_day=0.006, strikes=licence_gone, when=When.WORK),
)
