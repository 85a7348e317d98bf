"""The clients of a simulated MSP: sites, devices, hours and the tools that watch them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from noise.simulator.chance import chance, digest, stream, trait

DAY = 86_400.0
_HOUR = 3_600.0

# RMM agents run on the first three; the rest is watched over the network.
AGENT_CLASSES = frozenset({"server", "workstation", "laptop"})

# rmm, network monitor, security monitor: three clients are enough to meet all six sources.
_TOOL_SETS: tuple[tuple[str, str | None, str | None], ...] = (
    ("ninjaone", None, None),
    ("datto", "zabbix", None),
    ("tactical", "alertmanager", "wazuh"),
    ("ninjaone", "zabbix", "wazuh"),
    ("datto", None, None),
    ("tactical", "zabbix", None),
)
_NAMES = (
    "Alder", "Quince", "Rowan", "Hazel", "Linden", "Medlar", "Olive", "Poplar", "Sorrel", "Teasel",
    "Yarrow", "Bracken", "Clover", "Dogwood", "Elder", "Fennel", "Gorse", "Heather", "Iris",
    "Jasmine", "Lupin", "Mallow", "Nettle", "Orchid", "Privet", "Rush", "Sedge", "Thistle", "Vetch",
    "Willow",
)  # fmt: skip
_TRADES = ("Dental", "Legal", "Freight", "Foods", "Design", "School", "Tooling", "Clinic")
# zone, opening and closing hour, working days
_HOURS = (
    ("+00:00", 8, 17, "mon-fri"),
    ("+02:00", 9, 18, "mon-fri"),
    ("-05:00", 8, 18, "mon-fri"),
    ("+05:30", 6, 22, "mon-sat"),
    ("-07:00", 7, 16, "mon-fri"),
)
_SIZES = (12, 24, 34, 48, 66, 92)
_SITES = ("Head office", "Branch North", "Branch South", "Warehouse")
_DEVICES_PER_SITE = 40
_ROLES = ("dc", "sql", "exch", "hv", "file", "web", "app", "rds")
_LETTERS = {
    "server": "SRV", "workstation": "WS", "laptop": "LT", "firewall": "FW", "switch": "SW",
    "printer": "PRN", "nas": "NAS", "ups": "UPS",
}  # fmt: skip
_SYSTEMS = {
    "server": "Microsoft Windows Server 2022 Standard",
    "workstation": "Microsoft Windows 11 Pro",
    "laptop": "Microsoft Windows 11 Pro",
    "firewall": "FortiOS 7.4",
    "switch": "Aruba 2930F",
    "printer": "HP LaserJet",
    "nas": "Synology DSM 7",
    "ups": "APC Smart-UPS",
}


class Device(msgspec.Struct, frozen=True):
    """One device; ``role`` says what a server (dc, sql, hv, ...) or a core switch is for."""

    name: str
    device_class: str
    site: str
    role: str | None
    number: int
    ip: str
    system: str

    @property
    def has_agent(self) -> bool:
        """True when an RMM agent can run on it."""
        return self.device_class in AGENT_CLASSES


class Day(msgspec.Struct, frozen=True):
    """One local day of a client. Times are epoch seconds; ``weekday`` is 0 on Mondays."""

    index: int
    midnight: float
    weekday: int
    works: bool
    opens: float
    closes: float

    def at(self, hour: float) -> float:
        """Return the moment at ``hour`` of this day; more than 24 lies in the next night."""
        return self.midnight + hour * _HOUR


class Client(msgspec.Struct, frozen=True):
    """One client; ``netmon`` and ``siem`` are None where nobody bought such a tool."""

    number: int
    tenant: str
    name: str
    zone: str
    hours: tuple[int, int]
    working_days: str
    sites: tuple[str, ...]
    devices: tuple[Device, ...]
    rmm: str
    netmon: str | None
    siem: str | None
    patch_weekday: int

    @property
    def utc_offset(self) -> float:
        """Seconds that the client's clocks are ahead of UTC."""
        sign = -1 if self.zone.startswith("-") else 1
        return sign * (int(self.zone[1:3]) * _HOUR + int(self.zone[4:6]) * 60)

    @property
    def domain(self) -> str:
        """The client's DNS domain."""
        return f"{self.tenant.partition('-')[2]}.example"

    def of_class(self, *classes: str) -> list[Device]:
        """Return the devices of ``classes``, in the estate's order."""
        return [device for device in self.devices if device.device_class in classes]

    def of_role(self, *roles: str) -> list[Device]:
        """Return the devices with one of ``roles``, in the estate's order."""
        return [device for device in self.devices if device.role in roles]

    def at_site(self, site: str) -> list[Device]:
        """Return the devices of ``site``, in the estate's order."""
        return [device for device in self.devices if device.site == site]

    def days(self, start: float, end: float) -> Iterator[Day]:
        """Yield the local days that touch the time from ``start`` to ``end``."""
        index = int((start + self.utc_offset) // DAY)
        while (midnight := index * DAY - self.utc_offset) < end:
            yield self._day(index, midnight)
            index += 1

    def _day(self, index: int, midnight: float) -> Day:
        weekday = (index + 3) % 7  # 1970 began on a Thursday
        works = weekday < (6 if self.working_days == "mon-sat" else 5)
        opens, closes = (midnight + hour * _HOUR for hour in self.hours)
        return Day(index, midnight, weekday, works, opens, closes)


def build_clients(seed: int, clients: int) -> tuple[Client, ...]:
    """Return the estate of ``seed``: ``clients`` clients of 12 to 92 devices."""
    return tuple(_client(seed, number) for number in range(1, clients + 1))


def directory_tree(clients: tuple[Client, ...]) -> list[dict[str, Any]]:
    """Return what the MSP knows of its clients; as in life, some devices are not listed."""
    return [_entry(client) for client in clients]


def _client(seed: int, number: int) -> Client:
    rng = stream(seed, "client", number)
    name = _NAMES[(number - 1) % len(_NAMES)]
    zone, opens, closes, working_days = rng.choice(_HOURS)
    size = rng.choice(_SIZES)
    sites = _SITES[: min(len(_SITES), 1 + size // _DEVICES_PER_SITE)]
    rmm, netmon, siem = _TOOL_SETS[(number - 1) % len(_TOOL_SETS)]
    return Client(
        number=number,
        tenant=f"c{number:02}-{name.lower()}",
        name=f"{name} {rng.choice(_TRADES)}",
        zone=zone,
        hours=(opens, closes),
        working_days=working_days,
        sites=sites,
        devices=tuple(_devices(rng, number, name[:3].upper(), size, sites)),
        rmm=rmm,
        netmon=netmon,
        siem=siem,
        patch_weekday=rng.randrange(7),
    )


def _devices(
    rng: Random, client: int, letters: str, size: int, sites: tuple[str, ...]
) -> Iterator[Device]:
    """Yield the devices one by one: first what every site needs, then servers, then desks."""
    seen: dict[str, int] = {}
    for position, (device_class, site, role) in enumerate(_plan(rng, size, sites)):
        seen[device_class] = order = seen.get(device_class, 0) + 1
        mark = role.upper() if role and device_class == "server" else _LETTERS[device_class]
        yield Device(
            name=f"{letters}-{mark}{order:02}",
            device_class=device_class,
            site=site,
            role=role,
            number=client * 1000 + position,
            ip=f"10.{client}.{sites.index(site)}.{position + 1}",
            system=_SYSTEMS[device_class],
        )


def _plan(rng: Random, size: int, sites: tuple[str, ...]) -> Iterator[tuple[str, str, str | None]]:
    """Yield class, site and role of each device."""
    for site in sites:
        yield "firewall", site, None
        yield "switch", site, "core"
        yield "printer", site, None
        yield "ups", site, None
    head = sites[0]
    servers = max(2, size // 8)
    yield "nas", head, None
    for order in range(servers):
        yield "server", head, _ROLES[order % len(_ROLES)]
    for _ in range(size // 24):
        yield "switch", rng.choice(sites), None
    for _ in range(max(4, size - servers - 4 * len(sites) - 1)):
        yield "laptop" if chance(rng, 0.35) else "workstation", rng.choice(sites), None


def _entry(client: Client) -> dict[str, Any]:
    opens, closes = client.hours
    return {
        "tenant": client.tenant,
        "name": client.name,
        "time_zone": client.zone,
        "business_hours": {
            "days": client.working_days,
            "from": f"{opens:02}:00",
            "to": f"{closes:02}:00",
        },
        "sites": list(client.sites),
        "ids": {
            "ninjaone": {"organization": organization(client)},
            "datto": {"site": datto_site(client)},
            "tactical": {"client": client.number},
            "zabbix": {"utc_offset": client.zone},
        },
        "devices": [
            {
                "name": device.name,
                "device_class": device.device_class,
                "site": device.site,
                "role": device.role,
                "ids": {"ninjaone": device.number},
            }
            for device in client.devices
            if not trait(0.03, "unlisted", client.tenant, device.name)
        ],
    }


def organization(client: Client) -> int:
    """Return the number that NinjaOne gave to the client."""
    return 10 + client.number


def datto_site(client: Client) -> int:
    """Return the number of the client's site in Datto RMM, where a site is a client."""
    return 500 + client.number


def uid(*names: object) -> str:
    """Return a UUID that always belongs to ``names``."""
    return as_uuid(digest(*names) << 64 | digest("low", *names))


def as_uuid(bits: int) -> str:
    """Write 128 bits in the form of a UUID."""
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
