"""What makes noise at a client: each pattern yields the events of one local day.

A pattern draws from a stream of its own; what belongs to a device for good follows from a trait.
Problems use the same checks, severities and words (``trouble``): only values, times, durations and
company tell the two apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from noise.alert import Severity
from noise.simulator import checks
from noise.simulator.chance import chance, hours, minutes, moments, stream, trait
from noise.simulator.estate import Client, Day, Device
from noise.simulator.events import Event, Turn, episode, raised

Pattern = Callable[[int, Random, Client, Day], Iterator[Event]]

SATURDAY = 5
MONDAY = 0
ACTIVITIES = (
    "Scheduled task finished", "Script 'Inventory' completed", "Quarantine cleaned",
    "User logged in", "Software added",
)  # fmt: skip


def backup_load(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that servers are busy while their backup runs."""
    for device in client.of_class("server"):
        if chance(rng, 0.5):
            at = day.at(22) + minutes(rng, 0, 120)
            lasts, value = minutes(rng, 8, 50), rng.uniform(91, 99)
            yield from episode(rng, at, device, checks.CPU, lasts=lasts, value=value, back=60)


def hopping_disk(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that some volumes live at their threshold."""
    for device in _with_trait(client, 0.05, "hops", "server", "workstation"):
        for at in moments(rng, 5, day.midnight, day.at(23)):
            value, back = rng.uniform(9.3, 9.95), rng.uniform(10.05, 10.6)
            yield from episode(
                rng, at, device, checks.DISK, lasts=minutes(rng, 6, 60), obj="D:",
                value=value, back=back,
            )  # fmt: skip


def full_memory(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that databases take all the memory there is, and always did."""
    for device in _with_trait(client, 0.15, "memory", "server"):
        value = 91 + 2 * trait_value("level", client, device) + rng.uniform(0, 0.5)
        yield from episode(
            rng, day.opens, device, checks.MEMORY, lasts=hours(rng, 5, 9), value=value, back=88
        )
    for device in client.of_class("server", "workstation"):
        if chance(rng, 0.03):
            at = rng.uniform(day.opens, day.closes)
            lasts, value = minutes(rng, 3, 15), rng.uniform(90.5, 95)
            yield from episode(rng, at, device, checks.MEMORY, lasts=lasts, value=value, back=80)


def sleeping_laptops(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that laptops are closed in the evening, and at noon."""
    if not day.works:
        return
    for device in client.of_class("laptop"):
        if chance(rng, 0.25):
            at = day.closes + hours(rng, -1, 2)
            yield from episode(
                rng, at, device, checks.AVAILABILITY, lasts=hours(rng, 11, 15), value=30
            )
        if chance(rng, 0.2):
            at = rng.uniform(day.opens, day.closes)
            yield from episode(
                rng, at, device, checks.AVAILABILITY, lasts=minutes(rng, 20, 90), value=30
            )


def patch_night(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that once a week everything starts anew, and changes its files."""
    if day.weekday != client.patch_weekday:
        return
    for device in client.of_class("server", "workstation"):
        if not chance(rng, 0.7):
            continue
        at = day.at(23) + hours(rng, 0, 3)
        yield from episode(rng, at, device, checks.AVAILABILITY, lasts=minutes(rng, 3, 12), value=5)
        if device.device_class == "server":
            name = rng.choice(("Spooler", "W32Time", "MSSQLSERVER"))
            yield from episode(
                rng, at + 200, device, checks.SERVICE, lasts=minutes(rng, 1, 9), obj=name
            )
        yield raised(
            rng, at + 60, device, checks.FILE_INTEGRITY,
            obj="C:/Windows/System32/ntdll.dll", value=rng.randint(1, 9),
        )  # fmt: skip


def backup_retries(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that a backup fails, and its next try succeeds."""
    for device in client.of_class("server"):
        flaky = trait(0.2, "flaky backup", client.tenant, device.name)
        if chance(rng, 0.25 if flaky else 0.03):
            at = day.at(24) + hours(rng, 0, 3)
            yield from episode(
                rng, at, device, checks.BACKUP, lasts=hours(rng, 0.5, 3),
                obj=f"{device.name} daily", value=rng.uniform(1, 30), back=rng.uniform(40, 90),
            )  # fmt: skip


def certificate_reminders(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that a certificate will end, long before it renews itself."""
    for device in client.of_role("web", "exch"):
        left = 30 - (day.index + device.number) % 60
        if left in (30, 21, 14):
            yield raised(
                rng, day.at(6), device, checks.CERTIFICATE, obj=f"www.{client.domain}", value=left
            )


def service_restarts(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that services stop and start again."""
    for device in client.of_class("server"):
        for at in moments(rng, 0.15, day.midnight, day.at(24)):
            name = rng.choice(("Spooler", "WSearch", "BITS", "MSSQLSERVER", "IISADMIN"))
            yield from episode(rng, at, device, checks.SERVICE, lasts=minutes(rng, 1, 7), obj=name)


def printers(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that toner runs low, paper jams."""
    for device in client.of_class("printer"):
        if day.works and chance(rng, 0.5):
            at, name = rng.uniform(day.opens, day.closes), rng.choice(("Black", "Cyan", "Tray 2"))
            yield from episode(
                rng, at, device, checks.PRINTER, lasts=hours(rng, 0.5, 6), obj=name,
                value=rng.uniform(2, 11), back=100,
            )  # fmt: skip


def line_jitter(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that lines lose packets for some minutes; some lines do it all day."""
    for device in client.of_class("firewall"):
        bad = trait(0.3, "bad line", client.tenant, device.name)
        for at in moments(rng, 9 if bad else 1.5, day.midnight, day.at(24)):
            yield from episode(
                rng, at, device, checks.PACKET_LOSS, lasts=minutes(rng, 2, 12), obj="8.8.8.8",
                value=rng.uniform(6, 25), back=0,
            )  # fmt: skip


def ports(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that desks are switched off and on."""
    for device in client.of_class("switch"):
        for at in moments(rng, 2 if day.works else 0.2, day.opens, day.closes):
            name = f"Gi1/0/{rng.randint(1, 40)}"
            yield from episode(
                rng, at, device, checks.INTERFACE, lasts=minutes(rng, 1, 200), obj=name
            )


def agent_storm(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that many agents of a client check in late: its line had a hiccup."""
    if chance(rng, 0.04):
        at = day.midnight + hours(rng, 0, 24)
        yield from _late_agents(rng, client, at, 0.6, minutes(rng, 8, 35))


def vendor_cloud(seed: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that the vendor's cloud loses half of all agents, at all clients at once."""
    shared = stream(seed, "cloud", day.index)
    if chance(shared, 0.03):
        at, lasts = day.index * 86_400.0 + hours(shared, 8, 20), minutes(shared, 15, 70)
        yield from _late_agents(rng, client, at, 0.5, lasts)


def event_logs(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that event logs say a lot."""
    for device in client.of_class("server", "workstation"):
        chatty = trait(0.08, "chatty", client.tenant, device.name)
        for at in moments(rng, 3 if chatty else 0.06, day.midnight, day.at(24)):
            name, times = rng.choice(("7036", "10016", "1014", "36887")), rng.randint(1, 8)
            yield raised(rng, at, device, checks.EVENT_LOG, obj=name, value=times)


def new_rule(seed: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that somebody rolls a rule out to all clients, and takes it back after some days."""
    shared = stream(seed, "rule", day.index // 10)
    if not chance(shared, 0.5) or day.index % 10 > 3:  # noqa: PLR2004 - it lasts four days
        return
    name = shared.choice(("4719", "4907", "6008"))
    for device in client.of_class("server", "workstation"):
        if chance(rng, 0.3):
            at = day.midnight + hours(rng, 0, 24)
            yield raised(rng, at, device, checks.EVENT_LOG, obj=name, value=rng.randint(1, 3))


def wrong_threshold(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that some machines work at their limit every day."""
    if not day.works:
        return
    for device in _with_trait(client, 0.04, "works hard", "workstation", "server"):
        for at in moments(rng, 4, day.opens, day.closes):
            yield from episode(
                rng, at, device, checks.CPU, lasts=minutes(rng, 6, 45),
                value=rng.uniform(92, 100), back=70,
            )  # fmt: skip


def forgotten_passwords(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that people mistype their passwords, service accounts keep old ones."""
    for device in client.of_class("workstation"):
        if day.works and chance(rng, 0.05 if day.weekday == MONDAY else 0.02):
            at, name = day.opens + minutes(rng, 0, 90), rng.choice(("jkim", "mrossi", "lchan"))
            yield raised(rng, at, device, checks.FAILED_LOGINS, obj=name, value=rng.randint(5, 12))
    for device in _with_trait(client, 0.1, "old password", "server"):
        for at in moments(rng, 3, day.midnight, day.at(24)):
            yield raised(
                rng, at, device, checks.FAILED_LOGINS, obj="svc-scan", value=rng.randint(20, 60)
            )


def new_addresses(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that administrators log in from home."""
    for device in client.of_role("dc"):
        if chance(rng, 0.15):
            at = day.midnight + hours(rng, 7, 22)
            yield raised(rng, at, device, checks.LOGON, obj="admin", value=rng.randint(0, 2))


def mail_waves(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that a newsletter fills the queue for some minutes."""
    for device in client.of_role("exch"):
        if day.works and chance(rng, 0.4):
            yield from episode(
                rng, day.opens + hours(rng, 0, 6), device, checks.QUEUE, lasts=minutes(rng, 5, 25),
                obj="Submission", value=rng.uniform(105, 180), back=12,
            )  # fmt: skip


def web_blips(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that a web check misses one answer."""
    for device in client.of_role("web"):
        for at in moments(rng, 0.7, day.midnight, day.at(24)):
            yield from episode(
                rng, at, device, checks.WEB, lasts=minutes(rng, 1, 4), obj=f"www.{client.domain}",
                value=rng.choice((502, 503, 504)), back=200,
            )  # fmt: skip


def old_disks(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that arrays check themselves on Saturdays; some disks are old."""
    for device in client.of_class("server"):
        if day.weekday == SATURDAY and chance(rng, 0.3):
            yield from episode(
                rng, day.at(3), device, checks.RAID, lasts=hours(rng, 1, 4), obj="0", value=0
            )
        if trait(0.1, "sectors", client.tenant, device.name) and chance(rng, 0.3):
            count = 1 + int(4 * trait_value("sectors", client, device))
            yield raised(rng, day.at(7), device, checks.SMART, obj="Disk 1", value=count)


def planned_work(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that somebody works on a server at night or on a weekend."""
    if not chance(rng, 0.12 if day.weekday >= SATURDAY else 0.03):
        return
    at = day.at(20) + hours(rng, 0, 3)
    for device in client.of_class("server")[: rng.randint(1, 3)]:
        lasts = minutes(rng, 15, 80)
        yield from episode(rng, at, device, checks.AVAILABILITY, lasts=lasts, value=5)
        yield from episode(rng, at + 90, device, checks.SERVICE, lasts=lasts, obj="MSSQLSERVER")


def activities(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that a webhook that was registered for everything sends what is no alert."""
    for at in moments(rng, 2, day.midnight, day.at(24)):
        name = rng.choice(ACTIVITIES)
        yield raised(rng, at, rng.choice(client.devices), checks.ACTIVITY, obj=name)


def pressed_buttons(_: int, rng: Random, client: Client, day: Day) -> Iterator[Event]:
    """Tell that somebody presses the test button."""
    if chance(rng, 0.02):
        at = day.midnight + hours(rng, 8, 17)
        yield raised(rng, at, client.devices[0], checks.CPU, turn=Turn.TEST)


PATTERNS: tuple[Pattern, ...] = (
    backup_load, hopping_disk, full_memory, sleeping_laptops, patch_night, backup_retries,
    certificate_reminders, service_restarts, printers, line_jitter, ports, agent_storm,
    vendor_cloud, event_logs, new_rule, wrong_threshold, forgotten_passwords, new_addresses,
    mail_waves, web_blips, old_disks, planned_work, activities, pressed_buttons,
)  # fmt: skip


def _with_trait(client: Client, share: float, name: str, *classes: str) -> Iterator[Device]:
    for device in client.of_class(*classes):
        if trait(share, name, client.tenant, device.name):
            yield device


def trait_value(name: str, client: Client, device: Device) -> float:
    """Return a number between 0 and 1 that belongs to the device for good."""
    return stream("trait", name, client.tenant, device.name).random()


def _late_agents(
    rng: Random, client: Client, at: float, share: float, lasts: float
) -> Iterator[Event]:
    for device in client.devices:
        if device.has_agent and chance(rng, share):
            yield from episode(
                rng, at + minutes(rng, 0, 4), device, checks.CHECK_IN,
                lasts=lasts + minutes(rng, -3, 5), value=15, severity=Severity.MEDIUM,
            )  # fmt: skip
