"""What gets worse by the hour or by the night, and each time looks like nothing."""

from __future__ import annotations

from random import Random

from noise.simulator.chance import chance, hours, minutes
from noise.simulator.checks import (
    AVAILABILITY,
    BACKUP,
    CERTIFICATE,
    CPU,
    EVENT_LOG,
    MEMORY,
    PACKET_LOSS,
    PRINTER,
    QUEUE,
    SERVICE,
    TEMPERATURE,
    WEB,
)
from noise.simulator.estate import DAY, Device
from noise.simulator.events import Event, Turn, ended, episode, raised
from noise.simulator.quiet.nightly import backup_job
from noise.simulator.scene import Scene, When
from noise.simulator.trouble.story import Kind, Story, worsening


def memory_leak(scene: Scene, rng: Random, at: float) -> Story | None:
    """Leak memory for days: each peak is higher and longer, until a service dies of it."""
    servers = scene.of("server")
    if not servers:
        return None
    device, days = rng.choice(servers), rng.randint(3, 6)
    events: list[Event] = []
    for day in range(days):
        value = 90.5 + 8.5 * day / (days - 1)
        lasts = hours(rng, 1 + 3 * day, 3 + 3 * day)
        events += episode(
            rng, at + day * DAY, device, MEMORY, lasts=lasts, value=value, back=value - 6
        )
    crash = at + (days - 0.6) * DAY
    events += episode(rng, crash, device, EVENT_LOG, lasts=900, obj="2004", value=8)
    events += episode(
        rng, crash + 60, device, SERVICE, lasts=hours(rng, 1, 6), obj="SQLSERVERAGENT"
    )
    return Story(f"{device.name} leaks memory", crash - 6 * 3600, (device,), tuple(events))


def backup_failing(scene: Scene, rng: Random, at: float) -> Story | None:
    """Fail backups for nights: of one server, or of all where the repository is full."""
    servers = scene.of("server")
    if not servers:
        return None
    devices = servers if chance(rng, 0.15) else [rng.choice(servers)]
    nights = rng.randint(3, 6)
    events = [
        event
        for device in devices
        for night in range(nights)
        for event in _failed_night(rng, device, at + night * DAY, night == nights - 1)
    ]
    told = scene.day.opens + 3 * DAY + 3 * 3600  # the morning after the third night
    names = "All backups fail" if len(devices) > 1 else f"Backups of {devices[0].name} fail"
    return Story(f"{names} night after night", told, tuple(devices), tuple(events))


def _failed_night(rng: Random, device: Device, at: float, last: bool) -> list[Event]:
    """Return two or three tries; the last one stays open until the next night."""
    events: list[Event] = []
    noticed = at + minutes(rng, 1, 20)
    tries = rng.randint(2, 3)
    for number in range(1, tries + 1):
        first = raised(
            rng, noticed, device, BACKUP, obj=backup_job(device), value=rng.uniform(0, 4)
        )
        open_to = noticed + minutes(rng, 15, 40) if number < tries else at + DAY - 300
        over = last and number == tries
        turn = Turn.CLEAR if over else Turn.RETRY
        events += (first, ended(first, open_to, 300.0 if over else 0.0, turn))
        noticed = open_to + minutes(rng, 1, 5)
    return events


def certificate_expired(scene: Scene, rng: Random, at: float) -> Story | None:
    """Forget a certificate until it expires and its site fails."""
    servers = scene.of("web", "exch", "app")
    if not servers:
        return None
    device = rng.choice(servers)
    name = f"{device.name.lower()}.{scene.client.domain}"
    expires = at + 3 * DAY
    mended = expires + hours(rng, 2, 10)
    days_left = [(at, 3.0), (at + 2 * DAY, 1.0), (expires, 0.0)]
    events = worsening(rng, device, CERTIFICATE, days_left, ends=mended, obj=name, back=90)
    events += episode(
        rng, expires + 60, device, WEB, lasts=mended - expires, obj=name, value=495, back=200
    )
    title = f"The certificate of {name} has expired"
    return Story(title, expires + 3600, (device,), tuple(events))


def queue_growing(scene: Scene, rng: Random, at: float) -> Story | None:
    """Stop mail: the queue grows and does not shrink."""
    servers = scene.of("exch")
    if not servers:
        return None
    device, gap = rng.choice(servers), minutes(rng, 25, 45)
    lengths = (130.0, 420.0, 1500.0, 4800.0)
    steps = [(at + step * gap, value) for step, value in enumerate(lengths)]
    ends = at + 4 * gap + hours(rng, 1, 5)
    events = worsening(rng, device, QUEUE, steps, ends=ends, obj="submission", back=20)
    return Story(f"Mail piles up on {device.name}", at + 3.5 * gap, (device,), tuple(events))


