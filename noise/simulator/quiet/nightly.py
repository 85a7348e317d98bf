"""Nights: backups that need several tries, updates that restart everything, planned work."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from noise.simulator.chance import chance, minutes
from noise.simulator.checks import (
    AVAILABILITY,
    BACKUP,
    EVENT_LOG,
    FILE_INTEGRITY,
    INTERFACE,
    SERVICE,
)
from noise.simulator.estate import DAY, Device
from noise.simulator.events import Event, Turn, ended, episode, raised
from noise.simulator.quiet.passing import DESKS, SERVICES
from noise.simulator.scene import Scene

_FAILS_ONCE = 0.08
_WEAK_JOBS = 0.1
_WEAK_FAILS = 0.4
_LOST_NIGHT = 0.012
_FILES = (
    "C:/Windows/System32/kernel32.dll",
    "C:/Windows/System32/drivers/etc/hosts",
    "C:/ProgramData/config.xml",
)
_PLANNED = 0.05


def backup_job(device: Device) -> str:
    """Return the name of the job that saves ``device``."""
    return f"{device.name} image"


def backup_retries(scene: Scene) -> Iterator[Event]:
    """Yield backups that fail at first, and mostly succeed at the second or third try."""
    rng = scene.rng("backup retries")
    for device in scene.of("server"):
        weak = scene.has(_WEAK_JOBS, "weak job", device.name)
        if chance(rng, _WEAK_FAILS if weak else _FAILS_ONCE):
            yield from _tries(rng, scene, device)
        elif chance(rng, _LOST_NIGHT):
            yield from _lost_night(rng, scene, device)


def _tries(rng: Random, scene: Scene, device: Device) -> Iterator[Event]:
    at = scene.backup_at + minutes(rng, 5, 120)
    tries = rng.choice((1, 1, 2, 3))
    for number in range(tries, 0, -1):
        first = raised(rng, at, device, BACKUP, obj=backup_job(device), value=rng.uniform(0, 60))
        yield first
        at += minutes(rng, 15, 45)
        last = number == 1
        yield ended(first, at, rng.uniform(40, 400), Turn.CLEAR if last else Turn.RETRY)
        at += minutes(rng, 1, 10)


def _lost_night(rng: Random, scene: Scene, device: Device) -> Iterator[Event]:
    """One night without a backup; the next one is well."""
    at = scene.backup_at + minutes(rng, 5, 120)
    yield from episode(
        rng, at, device, BACKUP, lasts=DAY + minutes(rng, 10, 60), obj=backup_job(device),
        value=rng.uniform(0, 60), back=rng.uniform(40, 400),
    )  # fmt: skip


def patch_night(scene: Scene) -> Iterator[Event]:
    """Yield restarts of all servers and many desks, and what restarts and updates leave behind."""
    if not scene.is_patch_night:
        return
    rng = scene.rng("patch night")
    for device in scene.of("server"):
        yield from _updated(rng, device, scene.patch_at + minutes(rng, 0, 150))
    for device in scene.of(*DESKS):
        if chance(rng, 0.4):
            yield from _updated(rng, device, scene.patch_at + minutes(rng, 0, 300))


def _updated(rng: Random, device: Device, at: float) -> Iterator[Event]:
    if chance(rng, 0.7):
        path, count = rng.choice(_FILES), rng.randint(2, 60)
        yield raised(rng, at, device, FILE_INTEGRITY, obj=path, value=count)
    at += minutes(rng, 5, 40)
    server = device.device_class == "server"
    if chance(rng, 0.7 if server else 0.25):
        yield from episode(rng, at, device, AVAILABILITY, lasts=minutes(rng, 2, 14), value=3)
    if server and chance(rng, 0.5):
        name = rng.choice(SERVICES)
        yield from episode(rng, at + 900, device, SERVICE, lasts=minutes(rng, 1, 12), obj=name)
    if chance(rng, 0.2):
        yield from episode(rng, at + 960, device, EVENT_LOG, lasts=900, obj="6008", value=1)


def planned_work(scene: Scene) -> Iterator[Event]:
    """Yield what a technician's evening at a server or switch looks like from outside."""
    device = planned_device(scene)
    if device is None:
        return
    rng = scene.rng("planned work")
    at = planned_at(scene)
    for _ in range(rng.randint(1, 4)):
        at += minutes(rng, 5, 20)
        lasts = minutes(rng, 2, 20)
        yield from episode(rng, at, device, AVAILABILITY, lasts=lasts, value=3)
        at += lasts
        if device.device_class == "switch":
            obj = f"uplink {rng.randint(1, 2)}"
            yield from episode(rng, at, device, INTERFACE, lasts=minutes(rng, 1, 15), obj=obj)
        else:
            name = rng.choice(SERVICES)
            yield from episode(rng, at, device, SERVICE, lasts=minutes(rng, 2, 15), obj=name)


def planned_device(scene: Scene) -> Device | None:
    """Return the device at which somebody works this evening, on most days None."""
    rng = scene.rng("planned")
    candidates = scene.of("server", "switch")
    return rng.choice(candidates) if candidates and chance(rng, _PLANNED) else None


def planned_at(scene: Scene) -> float:
    """Return when planned work begins on a day that has some."""
    return scene.day.closes + 1800.0


def scattered_file_changes(scene: Scene) -> Iterator[Event]:
    """Yield changed files on any day: an installer here, a settings tool there."""
    rng = scene.rng("file changes")
    for device in scene.of("server", *DESKS):
        if chance(rng, 0.07):
            at = scene.day.at(rng.uniform(7, 20))
            path, count = rng.choice(_FILES), rng.randint(1, 8)
            yield raised(rng, at, device, FILE_INTEGRITY, obj=path, value=count)
