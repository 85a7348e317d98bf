"""Real problems: each begins on a local day, and a person must know of it by a deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

import msgspec

from noise.alert import Severity
from noise.simulator import checks
from noise.simulator.chance import chance, hours, minutes
from noise.simulator.checks import Check
from noise.simulator.estate import DAY, Client, Day, Device
from noise.simulator.events import Event, Turn, ended, episode, raised

MINUTE = 60.0
HOUR = 3600.0


class Problem(msgspec.Struct, frozen=True):
    """Something real at a client, of which a person must know by ``tell_by``; epoch seconds."""

    id: str
    tenant: str
    kind: str
    began_at: float
    tell_by: float
    devices: tuple[str, ...]
    title: str


class Plot(msgspec.Struct):
    """What happens because of one problem; ``tell_within`` counts from its first event."""

    title: str
    tell_within: float
    events: list[Event]


Plotter = Callable[[Random, Client, Day], Plot | None]


def disk_fills(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that a volume fills and does not stop."""
    device = rng.choice(client.of_class("server"))
    at, values = day.midnight + hours(rng, 0, 20), (9.4, 8.1, 6.6, 5.3)
    events = _growing(rng, at, device, checks.DISK, values=values, apart=hours(rng, 1, 2), obj="C:")
    critical = at + 4 * hours(rng, 1, 2)
    events += _growing(
        rng,
        critical,
        device,
        checks.DISK_CRITICAL,
        values=(4.6, 2.0, 0.4),
        apart=0.9 * HOUR,
        obj="C:",
    )
    events.append(ended(events[-1], critical + hours(rng, 3, 10), 41))
    return Plot(f"C: on {device.name} fills up", 4 * HOUR, events)


