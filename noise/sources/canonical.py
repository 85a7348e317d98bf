"""Alerts that already speak the project's own words; keys may be left to us."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from noise.alert import SCHEMA, Alert, BadWhen, Severity, State
from noise.category import category_of
from noise.directory import Directory
from noise.errors import SourceError
from noise.sources.clean import clean_key, clean_labels, clean_name, clean_text, condition_key
from noise.sources.delivery import CANONICAL, DeadLetterReason, Delivery, wrong_shape
from noise.sources.payload import decode_typed, read_number
from noise.sources.times import plausible

_Zoned = Annotated[datetime, Meta(tz=True)]


class _Record(msgspec.Struct, kw_only=True):
    """The alert as it comes: only check and title must be there."""

    schema: Annotated[int, Meta(ge=1, le=SCHEMA)] = SCHEMA
    event_key: str | None = None
    alert_key: str | None = None
    condition_key: str | None = None
    tenant: str | None = None
    site: str | None = None
    device: str | None = None
    device_class: str | None = None
    check: str
    object: str | None = None
    category: str | None = None
    severity: Severity = Severity.MEDIUM
    source_severity: str | None = None
    state: State = State.RAISED
    title: str
    message: str | None = None
    value: float | None = None
    threshold: float | None = None
    unit: str | None = None
    bad_when: BadWhen | None = None
    occurred_at: _Zoned | None = None
    received_at: _Zoned | None = None
    source: str | None = None
    link: str | None = None
    labels: dict[str, str] = {}


_decoder = msgspec.json.Decoder(_Record)


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:  # noqa: ARG001
    """Return the one alert. Raises SourceError, wrong_tenant if body and headers differ.

    The arrival is the delivery's own: a record's ``received_at`` tells of an earlier hop.
    """
    given = decode_typed(_decoder, delivery.body)
    tenant = _tenant(delivery, given)
    check, title = clean_name(given.check), clean_text(given.title)
    if check is None or title is None:
        empty = "title" if check else "check"
        raise wrong_shape(f"Expected a text that is not empty - at `$.{empty}`")
    device, obj = clean_name(given.device), clean_name(given.object)
    condition = clean_key(given.condition_key) or condition_key(tenant, device, check, obj)
    alert = Alert(
        event_key=clean_key(delivery.event_key or given.event_key) or delivery.key,
        alert_key=clean_key(given.alert_key) or condition,
        condition_key=condition,
        tenant=tenant,
        device=device,
        check=check,
        object=obj,
        title=title,
        source=clean_key(given.source) or CANONICAL,
        received_at=delivery.arrived_at,
        **_rest(given),
    )
    return [alert]


def _tenant(delivery: Delivery, given: _Record) -> str:
    tenant = delivery.tenant_or(given.tenant)
    if given.tenant is not None and clean_key(given.tenant) != tenant:
        raise SourceError(
            DeadLetterReason.WRONG_TENANT, f"the alert names {given.tenant!r}, not its sender"
        )
    return tenant


def _rest(given: _Record) -> dict[str, Any]:
    return {
        "site": clean_name(given.site),
        "device_class": clean_name(given.device_class),
        "category": clean_name(given.category) or category_of(given.check, given.title),
        "severity": given.severity,
        "source_severity": clean_key(given.source_severity),
        "state": given.state,
        "message": clean_text(given.message),
        "value": read_number(given.value),
        "threshold": read_number(given.threshold),
        "unit": clean_name(given.unit),
        "bad_when": given.bad_when,
        "occurred_at": plausible(given.occurred_at),
        "link": clean_text(given.link),
        "labels": clean_labels(given.labels),
    }
