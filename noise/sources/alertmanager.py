"""Alertmanager's webhook, version 4: a group of alerts in one delivery.

Each member says itself whether it fires; the group does not count. A fingerprint is a hash of the
labels, so it returns with every recurrence (``startsAt`` tells them apart), and changes with the
severity: what recurs is the rule on its device, told apart by the labels that name neither severity
nor place.
"""

from __future__ import annotations

import re
from datetime import datetime

from noise.alert import Alert, Severity, State
from noise.category import category_of
from noise.directory import Directory
from noise.sources.clean import (
    alert_key,
    clean_key,
    clean_labels,
    clean_name,
    clean_text,
    condition_key,
)
from noise.sources.delivery import Delivery
from noise.sources.measure import Measure, read_sentence
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.place import TENANT_LABELS, Place, find_place, find_tenant
from noise.sources.times import moment_of_text

SOURCE = "alertmanager"

_SEVERITIES = {
    "critical": Severity.CRITICAL,
    "page": Severity.CRITICAL,
    "high": Severity.HIGH,
    "error": Severity.HIGH,
    "major": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "minor": Severity.LOW,
    "info": Severity.LOW,
    "none": Severity.INFO,
}
_STATES = {"firing": State.RAISED, "resolved": State.CLEARED}
_HOSTS = ("host", "hostname", "nodename", "node", "device_name")
_OBJECTS = ("resource", "mountpoint", "volume", "interface", "ifName", "service", "name", "device")
_NO_OBJECTS = frozenset(
    (*TENANT_LABELS, *_HOSTS, "alertname", "instance", "job", "severity", "site", "device_class")
)
_PORT = re.compile(r":\d{1,5}\Z")


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the members of a group, numbered in their order. Raises SourceError."""
    group = object_at(decode_json(delivery.body))
    return [
        _alert(delivery, directory, member, f"{delivery.key}#{number}")
        for number, member in enumerate(group.members("alerts"))
    ]


def _alert(delivery: Delivery, directory: Directory, member: Fields, key: str) -> Alert:
    labels, annotations = member.fields("labels"), member.fields("annotations")
    tenant = delivery.tenant_or(find_tenant(directory, SOURCE, labels))
    place = _place(directory, labels, tenant)
    check = clean_name(labels.text("alertname")) or SOURCE
    condition = condition_key(tenant, place.device, check, _identity(labels))
    state = _STATES.get(member.text("status") or "", State.OTHER)
    measure = _measure(annotations, state)
    severity = labels.text("severity")
    title = clean_text(annotations.text("summary", "description", "message"))
    return Alert(
        event_key=key,
        alert_key=alert_key(tenant, SOURCE, _occurrence(member), condition),
        condition_key=condition,
        tenant=tenant,
        site=place.site,
        device=place.device,
        device_class=place.device_class,
        check=check,
        object=clean_name(labels.text(*_OBJECTS)),
        category=category_of(check, title),
        severity=_SEVERITIES.get((severity or "").lower(), Severity.MEDIUM),
        source_severity=clean_key(severity),
        state=state,
        title=title or check,
        message=clean_text(annotations.text("description", "message")),
        value=measure.value,
        threshold=measure.threshold,
        unit=measure.unit,
        bad_when=measure.bad_when,
        occurred_at=_occurred_at(member, state),
        received_at=delivery.arrived_at,
        source=SOURCE,
        link=clean_text(member.text("generatorURL")),
        labels=clean_labels(dict(labels.items())),
    )


def _place(directory: Directory, labels: Fields, tenant: str) -> Place:
    instance = labels.text("instance")
    return find_place(
        directory,
        tenant,
        SOURCE,
        instance,
        labels.text(*_HOSTS),
        _PORT.sub("", instance or ""),
        device_class=labels.text("device_class"),
        site=labels.text("site"),
    )


def _occurrence(member: Fields) -> str | None:
    """Return what names one occurrence: the clear of the last one may come after the next began."""
    fingerprint, since = member.text("fingerprint"), member.text("startsAt")
    return f"{fingerprint}|{since}" if fingerprint and since else fingerprint


def _identity(labels: Fields) -> str | None:
    """Return what tells two alerts of one rule on one device apart."""
    others = sorted((name, text) for name, text in labels.items() if text is not None)
    return clean_name(
        ",".join(f"{name}={text}" for name, text in others if name not in _NO_OBJECTS)
    )


def _measure(annotations: Fields, state: State) -> Measure:
    """Return the measured value, which a resolved alert no longer has: it keeps its old texts."""
    stated = read_sentence(annotations.text("summary", "description"))
    if state is State.CLEARED:
        return stated._replace(value=None)
    value = annotations.number("value")
    return stated if value is None else stated._replace(value=value)


def _occurred_at(member: Fields, state: State) -> datetime | None:
    return moment_of_text(member.text("endsAt" if state is State.CLEARED else "startsAt"))
