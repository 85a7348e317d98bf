"""What is known of the clients: their time zones, hours, sites, devices and ids in products.

Nothing here has to be complete; a device or a whole client may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from noise.errors import SettingsError

Id = str | int
UTC_OFFSET = "utc_offset"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_OFFSET = re.compile(r"([+-])(\d\d):?([0-5]\d)")
_HOUR = r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"
_SPAN = rf"^({'|'.join(DAYS)})(-({'|'.join(DAYS)}))?$"


class _Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class BusinessHours(_Known, frozen=True, kw_only=True):
    """When people of the client work, in the client's own time."""

    days: Annotated[str, Meta(pattern=_SPAN, description="Such as mon-fri.")] = "mon-fri"
    from_: Annotated[str, Meta(pattern=_HOUR)] = msgspec.field(name="from", default="08:00")
    to: Annotated[str, Meta(pattern=_HOUR)] = "18:00"


class Device(_Known, frozen=True, kw_only=True):
    """One device of a client; ``ids`` maps a product to the device's id there."""

    name: Annotated[str, Meta(min_length=1)]
    device_class: str | None = None
    site: str | None = None
    role: str | None = None
    ids: dict[str, Id] = {}


class Client(_Known, frozen=True, kw_only=True):
    """One client; ``ids`` maps a product to named ids there (organization, site, client)."""

    tenant: Annotated[str, Meta(min_length=1)]
    name: str | None = None
    time_zone: str | None = None
    business_hours: BusinessHours | None = None
    sites: tuple[str, ...] = ()
    ids: dict[str, dict[str, Id]] = {}
    devices: tuple[Device, ...] = ()


class Directory:
    """All clients, found by what payloads say of them. Each question takes one look-up."""

    def __init__(self, clients: Iterable[Client] = ()) -> None:
        """Index ``clients``. Raises SettingsError when two claim the same name or id."""
        self._clients: dict[str, Client] = {}
        self._tenants: dict[tuple[str, str, str], str] = {}
        self._by_name: dict[tuple[str, str], Device] = {}
        self._by_id: dict[tuple[str, str, str], Device] = {}
        self._zones: dict[tuple[str, str | None], tzinfo] = {}
        for client in clients:
            self._add(client)

    def __len__(self) -> int:
        """Return how many clients are known."""
        return len(self._clients)

    def __iter__(self) -> Iterator[Client]:
        """Yield the clients in the order in which they were given."""
        return iter(self._clients.values())

    def client(self, tenant: str) -> Client | None:
        """Return what is known of ``tenant``."""
        return self._clients.get(tenant)

    def tenant_by_id(self, product: str, kind: str, known_as: Id) -> str | None:
        """Return the tenant that ``product`` knows under an id, such as its organization 10."""
        return self._tenants.get((product, kind, str(known_as)))

    def device(self, tenant: str, name: str) -> Device | None:
        """Return the device of ``tenant`` with this name, whatever its case."""
        if not self._by_name:
            return None
        return self._by_name.get((tenant, name)) or self._by_name.get((tenant, name.casefold()))

    def device_by_id(self, tenant: str, product: str, known_as: Id) -> Device | None:
        """Return the device of ``tenant`` that ``product`` knows under an id."""
        return self._by_id.get((tenant, product, str(known_as)))

    def zone(self, tenant: str, product: str | None = None) -> tzinfo | None:
        """Return the zone in which ``product`` writes the times of ``tenant``, or its own one."""
        return self._zones.get((tenant, product)) or self._zones.get((tenant, None))

    def _add(self, client: Client) -> None:
        if client.tenant in self._clients:
            raise SettingsError(f"the client {client.tenant!r} is there twice")
        self._clients[client.tenant] = client
        if client.time_zone is not None:
            self._zones[client.tenant, None] = read_zone(client.time_zone)
        for product, ids in client.ids.items():
            self._add_ids(client.tenant, product, ids)
        for device in client.devices:
            self._add_device(client.tenant, device)

    def _add_ids(self, tenant: str, product: str, ids: Mapping[str, Id]) -> None:
        for kind, known_as in ids.items():
            if kind == UTC_OFFSET:
                self._zones[tenant, product] = read_zone(str(known_as))
                continue
            other = self._tenants.setdefault((product, kind, str(known_as)), tenant)
            if other != tenant:
                raise SettingsError(
                    f"the clients {other!r} and {tenant!r} both have the {product} {kind} "
                    f"{known_as!r}"
                )

    def _add_device(self, tenant: str, device: Device) -> None:
        self._by_name[tenant, device.name] = device
        self._by_name.setdefault((tenant, device.name.casefold()), device)
        for product, known_as in device.ids.items():
            other = self._by_id.setdefault((tenant, product, str(known_as)), device)
            if other is not device:
                raise SettingsError(
                    f"the devices {other.name!r} and {device.name!r} of {tenant!r} both have the "
                    f"{product} id {known_as!r}"
                )


def load_directory(tree: Any) -> Directory:
    """Check a list of clients, as read from YAML or JSON, and index it.

    Raises SettingsError with the path of the first value that does not fit.
    """
    try:
        return Directory(msgspec.convert(tree, tuple[Client, ...]))
    except msgspec.ValidationError as exc:
        raise SettingsError(str(exc)) from exc


def read_zone(text: str) -> tzinfo:
    """Return the zone that ``text`` names: an offset such as +05:30, or Europe/Berlin.

    Raises SettingsError for anything else.
    """
    if text in ("Z", "UTC"):
        return UTC
    if fits := _OFFSET.fullmatch(text):
        sign, hours, minutes = fits.groups()
        return _fixed(text, int(f"{sign}{hours}"), int(f"{sign}{minutes}"))
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as exc:
        raise SettingsError(
            f"{text!r} is no time zone: use an offset such as +01:00 or a name such as "
            "Europe/Berlin"
        ) from exc


def _fixed(text: str, hours: int, minutes: int) -> tzinfo:
    try:
        return timezone(timedelta(hours=hours, minutes=minutes))
    except ValueError as exc:
        raise SettingsError(f"{text!r} is more than a day away from UTC") from exc