def line_dying(scene: Scene, rng: Random, at: float) -> Story | None:
    """Lose ever more packets of a line, for ever longer, until it is gone."""
    firewalls = scene.of("firewall")
    if not firewalls:
        return None
    device, gap = rng.choice(firewalls), minutes(rng, 35, 80)
    events: list[Event] = []
    for step, loss in enumerate((9, 17, 31, 55)):
        noticed = at + step * gap
        lasts = gap * (0.3 + 0.15 * step)
        events += episode(
            rng, noticed, device, PACKET_LOSS, lasts=lasts, obj="8.8.8.8", value=loss, back=3
        )
    dead = at + 4 * gap
    events += episode(rng, dead, device, AVAILABILITY, lasts=hours(rng, 0.5, 4), value=5)
    return Story(f"The line behind {device.name} is dying", dead + 900, (device,), tuple(events))


def server_overloaded(scene: Scene, rng: Random, at: float) -> Story | None:
    """Run a server at its end for hours while people wait for it."""
    servers = scene.of("sql", "rds", "app", "exch", "web")
    if not servers:
        return None
    device, lasts = rng.choice(servers), hours(rng, 3, 9)
    events = list(episode(rng, at, device, CPU, lasts=lasts, value=99.6, back=45))
    events += episode(rng, at + 1500, device, MEMORY, lasts=lasts - 1600, value=97.5, back=70)
    if device.role in ("web", "exch", "app"):
        address = f"{'mail' if device.role == 'exch' else 'www'}.{scene.client.domain}"
        for number in range(4):
            slow = at + 1200 + number * minutes(rng, 12, 30)
            events += episode(
                rng, slow, device, WEB, lasts=minutes(rng, 4, 10), obj=address, value=504, back=200
            )
    return Story(f"{device.name} is overloaded", at + 2 * 3600, (device,), tuple(events))


def room_heating(scene: Scene, rng: Random, at: float) -> Story | None:
    """Fail the cooling of a room; what stands in it switches itself off in the end."""
    supplies = scene.of("ups")
    if not supplies:
        return None
    device, gap = rng.choice(supplies), minutes(rng, 20, 40)
    steps = [(at + step * gap, 28.6 + 3.1 * step) for step in range(5)]
    ends = at + hours(rng, 4, 9)
    events = worsening(rng, device, TEMPERATURE, steps, ends=ends, obj="comms room", back=24)
    hot = [one for one in scene.at_site(device.site) if one.device_class in ("server", "nas")]
    for one in hot:
        off = at + 4.5 * gap + minutes(rng, 0, 15)
        events += episode(rng, off, one, AVAILABILITY, lasts=ends - off + 900, value=4)
    title = f"The comms room at {device.site} is too hot"
    return Story(title, at + 3.5 * gap, (device, *hot), tuple(events))


def printer_broken(scene: Scene, rng: Random, at: float) -> Story | None:
    """Break a printer that people need: everything in it is reported empty at once."""
    printers = scene.of("printer")
    if not printers:
        return None
    device, ends = rng.choice(printers), at + hours(rng, 20, 50)
    events: list[Event] = []
    for part in ("Black toner", "Paper tray 1", "Cyan toner"):
        noticed = at + rng.uniform(0, 200)
        events += episode(
            rng, noticed, device, PRINTER, lasts=ends - noticed, obj=part, value=0, back=80
        )
    return Story(f"{device.name} is broken", at + 4 * 3600, (device,), tuple(events))


SLOW = (
    Kind(name="memory_leak", per_day=0.004, on=("server",), strikes=memory_leak, when=When.WORK),
    Kind(
        name="backup_failing", per_day=0.008, on=("server",), strikes=backup_failing,
        when=When.BACKUP,
    ),
    Kind(
        name="certificate_expired", per_day=0.01, on=("web", "exch", "app"),
        strikes=certificate_expired,
    ),
    Kind(name="queue_growing", per_day=0.03, on=("exch",), strikes=queue_growing, when=When.WORK),
    Kind(name="line_dying", per_day=0.012, on=("firewall",), strikes=line_dying),
    Kind(
        name="server_overloaded", per_day=0.006, on=("sql", "rds", "app", "exch", "web"),
        strikes=server_overloaded, when=When.WORK,
    ),
    Kind(name="room_heating", per_day=0.006, on=("ups",), strikes=room_heating),
    Kind(
        name="printer_broken", per_day=0.008, on=("printer",), strikes=printer_broken,
        when=When.WORK,
    ),
)  # fmt: skip
