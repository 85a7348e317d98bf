"""What the tools' alerts have in common once their own fields have been read."""

from __future__ import annotations

from datetime import datetime

import msgspec

from noise.alert import Alert, Severity, State
from noise.directory import Device, Directory
from noise.sources.clean import clean_key, clean_labels, clean_name, clean_text, condition_key
from noise.sources.delivery import Delivery
from noise.sources.wording import Measure, category_of, measure_in

TEST = "test delivery"
_PLACEHOLDERS = ("{{", "[alert_", "[device_", "{EVENT.", "{TRIGGER.", "{HOST.")


class Read(msgspec.Struct, frozen=True):
    """What a source read; ``key`` tells conditions of one check apart, ``alert_key`` episodes."""

    tenant: str
    check: str
    title: str
    state: State = State.RAISED
    severity: Severity = Severity.MEDIUM
    source_severity: str | None = None
    device: str | None = None
    known: Device | None = None
    device_class: str | None = None
    site: str | None = None
    object: str | None = None
    key: str | None = None
    alert_key: str | None = None
    message: str | None = None
    measure: Measure | None = None
    category: str | None = None
    link: str | None = None
    occurred_at: datetime | None = None
    labels: dict[str, str | None] = {}


def alert_of(read: Read, delivery: Delivery, source: str, event_key: str | None = None) -> Alert:
    """Return the canonical alert of what a source read."""
    device = read.known.name if read.known else clean_name(read.device)
    check = clean_name(read.check) or source
    obj = clean_name(read.object)
    condition = condition_key(read.tenant, device, check, clean_name(read.key) or obj)
    measure = measure_in(read.title) if read.measure is None else read.measure
    is_clear = read.state is State.CLEARED
    own = f"{source}|{read.tenant}|{read.alert_key}" if read.alert_key else None
    return Alert(
        event_key=event_key or delivery.key,
        alert_key=clean_key(own) or condition,
        condition_key=condition,
        tenant=read.tenant,
        site=(read.known.site if read.known else None) or clean_name(read.site),
        device=device,
        device_class=(read.known.device_class if read.known else None)
        or clean_name(read.device_class),
        check=check,
        object=obj,
        category=read.category or category_of(read.check, read.title),
        severity=read.severity,
        source_severity=clean_key(read.source_severity),
        state=read.state,
        title=clean_text(read.title) or check,
        message=clean_text(read.message),
        value=measure.value,
        threshold=None if is_clear else measure.threshold,
        unit=clean_name(measure.unit),
        bad_when=None if is_clear else measure.bad_when,
        occurred_at=read.occurred_at,
        received_at=delivery.arrived_at,
        source=source,
        link=clean_text(read.link),
        labels=clean_labels(read.labels),
    )


def find_device(
    directory: Directory, tenant: str, source: str, known_as: str | None, name: str | None
) -> Device | None:
    """Return what is known of a device, by the product's id or by its name."""
    found = directory.device_by_id(tenant, source, known_as) if known_as else None
    if found is None and name is not None:
        found = directory.device(tenant, name)
    return found


def is_unresolved(text: str | None) -> bool:
    """Say whether a template's placeholder was not filled in, as in deliveries made by a button."""
    return text is not None and any(mark in text for mark in _PLACEHOLDERS)


def test_alert(delivery: Delivery, tenant: str, source: str, product: str) -> Alert:
    """Return the alert that stands for a pressed test button, so that who pressed it sees it."""
    read = Read(
        tenant,
        TEST,
        f"a test delivery of {product} arrived",
        State.OTHER,
        Severity.INFO,
        measure=Measure(),
    )
    return alert_of(read, delivery, source)
