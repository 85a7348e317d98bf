"""Prometheus Alertmanager, webhook version 4: several alerts in one body, numbered in order.

The fingerprint, a hash of all labels, is the same at every recurrence: it names the condition and
pairs raise and clear. ``endsAt`` means nothing while an alert fires.
"""

from __future__ import annotations

from noise.alert import Alert, Severity, State, short_key
from noise.directory import Directory
from noise.sources.common import Read, alert_of, find_device
from noise.sources.delivery import Delivery
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.times import moment_of_text
from noise.sources.wording import Measure, measure_in

SOURCE = "alertmanager"
RESOLVED = "resolved"
_SEVERITIES = {
    "critical": Severity.CRITICAL, "page": Severity.CRITICAL, "emergency": Severity.CRITICAL,
    "error": Severity.HIGH, "high": Severity.HIGH, "major": Severity.HIGH,
    "warning": Severity.MEDIUM, "medium": Severity.MEDIUM, "minor": Severity.LOW,
    "low": Severity.LOW, "info": Severity.INFO, "none": Severity.INFO,
}  # fmt: skip
_OBJECTS = ("resource", "mountpoint", "device", "name", "service", "queue", "ifName", "target")


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the alerts of a notification, ``KEY#0``, ``KEY#1``, ... Raises SourceError."""
    body = object_at(decode_json(delivery.body))
    return [
        _alert(member, f"{delivery.key}#{position}", delivery, directory)
        for position, member in enumerate(body.members("alerts"))
    ]


def _alert(member: Fields, event_key: str, delivery: Delivery, directory: Directory) -> Alert:
    labels, notes = member.fields("labels"), member.fields("annotations")
    tenant = delivery.tenant_or(labels.text("customer", "tenant", "client"))
    check = labels.needed("alertname")
    name = labels.text("host", "hostname", "node", "nodename") or _without_port(labels)
    level = labels.text("severity", "priority")
    is_resolved = (member.text("status") or "").lower() == RESOLVED
    fingerprint = member.text("fingerprint") or _fingerprint(labels)
    title = notes.text("summary", "title", "message", "description") or check
    read = Read(
        tenant,
        check=check,
        title=title,
        state=State.CLEARED if is_resolved else State.RAISED,
        severity=_SEVERITIES.get((level or "").lower(), Severity.MEDIUM),
        source_severity=level,
        device=name,
        known=find_device(directory, tenant, SOURCE, None, name),
        device_class=labels.text("device_class"),
        site=labels.text("site", "location", "datacenter"),
        object=labels.text(*_OBJECTS),
        key=fingerprint,
        alert_key=fingerprint,
        message=notes.text("description"),
        measure=_measure(title, notes),
        link=member.text("generatorURL"),
        occurred_at=moment_of_text(member.text("endsAt" if is_resolved else "startsAt")),
        labels={"job": labels.text("job"), "instance": labels.text("instance")},
    )
    return alert_of(read, delivery, SOURCE, event_key)


def _without_port(labels: Fields) -> str | None:
    instance = labels.text("instance")
    return instance.rpartition(":")[0] or instance if instance else None


def _fingerprint(labels: Fields) -> str:
    return short_key(repr(sorted(labels.items())))


def _measure(title: str, notes: Fields) -> Measure:
    said, value = measure_in(title), notes.number("value")
    return said if value is None else said._replace(value=value)
