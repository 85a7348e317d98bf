"""Disks that fill and disks that fail."""

from __future__ import annotations

from random import Random

from noise.simulator.chance import chance, hours, minutes
from noise.simulator.checks import DISK, DISK_CRITICAL, EVENT_LOG, RAID, SERVICE, SMART
from noise.simulator.events import Event, episode, raised
from noise.simulator.scene import Scene
from noise.simulator.trouble.story import Kind, Story, worsening


def disk_fills(scene: Scene, rng: Random, at: float) -> Story | None:
    """Fill a volume in hours or days; at first it hops over the threshold as so many do."""
    devices = scene.of("server", "nas")
    if not devices:
        return None
    device, volume = rng.choice(devices), rng.choice(("C:", "D:"))
    full = at + hours(rng, 10, 72)
    mended = full + hours(rng, 1, 8)
    events: list[Event] = []
    for hop in range(rng.randint(1, 3)):
        noticed = at + hop * (full - at) * 0.06
        events += episode(
            rng, noticed, device, DISK, lasts=minutes(rng, 15, 30), obj=volume,
            value=9.9 - 0.4 * hop, back=10.1,
        )  # fmt: skip
    later = at + (full - at) * 0.22
    events += episode(
        rng, later, device, DISK, lasts=mended - later, obj=volume, value=7.8, back=25
    )
    shares = ((0.5, 4.9), (0.7, 3.0), (0.85, 1.4), (0.97, 0.2))
    steps = [(at + (full - at) * share, value) for share, value in shares]
    events += worsening(rng, device, DISK_CRITICAL, steps, ends=mended, obj=volume, back=25)
    events += episode(rng, full, device, SERVICE, lasts=mended - full + 300, obj="SQLSERVERAGENT")
    title = f"Volume {volume} of {device.name} is filling up"
    return Story(title, at + (full - at) * 0.8, (device,), tuple(events))


def disk_failing(scene: Scene, rng: Random, at: float) -> Story | None:
    """Wear out a disk: ever more sectors are replaced, and the log complains."""
    devices = scene.of("workstation", "nas", "server")
    if not devices:
        return None
    device = rng.choice(devices)
    gap = hours(rng, 6, 24)
    steps = [(at + step * gap, value) for step, value in enumerate((9, 31, 88, 260))]
    events = worsening(rng, device, SMART, steps, ends=at + 5 * gap, obj="0")
    for number in range(4):
        said = at + (0.4 + number) * gap
        events += episode(rng, said, device, EVENT_LOG, lasts=900, obj="7", value=3 + 9 * number)
    return Story(f"A disk of {device.name} is failing", at + 3 * gap, (device,), tuple(events))


def raid_degraded(scene: Scene, rng: Random, at: float) -> Story | None:
    """Lose a disk of an array, and sometimes the next one."""
    devices = scene.of("hv", "file", "nas", "sql")
    if not devices:
        return None
    device = rng.choice(devices)
    lost = [(at, 1.0)]
    if chance(rng, 0.3):
        lost.append((at + hours(rng, 2, 5), 2.0))
    events = worsening(rng, device, RAID, lost, ends=at + hours(rng, 10, 60), obj="0")
    events.append(raised(rng, at + 30, device, EVENT_LOG, obj="153", value=12))
    title = f"An array of {device.name} lost a disk"
    return Story(title, at + 6 * 3600, (device,), tuple(events))


STORAGE = (
    Kind(name="disk_fills", per_day=0.005, on=("server", "nas"), strikes=disk_fills),
    Kind(name="disk_failing", per_day=0.016, strikes=disk_failing),
    Kind(name="raid_degraded", per_day=0.008, on=("hv", "file", "nas"), strikes=raid_degraded),
)
