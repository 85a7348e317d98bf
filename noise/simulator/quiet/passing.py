"""What comes and goes by itself, as rows: how often per device and day, how long, how far."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import msgspec

from noise.simulator.chance import minutes, moments
from noise.simulator.checks import (
    ANTIVIRUS,
    AVAILABILITY,
    CHECK_IN,
    CPU,
    DISK,
    DISK_CRITICAL,
    DNS,
    EVENT_LOG,
    FAILED_LOGINS,
    INTERFACE,
    LOGON,
    MEMORY,
    PACKET_LOSS,
    PRINTER,
    QUEUE,
    RAID,
    REPLICATION,
    SERVICE,
    SMART,
    TEMPERATURE,
    UPS,
    WEB,
    Check,
)
from noise.simulator.estate import Device
from noise.simulator.events import Event, episode
from noise.simulator.scene import Scene, When

DESKS = ("workstation", "laptop")
SERVICES = (
    "Spooler",
    "W32Time",
    "SQLSERVERAGENT",
    "WinDefend",
    "VeeamAgent",
    "DNS",
    "MSExchangeIS",
)
ACCOUNTS = ("svc-backup", "svc-scan", "administrator", "jlee", "mgreen", "scanner")
EVENTS = ("153", "7", "1014", "36887", "10016", "2004", "6008")
PORTS = tuple(f"Gi1/0/{number}" for number in range(1, 25))


class Passing(msgspec.Struct, frozen=True, kw_only=True):
    """One row. ``on`` are classes or roles; ``share`` of those devices are prone to it.

    ``rests`` is how much of it is left on the client's days off; ``objects`` take ``domain``.
    """

    name: str
    check: Check
    on: tuple[str, ...]
    per_day: float
    minutes: tuple[float, float]
    value: tuple[float, float]
    back: tuple[float, float] = (0.0, 0.0)
    objects: tuple[str, ...] = ("",)
    when: When = When.ANY
    share: float = 1.0
    rests: float = 1.0

    def happens(self, scene: Scene) -> Iterator[Event]:
        """Yield what this row brings to ``scene``."""
        prone = self._prone(scene)
        if not prone or scene.is_retired(self.name):
            return
        rng = scene.rng(self.name)
        count = self.per_day * len(prone) * (1.0 if scene.day.works else self.rests)
        for at in moments(rng, count, *scene.span(self.when)):
            yield from self._episode(scene, rng, at, rng.choice(prone))

    def _prone(self, scene: Scene) -> list[Device]:
        devices = scene.of(*self.on)
        if self.share == 1.0:
            return devices
        return [one for one in devices if scene.has(self.share, self.name, one.name)]

    def _episode(self, scene: Scene, rng: Random, at: float, device: Device) -> Iterator[Event]:
        return episode(
            rng,
            at,
            device,
            self.check,
            lasts=minutes(rng, *self.minutes),
            obj=rng.choice(self.objects).format(domain=scene.client.domain),
            value=rng.uniform(*self.value),
            back=rng.uniform(*self.back),
        )


ROWS = (
    # load
    Passing(
        name="busy server", check=CPU, on=("server",), per_day=1.0, minutes=(3, 25),
        value=(91, 100), back=(30, 80), rests=0.6,
    ),
    Passing(
        name="busy desk", check=CPU, on=DESKS, per_day=0.15, minutes=(3, 40),
        value=(91, 100), back=(10, 80), when=When.WORK, rests=0.1,
    ),
    Passing(
        name="backup load", check=CPU, on=("server",), per_day=0.5, minutes=(10, 75),
        value=(91, 99), back=(20, 70), when=When.BACKUP,
    ),
    Passing(
        name="threshold set wrong", check=CPU, on=("sql", "rds", "app"), per_day=4.0,
        minutes=(20, 90), value=(90.1, 94), back=(80, 89.5), when=When.WORK, share=0.15, rests=0.2,
    ),
    Passing(
        name="memory peak", check=MEMORY, on=("server",), per_day=0.25, minutes=(5, 60),
        value=(90.2, 97), back=(60, 89), rests=0.6,
    ),
    Passing(
        name="many browser tabs", check=MEMORY, on=DESKS, per_day=0.06, minutes=(5, 240),
        value=(90.2, 98), back=(50, 88), when=When.WORK, rests=0.1,
    ),
    # disks
    Passing(
        name="disk hops", check=DISK, on=("server", "nas"), per_day=3.5, minutes=(10, 180),
        value=(9.2, 9.99), back=(10.1, 10.9), objects=("C:", "D:"), share=0.12,
    ),
    Passing(
        name="desk disk hops", check=DISK, on=DESKS, per_day=1.5, minutes=(20, 400),
        value=(8.5, 9.99), back=(10.1, 11.5), objects=("C:",), share=0.1, rests=0.2,
    ),
    Passing(
        name="large volume with a small rest", check=DISK_CRITICAL, on=("file", "hv", "nas"),
        per_day=3.0, minutes=(15, 240), value=(4.6, 4.99), back=(5.05, 5.4), objects=("E:",),
        share=0.12,
    ),
    Passing(
        name="backup staging", check=DISK_CRITICAL, on=("server",), per_day=0.06,
        minutes=(20, 120), value=(1.5, 4.9), back=(11, 30), objects=("D:",), when=When.BACKUP,
    ),
    Passing(
        name="old sectors", check=SMART, on=("workstation", "nas"), per_day=0.3,
        minutes=(30, 600), value=(1, 8), objects=("0",), share=0.06, rests=0.3,
    ),
    Passing(
        name="controller learns its battery", check=RAID, on=("hv", "file", "nas"), per_day=0.04,
        minutes=(15, 150), value=(1, 1), objects=("0",), when=When.NIGHT,
    ),
    # services
    Passing(
        name="service restarts", check=SERVICE, on=("server",), per_day=0.4, minutes=(0.5, 6),
        value=(0, 0), objects=SERVICES,
    ),
    Passing(
        name="desk service restarts", check=SERVICE, on=DESKS, per_day=0.04, minutes=(0.5, 20),
        value=(0, 0), objects=SERVICES[:4], when=When.WORK, rests=0.1,
    ),
    Passing(
        name="service flaps", check=SERVICE, on=("server",), per_day=6.0, minutes=(1, 9),
        value=(0, 0), objects=("Spooler",), share=0.04,
    ),
    Passing(
        name="site hiccup", check=WEB, on=("web", "exch", "app"), per_day=0.4, minutes=(1, 6),
        value=(502, 504), back=(200, 200), objects=("www.{domain}", "mail.{domain}"),
    ),
    Passing(
        name="newsletter", check=QUEUE, on=("exch",), per_day=1.2, minutes=(4, 35),
        value=(104, 480), back=(3, 80), objects=("submission",), when=When.WORK, rests=0.1,
    ),
    Passing(
        name="slow answer", check=DNS, on=("dc",), per_day=0.25, minutes=(2, 12),
        value=(1000, 3000), back=(10, 60), objects=("{domain}",),
    ),
    Passing(
        name="missed replication", check=REPLICATION, on=("dc",), per_day=0.12, minutes=(12, 40),
        value=(1, 2), objects=("{domain}",),
    ),
    # network and devices
    Passing(
        name="jitter", check=PACKET_LOSS, on=("firewall",), per_day=1.5, minutes=(2, 18),
        value=(5.5, 22), back=(0, 3), objects=("8.8.8.8", "1.1.1.1"),
    ),
    Passing(
        name="poor line", check=PACKET_LOSS, on=("firewall",), per_day=9.0, minutes=(2, 40),
        value=(5.5, 30), back=(0, 4.5), objects=("8.8.8.8",), share=0.12,
    ),
    Passing(
        name="desk unplugged", check=INTERFACE, on=("switch",), per_day=2.0, minutes=(1, 500),
        value=(0, 0), objects=PORTS, when=When.WORK, rests=0.2,
    ),
    Passing(
        name="line renewed", check=AVAILABILITY, on=("firewall",), per_day=0.12, minutes=(1, 4),
        value=(1, 3), when=When.NIGHT,
    ),
    Passing(
        name="switched off", check=AVAILABILITY, on=("workstation",), per_day=0.06,
        minutes=(3, 60), value=(5, 10), when=When.WORK, rests=0.1,
    ),
    Passing(
        name="lid closed", check=AVAILABILITY, on=("laptop",), per_day=0.3, minutes=(15, 150),
        value=(5, 15), when=When.WORK, rests=0.1,
    ),
    Passing(
        name="printer sleeps", check=AVAILABILITY, on=("printer",), per_day=0.5,
        minutes=(10, 700), value=(5, 15), share=0.3,
    ),
    Passing(
        name="agent restarts", check=CHECK_IN, on=("server", *DESKS), per_day=0.03,
        minutes=(10, 90), value=(15, 60),
    ),
    Passing(
        name="printer supplies", check=PRINTER, on=("printer",), per_day=0.9, minutes=(10, 500),
        value=(0, 11), back=(50, 100), objects=("Black toner", "Paper tray 1", "Cyan toner"),
        when=When.WORK, rests=0.1,
    ),
    Passing(
        name="self-test", check=UPS, on=("ups",), per_day=0.12, minutes=(0.3, 4),
        value=(92, 100), back=(95, 100),
    ),
    Passing(
        name="warm afternoon", check=TEMPERATURE, on=("ups",), per_day=0.3, minutes=(20, 150),
        value=(28.1, 31), back=(25, 27.8), objects=("comms room",), when=When.WORK, rests=0.7,
    ),
    # event logs and security
    Passing(
        name="event log", check=EVENT_LOG, on=("server",), per_day=0.7, minutes=(15, 16),
        value=(1, 6), objects=EVENTS,
    ),
    Passing(
        name="desk event log", check=EVENT_LOG, on=DESKS, per_day=0.08, minutes=(15, 16),
        value=(1, 9), objects=EVENTS, when=When.WORK, rests=0.1,
    ),
    Passing(
        name="chatty machine", check=EVENT_LOG, on=("server", *DESKS), per_day=4.0,
        minutes=(15, 16), value=(1, 30), objects=("10016", "36887"), share=0.04, rests=0.6,
    ),
    Passing(
        name="stale service account", check=FAILED_LOGINS, on=("server",), per_day=5.0,
        minutes=(5, 15), value=(5, 24), objects=("svc-scan",), share=0.08,
    ),
    Passing(
        name="forgetful person", check=FAILED_LOGINS, on=DESKS, per_day=0.35, minutes=(5, 25),
        value=(5, 14), objects=ACCOUNTS[3:5], when=When.MORNING, share=0.15, rests=0.0,
    ),
    Passing(
        name="traveller", check=LOGON, on=DESKS, per_day=0.012, minutes=(30, 60),
        value=(0, 4), objects=ACCOUNTS[3:5],
    ),
    Passing(
        name="unwanted toolbar", check=ANTIVIRUS, on=DESKS, per_day=0.012, minutes=(1, 15),
        value=(1, 6), objects=("PUA:Win32/Installer", "HackTool:Win32/Keygen"), when=When.WORK,
        rests=0.2,
    ),
)  # fmt: skip


def passing(scene: Scene) -> Iterator[Event]:
    """Yield what all rows bring to ``scene``."""
    for row in ROWS:
        yield from row.happens(scene)
