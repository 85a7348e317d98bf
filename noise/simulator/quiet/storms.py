"""Much at once for one harmless cause: at a site, at a client, or at all clients together."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from noise.simulator.chance import chance, digest, hours, minutes, stream
from noise.simulator.checks import (
    AVAILABILITY,
    CHECK_IN,
    CPU,
    ENCRYPTION,
    EVENT_LOG,
    FAILED_LOGINS,
    FILE_INTEGRITY,
    PENDING_REBOOT,
    SERVICE,
    UPS,
    Check,
)
from noise.simulator.estate import DAY
from noise.simulator.events import Event, episode, raised
from noise.simulator.quiet.passing import ACCOUNTS, DESKS
from noise.simulator.scene import Scene, When

_VENDOR_CLOUD = 1 / 12
_CHECK_IN_STORM = 0.02
_LINE_BLIP = 0.03
_POWER_BLIP = 0.012
_BAD_UPDATE = 0.02
_SOFTWARE_ROLLOUT = 0.025
_PASSWORD_DAY = 0.015
# check, its first day (and how many later at most), the share of the devices that break the rule
_NEW_RULES: tuple[tuple[Check, int, int, float, str], ...] = (
    (PENDING_REBOOT, 4, 9, 0.35, ""),
    (ENCRYPTION, 17, 10, 0.25, "D:"),
)


def vendor_cloud(scene: Scene) -> Iterator[Event]:
    """Yield half of all agents of a product lost at once, at all its clients."""
    first_day = int(scene.day.midnight // DAY)
    for index in (first_day, first_day + 1):
        shared = stream(scene.seed, "vendor cloud", scene.client.rmm, index)
        at = index * DAY + hours(shared, 0, 24)
        lasts = minutes(shared, 12, 50)
        strikes = chance(shared, _VENDOR_CLOUD)
        if strikes and scene.day.midnight <= at < scene.day.midnight + DAY:
            yield from _agents_lost(scene, scene.rng("vendor cloud"), at, lasts, 0.5)


def check_in_storm(scene: Scene) -> Iterator[Event]:
    """Yield most agents of one client overdue, after a proxy or a certificate hiccup."""
    rng = scene.rng("check-in storm")
    if chance(rng, _CHECK_IN_STORM):
        at = rng.uniform(*scene.span(When.ANY))
        yield from _agents_lost(scene, rng, at, minutes(rng, 10, 40), 0.7)


def _agents_lost(
    scene: Scene, rng: Random, at: float, lasts: float, share: float
) -> Iterator[Event]:
    for device in scene.of("server", *DESKS):
        if chance(rng, share):
            noticed = at + minutes(rng, 0, 5)
            ends = at + lasts + minutes(rng, 0, 6)
            yield from episode(rng, noticed, device, CHECK_IN, lasts=ends - noticed, value=15)


def line_blip(scene: Scene) -> Iterator[Event]:
    """Yield a site that is away for a few minutes, as when the provider renews the line."""
    rng = scene.rng("line blip")
    for site in scene.client.sites:
        if not chance(rng, _LINE_BLIP):
            continue
        at = rng.uniform(*scene.span(When.ANY))
        ends = at + minutes(rng, 2, 8)
        for device in scene.at_site(site):
            if device.device_class == "firewall" or chance(rng, 0.5):
                noticed = at + rng.uniform(10, 100)
                lasts = ends - noticed + rng.uniform(5, 120)
                yield from episode(rng, noticed, device, AVAILABILITY, lasts=lasts, value=2)


def power_blip(scene: Scene) -> Iterator[Event]:
    """Yield a short cut that the UPS carries, while desks without one start again."""
    rng = scene.rng("power blip")
    for site in scene.client.sites:
        if not chance(rng, _POWER_BLIP):
            continue
        at = rng.uniform(*scene.span(When.ANY))
        for device in scene.at_site(site):
            if device.device_class == "ups":
                lasts = minutes(rng, 1, 6)
                yield from episode(rng, at + 5, device, UPS, lasts=lasts, value=96, back=90)
            elif device.device_class == "workstation" and chance(rng, 0.4):
                lasts = minutes(rng, 3, 9)
                yield from episode(rng, at + 60, device, AVAILABILITY, lasts=lasts, value=3)


def bad_update(scene: Scene) -> Iterator[Event]:
    """Yield the same harmless line in the event logs of many machines for some hours."""
    rng = scene.rng("bad update")
    if not chance(rng, _BAD_UPDATE):
        return
    line = rng.choice(("36887", "10016", "1014"))
    for device in scene.of("server", *DESKS):
        if chance(rng, 0.3):
            at = scene.day.opens + hours(rng, 0, 6)
            count = rng.randint(3, 60)
            yield from episode(rng, at, device, EVENT_LOG, lasts=900, obj=line, value=count)


def software_rollout(scene: Scene) -> Iterator[Event]:
    """Yield new software on many machines: files change, processors work, services restart."""
    rng = scene.rng("software rollout")
    if not chance(rng, _SOFTWARE_ROLLOUT):
        return
    start = scene.day.closes + hours(rng, -4, 2)
    for device in scene.of("server", *DESKS):
        if not chance(rng, 0.5):
            continue
        at = start + minutes(rng, 0, 60)
        path, count = "C:/ProgramData/config.xml", rng.randint(20, 400)
        yield raised(rng, at, device, FILE_INTEGRITY, obj=path, value=count)
        yield from episode(
            rng,
            at + 60,
            device,
            CPU,
            lasts=minutes(rng, 5, 15),
            value=rng.uniform(91, 100),
            back=40,
        )
        if chance(rng, 0.3):
            lasts = minutes(rng, 1, 4)
            yield from episode(rng, at + 200, device, SERVICE, lasts=lasts, obj="WinDefend")


def password_day(scene: Scene) -> Iterator[Event]:
    """Yield a morning after all passwords were changed."""
    rng = scene.rng("password day")
    if not scene.day.works or not chance(rng, _PASSWORD_DAY):
        return
    for device in scene.of(*DESKS, "exch", "rds"):
        if chance(rng, 0.4):
            at = rng.uniform(*scene.span(When.MORNING))
            yield from episode(
                rng, at, device, FAILED_LOGINS, lasts=minutes(rng, 5, 40),
                obj=rng.choice(ACCOUNTS), value=rng.randint(5, 40),
            )  # fmt: skip


def new_rules(scene: Scene) -> Iterator[Event]:
    """Yield what a rule finds that was rolled out to all clients at once, and keeps finding."""
    for check, earliest, later, share, obj in _NEW_RULES:
        first_day = earliest + digest(scene.seed, "new rule", check.key) % later
        moment = scene.began + first_day * DAY + 9 * 3600.0
        if scene.day.midnight + DAY <= moment:
            continue
        rng = scene.rng("new rule", check.key)
        today = scene.day.midnight <= moment
        for device in scene.of("server", *DESKS):
            if not scene.has(share, check.key, device.name):
                continue
            if today or chance(rng, 0.04):
                at = (moment if today else scene.day.opens) + minutes(rng, 0, 60)
                yield from episode(
                    rng, at, device, check, lasts=hours(rng, 10, 120), obj=obj, value=3
                )
