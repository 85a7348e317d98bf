"""Where an alert comes from: its client, site and device, by what the directory knows of them."""

from __future__ import annotations

from typing import NamedTuple

from noise.directory import Device, Directory
from noise.sources.clean import clean_name
from noise.sources.payload import Fields

TENANT_LABELS = ("tenant", "customer", "client")


class Place(NamedTuple):
    """A device as the directory writes it, else as the tool does."""

    device: str | None
    device_class: str | None
    site: str | None


def find_tenant(directory: Directory, product: str, labels: Fields) -> str | None:
    """Return the client that labels or tags name, by its id in ``product`` or by our own name."""
    for name in TENANT_LABELS:
        value = labels.text(name) or ""
        if tenant := directory.tenant_by_id(product, name, value):
            return tenant
        if directory.client(value):
            return value
    return None


def find_place(
    directory: Directory,
    tenant: str,
    product: str,
    known_as: str | None,
    *names: str | None,
    device_class: str | None = None,
    site: str | None = None,
) -> Place:
    """Look a device up by its id in ``product``, then by ``names``; the first is its own.

    What the payload says of class and site counts where the directory says nothing.
    """
    cleaned = [name for name in map(clean_name, names) if name is not None]
    device = _find(directory, tenant, product, known_as, cleaned)
    if device is None:
        name = cleaned[0] if cleaned else clean_name(known_as)
        return Place(name, clean_name(device_class), clean_name(site))
    return Place(
        clean_name(device.name),
        device.device_class or clean_name(device_class),
        device.site or clean_name(site),
    )


def _find(
    directory: Directory, tenant: str, product: str, known_as: str | None, names: list[str]
) -> Device | None:
    if known_as and (device := directory.device_by_id(tenant, product, known_as)):
        return device
    return next((device for name in names if (device := directory.device(tenant, name))), None)
