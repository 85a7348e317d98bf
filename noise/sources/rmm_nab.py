"""Threshold alerts over the series of the Numenta Anomaly Benchmark, one JSON record each.

A series is one monitor on one device. Its warning, critical and low rules are not conditions of
their own: an episode passes from one rule to another without a reset, and the reset that ends it
names the rule that spoke last. So device and metric are the condition, the episode's number pairs a
reset with its alerts, and a critical rule is the same condition at a higher severity.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import msgspec

from noise.alert import MAX_KEY, Alert, BadWhen, Severity, State
from noise.directory import Directory
from noise.sources.clean import clean_key, clean_labels, clean_name, condition_key
from noise.sources.delivery import Delivery, wrong_shape
from noise.sources.payload import decode_typed, read_number
from noise.sources.times import moment_of_number

SOURCE = "rmm-nab"
MAX_CACHED = 2_000

_SEVERITIES = {1: Severity.MEDIUM, 2: Severity.HIGH}
_CATEGORIES = {
    "cpu": "cpu",
    "asg": "cpu",
    "disk_write": "disk",
    "network_in": "network",
    "latency": "service",
    "requests": "service",
    "temperature": "hardware",
}
_UNITS = {"cpu": "%", "network_in": "bytes", "disk_write": "bytes"}


class Kind(StrEnum):
    """What a record says."""

    ALERT = "alert"
    RESET = "reset"


class _Record(msgspec.Struct):
    """What an RMM would send; the other fields are the benchmark's own, its truth among them."""

    device: str
    metric: str
    kind: Kind
    tenant: str | None = None
    clock: float | None = None
    cls: str | None = None
    type: str | None = None
    sev: int | None = None
    value: float | None = None
    threshold: float | None = None
    episode: int | None = None


_decoder = msgspec.json.Decoder(_Record)


class _Known(NamedTuple):
    """What all records of one rule on one device share."""

    condition: str
    check: str
    device: str
    device_class: str | None
    category: str
    level: str | None
    unit: str | None
    title: str
    back_title: str
    bad_when: BadWhen | None
    labels: dict[str, str]


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of a record. Raises SourceError."""
    record = decode_typed(_decoder, delivery.body)
    tenant = delivery.tenant_or(record.tenant)
    know = _known if len(delivery.body) < MAX_CACHED else _know
    known = know(tenant, record.metric, record.device, record.type or "", record.cls)
    device = directory.device(tenant, known.device)
    is_reset = record.kind is Kind.RESET
    alert = Alert(
        event_key=delivery.key,
        alert_key=_alert_key(known, record),
        condition_key=known.condition,
        tenant=tenant,
        site=device.site if device else None,
        device=known.device,
        device_class=device.device_class if device else known.device_class,
        check=known.check,
        category=known.category,
        severity=_SEVERITIES.get(record.sev or 0, Severity.LOW),
        source_severity=known.level,
        state=State.CLEARED if is_reset else State.RAISED,
        title=known.back_title if is_reset else known.title,
        value=read_number(record.value),
        threshold=read_number(record.threshold),
        unit=known.unit,
        bad_when=known.bad_when,
        occurred_at=moment_of_number(read_number(record.clock)),
        received_at=delivery.arrived_at,
        source=SOURCE,
        labels=known.labels,
    )
    return [alert]


def _alert_key(known: _Known, record: _Record) -> str:
    if record.episode is None:
        return known.condition
    key = f"{known.condition}#{record.episode}"
    return key if len(key) <= MAX_KEY else clean_key(key) or known.condition


def _know(tenant: str, metric: str, name: str, kind: str, cls: str | None) -> _Known:
    check, device = clean_name(metric), clean_name(name)
    if check is None or device is None:
        empty = "device" if check else "metric"
        raise wrong_shape(f"Expected a text that is not empty - at `$.{empty}`")
    rule = (clean_name(kind) or "").removeprefix(f"{check}:")
    what = f"{check} {rule}".replace("_", " ").strip()
    return _Known(
        condition=condition_key(tenant, device, check),
        check=check,
        device=device,
        device_class=clean_name(cls),
        category=_CATEGORIES.get(check, "other"),
        level=rule.rpartition("_")[2] or None,
        unit=_UNITS.get(check),
        title=f"{what} on {device}",
        back_title=f"{check.replace('_', ' ')} is back to normal on {device}",
        bad_when=_bad_when(rule),
        labels=clean_labels({"rule": rule}),
    )


_known = lru_cache(maxsize=65_536)(_know)


def _bad_when(rule: str) -> BadWhen | None:
    if rule.startswith("low"):
        return BadWhen.BELOW
    return BadWhen.ABOVE if rule.startswith("high") else None
