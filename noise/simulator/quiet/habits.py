"""Habits of people and machines that alarm a monitor every day and mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from noise.simulator.chance import chance, hours, minutes, moments
from noise.simulator.checks import ACTIVITY, AVAILABILITY, CERTIFICATE, INTERFACE, MEMORY
from noise.simulator.estate import DAY, Device
from noise.simulator.events import Event, Turn, episode, raised
from noise.simulator.quiet.passing import DESKS, PORTS
from noise.simulator.scene import Scene

_WATCH_LAPTOPS = 0.4
_WATCH_PORTS = 0.25
_MEMORY_HIGH = 0.05
_REGISTERED = 0.5
_ACTIVITIES_PER_DESK = 0.3
_ACTIVITIES = (
    "Scheduled task finished",
    "Script 'Inventory' completed",
    "Quarantine cleaned",
    "User logged in",
    "Remote session started",
    "Software added",
)
_REMINDED_AT = (60, 30, 21, 14, 10)  # days before expiry
_CERTIFICATE_DAYS = 90
_TESTS_PER_DAY = 0.03


def laptops_asleep(scene: Scene) -> Iterator[Event]:
    """Yield laptops that are taken home, where somebody forgot to leave them out of the rule."""
    if not scene.day.works or not scene.has(_WATCH_LAPTOPS, "watches laptops"):
        return
    rng = scene.rng("laptops asleep")
    opens = _next_opening(scene)
    for device in scene.of("laptop"):
        if chance(rng, 0.7):
            at = scene.day.closes + hours(rng, -1, 3)
            lasts = opens - at + hours(rng, -0.7, 1.2)
            yield from episode(rng, at, device, AVAILABILITY, lasts=lasts, value=10)


def _next_opening(scene: Scene) -> float:
    tomorrow = scene.day.midnight + DAY
    days = scene.client.days(tomorrow, tomorrow + 3 * DAY)
    return next(day.opens for day in days if day.works)


def dark_ports(scene: Scene) -> Iterator[Event]:
    """Yield switch ports that go down when people go home."""
    if not scene.day.works or not scene.has(_WATCH_PORTS, "watches ports"):
        return
    rng = scene.rng("dark ports")
    opens = _next_opening(scene)
    for device in scene.of("switch"):
        for port in rng.sample(PORTS, 5):
            at = scene.day.closes + hours(rng, -0.5, 1)
            lasts = opens - at + hours(rng, -0.5, 0.5)
            yield from episode(rng, at, device, INTERFACE, lasts=lasts, obj=port)


def memory_always_high(scene: Scene) -> Iterator[Event]:
    """Yield machines whose memory is simply full of what they need, said anew each morning."""
    rng = scene.rng("memory always high")
    for device in scene.of("server", *DESKS):
        if scene.has(_MEMORY_HIGH, "memory always high", device.name):
            usual = 91 + scene.pick(50, "memory", device.name) / 10
            yield from episode(
                rng, scene.day.at(6) + minutes(rng, 0, 90), device, MEMORY,
                lasts=hours(rng, 8, 22), value=usual + rng.uniform(-0.5, 0.5), back=88,
            )  # fmt: skip


def registered_for_everything(scene: Scene) -> bool:
    """Return whether the client's webhook sends what is no alert as well."""
    return scene.has(_REGISTERED, "registered for everything")


def activities(scene: Scene) -> Iterator[Event]:
    """Yield what a webhook that was registered for everything sends all day."""
    if not registered_for_everything(scene):
        return
    rng = scene.rng("activities")
    agents = scene.of("server", *DESKS)
    for at in moments(rng, _ACTIVITIES_PER_DESK * len(agents), scene.day.opens, scene.day.closes):
        yield raised(rng, at, rng.choice(agents), ACTIVITY, obj=rng.choice(_ACTIVITIES))


def certificate_reminders(scene: Scene) -> Iterator[Event]:
    """Yield reminders long before expiry; the certificate is then renewed in time."""
    rng = scene.rng("certificate reminders")
    for device in scene.of("web", "exch", "rds", "app"):
        age = scene.day.index + scene.pick(_CERTIFICATE_DAYS, "certificate", device.name)
        left = _CERTIFICATE_DAYS - age % _CERTIFICATE_DAYS
        if left in _REMINDED_AT:
            yield from _reminder(rng, scene, device, left)


def _reminder(rng: Random, scene: Scene, device: Device, left: int) -> Iterator[Event]:
    """Each milestone is an episode that ends just before the next, the last by the renewal."""
    following = [milestone for milestone in _REMINDED_AT if milestone < left]
    lasts = (left - following[0]) * DAY - 600 if following else hours(rng, 20, 100)
    at, domain = scene.day.at(8) + minutes(rng, 0, 5), scene.client.domain
    yield from episode(
        rng, at, device, CERTIFICATE, lasts=lasts, obj=f"{device.name.lower()}.{domain}",
        value=left, back=_CERTIFICATE_DAYS,
    )  # fmt: skip


def button_presses(scene: Scene) -> Iterator[Event]:
    """Yield presses of the test button of whatever product watches the device."""
    rng = scene.rng("tests")
    for at in moments(rng, _TESTS_PER_DAY, scene.day.opens, scene.day.closes):
        device = rng.choice(scene.client.devices)
        yield raised(rng, at, device, AVAILABILITY, turn=Turn.TEST)
