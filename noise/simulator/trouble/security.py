"""Attacks. Each step of one is a thing that happens on any day."""

from __future__ import annotations

from random import Random

from noise.simulator.chance import chance, hours, minutes
from noise.simulator.checks import (
    ACTIVITY,
    ANTIVIRUS,
    BACKUP,
    CPU,
    FAILED_LOGINS,
    FILE_INTEGRITY,
    LOGON,
    SERVICE,
)
from noise.simulator.estate import Device
from noise.simulator.events import Event, episode, raised
from noise.simulator.quiet.habits import registered_for_everything
from noise.simulator.quiet.nightly import backup_job
from noise.simulator.quiet.passing import ACCOUNTS, DESKS
from noise.simulator.scene import Scene, When
from noise.simulator.trouble.story import Kind, Story


def ransomware(scene: Scene, rng: Random, at: float) -> Story:
    """Encrypt many machines: protection stops, files change, processors work, backups fail."""
    agents = scene.of("server", *DESKS)
    hit = rng.sample(agents, min(len(agents), rng.randint(5, 20)))
    events: list[Event] = []
    if registered_for_everything(scene):
        events.append(raised(rng, at, hit[0], ACTIVITY, obj="Remote session started"))
    for device in hit:
        events += _encrypted(rng, device, at + minutes(rng, 2, 40))
    return Story(f"Ransomware on {len(hit)} devices", at + 45 * 60, tuple(hit), tuple(events))


def _encrypted(rng: Random, device: Device, at: float) -> list[Event]:
    path, count = "C:/ProgramData/config.xml", rng.randint(300, 20_000)
    lasts = hours(rng, 2, 8)
    stopped = rng.choice(("WinDefend", "VeeamAgent"))
    events = [
        *episode(rng, at, device, SERVICE, lasts=lasts, obj=stopped),
        raised(rng, at + 60, device, FILE_INTEGRITY, obj=path, value=count),
        *episode(
            rng, at + 150, device, CPU, lasts=lasts - 200, value=rng.uniform(97, 100), back=30
        ),
    ]
    if device.device_class == "server":
        failed = at + minutes(rng, 5, 60)
        events += episode(rng, failed, device, BACKUP, lasts=lasts, obj=backup_job(device))
    return events


def brute_force(scene: Scene, rng: Random, at: float) -> Story | None:
    """Guess passwords ever faster until one fits, then log on."""
    servers = scene.of("rds", "exch", "dc", "web")
    if not servers:
        return None
    device, account = rng.choice(servers), rng.choice(ACCOUNTS)
    events: list[Event] = []
    failures = 4
    for step in range(rng.randint(4, 9)):
        noticed = at + step * minutes(rng, 8, 12)
        target = account if chance(rng, 0.5) else rng.choice(ACCOUNTS)
        failures *= 2
        events += episode(
            rng,
            noticed,
            device,
            FAILED_LOGINS,
            lasts=minutes(rng, 5, 7),
            obj=target,
            value=failures,
        )
    inside = max(event.at for event in events) + minutes(rng, 1, 10)
    events += episode(rng, inside, device, LOGON, lasts=3600, obj=account, value=failures)
    if registered_for_everything(scene):
        events.append(raised(rng, inside + 200, device, ACTIVITY, obj="Software added"))
    title = f"Somebody guessed the password of {account} on {device.name}"
    return Story(title, inside + 1800, (device,), tuple(events))


def malware(scene: Scene, rng: Random, at: float) -> Story | None:
    """Find the same threat again and again, then on other desks as well."""
    desks = scene.of(*DESKS)
    if not desks:
        return None
    first, *others = rng.sample(desks, min(len(desks), 4))
    threat = "HackTool:Win32/Keygen"
    events: list[Event] = []
    for number in range(5):
        noticed = at + number * minutes(rng, 20, 40)
        lasts, count = minutes(rng, 2, 15), 2 + 3 * number
        events += episode(rng, noticed, first, ANTIVIRUS, lasts=lasts, obj=threat, value=count)
    for device in others:
        noticed = at + hours(rng, 1, 2.5)
        events += episode(rng, noticed, device, ANTIVIRUS, lasts=3600, obj=threat, value=4)
    title = f"{threat} comes back on {first.name} and spreads"
    return Story(title, at + 3 * 3600, (first, *others), tuple(events))


SECURITY = (
    Kind(name="ransomware", per_day=0.009, strikes=ransomware, when=When.NIGHT),
    Kind(name="brute_force", per_day=0.009, on=("rds", "exch", "dc"), strikes=brute_force),
    Kind(name="malware", per_day=0.015, strikes=malware, when=When.WORK),
)