def disk_dies(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that bad sectors grow day by day, then the array loses a member."""
    device = rng.choice(client.of_class("server"))
    at = day.at(7)
    events = _growing(
        rng, at, device, checks.SMART, values=(24, 88, 190), apart=7 * HOUR, obj="Disk 0"
    )
    events += episode(
        rng, at + 23 * HOUR, device, checks.RAID, lasts=hours(rng, 6, 30), obj="0", value=1
    )
    return Plot(f"a disk of {device.name} fails", 24 * HOUR, events)


def backup_fails(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that a backup fails for several nights, its retries too."""
    device = rng.choice(client.of_class("server"))
    nights = rng.randint(4, 6)
    events: list[Event] = []
    for night in range(nights):
        at = day.at(24) + night * DAY + hours(rng, 0, 2)
        if events:
            events.append(ended(events[-1], at - MINUTE, turn=Turn.RETRY))
        events.append(raised(rng, at, device, checks.BACKUP, obj=f"{device.name} daily"))
    events.append(ended(events[-1], events[-1].at + 9 * HOUR, 70))
    return Plot(f"no backup of {device.name} for {nights} nights", 2 * DAY + 10 * HOUR, events)


def site_down(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that the line or the power of a site is gone: its devices vanish one after the other."""
    site = rng.choice(client.sites)
    at, lasts = day.midnight + hours(rng, 0, 24), minutes(rng, 40, 240)
    events: list[Event] = []
    gone = [d for d in client.at_site(site) if d.device_class != "laptop"]
    gone.sort(key=lambda device: device.device_class not in ("firewall", "switch"))
    for number, device in enumerate(gone):
        begins = at + min(number * 9.0, 240) + rng.uniform(0, 20)
        events += episode(
            rng, begins, device, checks.AVAILABILITY, lasts=lasts + rng.uniform(0, 200), value=5
        )
    return Plot(f"{site} is down", 15 * MINUTE, events)


def host_crashes(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that a virtual host goes down with its guests."""
    hosts = client.of_role("hv")
    if not hosts:
        return None
    guests = [d for d in client.of_class("server") if d.role != "hv"][: rng.randint(2, 6)]
    at, lasts = day.midnight + hours(rng, 0, 24), minutes(rng, 25, 150)
    events: list[Event] = []
    for number, device in enumerate([hosts[0], *guests]):
        events += episode(rng, at + number * 15, device, checks.AVAILABILITY, lasts=lasts, value=5)
    return Plot(f"{hosts[0].name} crashed", 15 * MINUTE, events)


def server_down(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that a server does not come back."""
    device = rng.choice(client.of_class("server"))
    at = day.midnight + hours(rng, 0, 24)
    events = list(episode(rng, at, device, checks.AVAILABILITY, lasts=hours(rng, 0.7, 5), value=5))
    return Plot(f"{device.name} is down", 30 * MINUTE, events)


def leak(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that a process takes more memory day by day, until something stops."""
    device = rng.choice(client.of_class("server"))
    events = _growing(
        rng, day.opens, device, checks.MEMORY, values=(92, 94.5, 96.8, 98.5, 99.4), apart=11 * HOUR
    )
    at = events[-1].at + 3 * HOUR
    events += episode(rng, at, device, checks.SERVICE, lasts=hours(rng, 1, 3), obj="MSSQLSERVER")
    return Plot(f"memory of {device.name} runs out", 36 * HOUR, events)


def directory_fails(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that the directory server's services stop, and nobody can log in."""
    device = rng.choice(client.of_role("dc"))
    at, lasts = rng.uniform(day.opens, day.closes), minutes(rng, 40, 160)
    events = list(episode(rng, at, device, checks.SERVICE, lasts=lasts, obj="NTDS"))
    events += episode(rng, at + 20, device, checks.SERVICE, lasts=lasts, obj="DNS")
    for desk in client.of_class("workstation")[:6]:
        events.append(
            raised(
                rng,
                at + minutes(rng, 1, 9),
                desk,
                checks.FAILED_LOGINS,
                obj="many",
                value=rng.randint(15, 40),
            )
        )
    return Plot(f"the directory on {device.name} fails", 20 * MINUTE, events)


def core_switch(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that a core switch loses its uplinks, and what hangs on it goes with them."""
    device = rng.choice([d for d in client.of_class("switch") if d.role == "core"])
    at, lasts = day.midnight + hours(rng, 0, 24), minutes(rng, 30, 120)
    events: list[Event] = []
    for port in range(1, 5):
        events += episode(
            rng, at + port, device, checks.INTERFACE, lasts=lasts, obj=f"Te1/1/{port}"
        )
    behind = [d for d in client.at_site(device.site) if d.device_class in ("server", "nas")]
    for each in behind[:8]:
        events += episode(
            rng, at + rng.uniform(20, 90), each, checks.AVAILABILITY, lasts=lasts, value=5
        )
    return Plot(f"{device.name} fails", 20 * MINUTE, events)


def ransomware(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that files change everywhere, machines are busy, protection and backups stop."""
    at = day.midnight + hours(rng, 0, 24)
    events: list[Event] = []
    for number, device in enumerate(client.of_class("server", "workstation")[:10]):
        begins = at + number * 40 + rng.uniform(0, 60)
        events.append(
            raised(
                rng,
                begins,
                device,
                checks.FILE_INTEGRITY,
                obj="D:/Shares/Finance/q3.xlsx",
                value=rng.randint(300, 4000),
            )
        )
        events.append(raised(rng, begins + 30, device, checks.CPU, value=100))
        events += episode(
            rng, begins + 80, device, checks.SERVICE, lasts=hours(rng, 3, 9), obj="WinDefend"
        )
    return Plot("files are being encrypted", 30 * MINUTE, events)


def certificate_ends(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that a certificate is not renewed, and its site stops answering."""
    hosts = client.of_role("web", "exch")
    if not hosts:
        return None
    device = rng.choice(hosts)
    name = f"portal.{client.domain}"
    events = [
        raised(rng, day.at(6) + left * DAY, device, checks.CERTIFICATE, obj=name, value=value)
        for left, value in ((0, 3), (1, 2), (2, 1))
    ]
    at = day.at(6) + 3 * DAY + hours(rng, 0, 4)
    events += episode(
        rng, at, device, checks.WEB, lasts=hours(rng, 1, 6), obj=name, value=526, back=200
    )
    return Plot(f"the certificate of {name} ends", 3 * DAY + 5 * HOUR, events)


def queue_grows(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that mail no longer leaves."""
    hosts = client.of_role("exch")
    if not hosts:
        return None
    device = rng.choice(hosts)
    at = rng.uniform(day.opens, day.closes)
    events = _growing(
        rng,
        at,
        device,
        checks.QUEUE,
        values=(180, 420, 900, 2400),
        apart=25 * MINUTE,
        obj="Submission",
    )
    events.append(ended(events[-1], events[-1].at + hours(rng, 1, 3), 8))
    return Plot(f"mail is stuck on {device.name}", 2 * HOUR, events)


def brute_force(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that somebody guesses a password, and gets in."""
    device = rng.choice(client.of_class("server"))
    at = day.midnight + hours(rng, 0, 24)
    events = [
        raised(
            rng, at + number * 330, device, checks.FAILED_LOGINS, obj="administrator",
            value=rng.randint(120, 400),
        )
        for number in range(rng.randint(3, 6))
    ]  # fmt: skip
    last = events[-1].at
    events.append(
        raised(
            rng, last + 200, device, checks.LOGON, obj="administrator", value=rng.randint(300, 900)
        )
    )
    return Plot(f"somebody broke into {device.name}", last - at + 30 * MINUTE, events)


def service_stays_down(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that a service stops and stays down, in working hours."""
    device = rng.choice(client.of_class("server"))
    at = rng.uniform(day.opens, day.closes - HOUR)
    name = rng.choice(("MSSQLSERVER", "IISADMIN", "Spooler"))
    events = list(episode(rng, at, device, checks.SERVICE, lasts=hours(rng, 1.5, 6), obj=name))
    return Plot(f"{name} on {device.name} is down", 45 * MINUTE, events)


def line_fails(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that a line loses so many packets for so long that people cannot work."""
    device = rng.choice(client.of_class("firewall"))
    at = rng.uniform(day.opens, day.closes - HOUR)
    events = list(
        episode(
            rng,
            at,
            device,
            checks.PACKET_LOSS,
            lasts=hours(rng, 2, 6),
            obj="8.8.8.8",
            value=rng.uniform(45, 80),
        )
    )
    return Plot(f"the line of {device.site} is unusable", HOUR, events)


def never_seen(rng: Random, client: Client, day: Day) -> Plot | None:
    """Tell that something for which there is no word yet."""
    device = rng.choice(client.of_class("server", "nas", "firewall"))
    key, says = rng.choice(_STRANGE)
    check = Check(
        key=key, category="other", severity=Severity.MEDIUM, raised=says, cleared=f"{key} is well",
        ninjaone=key, datto=("Component Monitor", "Other"), tactical=("script", key), zabbix=key,
        alertmanager=key.title().replace(" ", ""),
    )  # fmt: skip
    at = day.midnight + hours(rng, 0, 24)
    events = list(episode(rng, at, device, check, lasts=hours(rng, 2, 9), value=1))
    return Plot(f"{key} at {device.name}", 2 * HOUR, events)


_STRANGE = (
    ("water sensor", "Water under the floor of {host}"),
    ("clock drift", "The clock of {host} is 14 minutes off"),
    ("licence", "The licence of {host} has ended, users are turned away"),
    ("tape library", "The robot of {host} does not move"),
    ("door contact", "The rack of {host} stands open"),
)

# How often each begins, per client and day.
PLOTTERS: tuple[tuple[float, Plotter], ...] = (
    (0.04, disk_fills), (0.02, disk_dies), (0.04, backup_fails), (0.02, site_down),
    (0.02, host_crashes), (0.05, server_down), (0.015, leak), (0.02, directory_fails),
    (0.012, core_switch), (0.004, ransomware), (0.015, certificate_ends), (0.025, queue_grows),
    (0.02, brute_force), (0.06, service_stays_down), (0.02, line_fails), (0.02, never_seen),
)  # fmt: skip


def problems_of(rng: Random, client: Client, day: Day) -> Iterator[tuple[Problem, Sequence[Event]]]:
    """Yield the problems that begin on a day, with the events that each of them causes."""
    for share, plotter in PLOTTERS:
        if not chance(rng, share):
            continue
        plot = plotter(rng, client, day)
        if plot is not None:
            yield _written(client, day, plotter.__name__, plot)


def _written(client: Client, day: Day, kind: str, plot: Plot) -> tuple[Problem, Sequence[Event]]:
    name = f"{client.tenant}/{day.index}/{kind}"
    events = [msgspec.structs.replace(event, problem=name) for event in plot.events]
    began = min(event.at for event in events)
    devices = tuple(sorted({event.device.name for event in events}))
    problem = Problem(
        name, client.tenant, kind, began, began + plot.tell_within, devices, plot.title
    )
    return problem, events


def _growing(
    rng: Random,
    at: float,
    device: Device,
    check: Check,
    *,
    values: Sequence[float],
    apart: float,
    obj: str = "",
) -> list[Event]:
    """Return raises with a worse value each time: the tool's limit is passed again and again."""
    first = raised(rng, at, device, check, obj=obj, value=values[0])
    return [
        msgspec.structs.replace(first, at=at + number * apart, value=value)
        for number, value in enumerate(values)
    ]
