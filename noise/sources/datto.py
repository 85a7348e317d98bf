"""Datto RMM alerts from a webhook: one template for the raise, one for the resolve.

Values are pasted in as they are, so quotes and backslashes may break the JSON. No time and no id of
the monitor is sent: a condition is told from its siblings by its priority and by what its English
message is about; where that is unknown, each alert is a condition of its own, so that none hides
another. A site in Datto is a client of ours.
"""

from __future__ import annotations

import re

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
from noise.sources.measure import read_sentence
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.place import find_place
from noise.sources.subject import read_subject
from noise.sources.trial import trial_alert

SOURCE = "datto"

_SEVERITIES = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "information": Severity.INFO,
    "unknown": Severity.INFO,
}
_ENDS = frozenset({"resolve", "resolved", "clear", "cleared", "close", "closed", "ok"})
_ONE_PER_DEVICE = frozenset({"online status monitor", "agent status monitor"})
_BEGINS = frozenset({"", "raise", "raised", "trigger", "triggered", "open", "new"})
_MESSAGES = ("alert_message_en", "alert_message", "alert")  # the English one if there are two
_PLACEHOLDER = re.compile(r"\[[a-z_]+\]")
_PLATFORM = re.compile(r"[a-z]{1,32}")
_CLASSES = (
    (re.compile(r"\bserver\b", re.IGNORECASE), "server"),
    (re.compile(r"\bWindows (?:7|8|10|11)\b|\bmacOS\b"), "workstation"),
)


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of a raise or a resolve. Raises SourceError."""
    given = object_at(decode_json(delivery.body, repair=True))
    if _is_trial(given):
        return [trial_alert(delivery, SOURCE)]
    return [_alert(delivery, directory, _resolved(given))]


def _is_trial(given: Fields) -> bool:
    """Say whether nothing was filled in; a single placeholder is a slip in a real template."""
    texts = [text for name in ("alert_uid", *_MESSAGES) if (text := given.text(name))]
    return bool(texts) and all(map(_is_unresolved, texts))


def _resolved(given: Fields) -> Fields:
    return Fields({name: text for name, text in given.items() if not _is_unresolved(text)})


def _is_unresolved(text: str | None) -> bool:
    if text is None or "[" not in text:
        return False  # nearly every text, told without the pattern
    return _PLACEHOLDER.fullmatch(text.strip()) is not None


def _alert(delivery: Delivery, directory: Directory, fields: Fields) -> Alert:
    tenant = delivery.tenant_or(
        directory.tenant_by_id(SOURCE, "site", fields.text("site_id", "site_uid") or "")
    )
    place = find_place(
        directory,
        tenant,
        SOURCE,
        fields.text("device_id", "device_uid"),
        fields.text("device_hostname"),
        fields.text("device_description"),
        device_class=_device_class(fields.text("device_os")),
    )
    fields.needed("alert_uid", "alert_type", *_MESSAGES)
    check = _check(fields)
    message, kind = fields.text(*_MESSAGES), fields.text("alert_category")
    obj = read_subject(message)
    condition = condition_key(tenant, place.device, check, _identity(fields, obj))
    state = _state(fields)
    measure = read_sentence(message, is_back=state is State.CLEARED)
    priority = fields.text("alert_priority")
    return Alert(
        event_key=delivery.key,
        alert_key=alert_key(tenant, SOURCE, fields.text("alert_uid"), condition),
        condition_key=condition,
        tenant=tenant,
        site=place.site,
        device=place.device,
        device_class=place.device_class,
        check=check,
        object=obj,
        category=category_of(kind, check, message) or clean_name((kind or "other").lower()),
        severity=_SEVERITIES.get((priority or "").lower(), Severity.MEDIUM),
        source_severity=clean_key(priority),
        state=state,
        title=clean_text(message) or check,
        value=measure.value,
        threshold=measure.threshold,
        unit=measure.unit,
        bad_when=measure.bad_when,
        received_at=delivery.arrived_at,
        source=SOURCE,
        link=_link(fields),
        labels=clean_labels({"ip": fields.text("device_ip"), "os": fields.text("device_os")}),
    )


def _check(fields: Fields) -> str:
    """Return monitor and category: a Component Monitor can look at anything."""
    monitor, category = fields.text("alert_type"), fields.text("alert_category")
    if monitor is None or category is None or category.lower() in monitor.lower():
        return clean_name(monitor or category) or "alert"
    return clean_name(f"{monitor}: {category}") or "alert"


def _state(fields: Fields) -> State:
    word = (fields.text("state", "event", "status") or "").strip().lower()
    if word in _ENDS:
        return State.CLEARED
    return State.RAISED if word in _BEGINS else State.OTHER


def _identity(fields: Fields, obj: str | None) -> str | None:
    """Return what tells two monitors of one kind on one device apart, else two alerts."""
    priority = fields.text("alert_priority") or ""
    monitor = (fields.text("alert_type") or "").lower()
    if obj is None and monitor not in _ONE_PER_DEVICE:
        return clean_name(fields.text("alert_uid", *_MESSAGES))
    return clean_name(f"{obj or ''} {priority}")


def _device_class(system: str | None) -> str | None:
    return next((name for pattern, name in _CLASSES if pattern.search(system or "")), None)


def _link(fields: Fields) -> str | None:
    platform, uid = fields.text("platform"), fields.text("alert_uid")
    if uid is None or not _PLATFORM.fullmatch(platform or ""):
        return None
    return clean_text(f"https://{platform}.rmm.datto.com/alert/{uid}")
