"""Tactical RMM alerts from a URL action: one body for the failure, one for the resolve.

Values are pasted in as they are, so quotes may break the JSON; what is missing is the word None.
An alert has a new id each time it fails, its check keeps one. Two scripts, or two rules for event
logs, have nothing in common but their type: their names tell which check it is.
"""

from __future__ import annotations

import re

from noise.alert import Alert, BadWhen, Severity, State
from noise.category import MAX_SENTENCE, category_of
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
from noise.sources.payload import Fields, decode_json, object_at, read_number
from noise.sources.place import find_place
from noise.sources.times import moment_of_text
from noise.sources.trial import trial_alert

SOURCE = "tactical"
MISSING = "None"

_SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW}
_ENDS = frozenset({"resolve", "resolved", "clear", "cleared", "ok"})
_BEGINS = frozenset({"", "trigger", "triggered", "failure", "raise", "alert"})
_CATEGORIES = {
    "availability": "availability",
    "diskspace": "disk",
    "cpuload": "performance",
    "memory": "performance",
    "winsvc": "service",
    "ping": "network",
}
_NAMED = frozenset({"script", "eventlog", "task"})
# How names end that also say which one is meant: "an image", (4625) a user, 0, a.host.name
_ENDING = re.compile(r' (?:".+"|(?<=\) )\S.*|\d[\w./:-]*|[\w-]+(?:\.[\w-]+)+)', re.ASCII)
_BAD_WHEN = {
    "diskspace": BadWhen.BELOW,  # the share that is free
    "cpuload": BadWhen.ABOVE,
    "memory": BadWhen.ABOVE,
}
_PLACEHOLDER = re.compile(r"\{\{.*\}\}", re.DOTALL)
_THRESHOLD = re.compile(r"(Warning|Error) Threshold: (\d{1,3})%", re.ASCII)
_DESCRIPTION = re.compile(r"[^:]*? Check(?:: (?:Drive )?(.*?))?(?: -  ?(?:Warning|Error) .*)?")


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of a failure or a resolve. Raises SourceError."""
    given = object_at(decode_json(delivery.body, repair=True))
    if _PLACEHOLDER.fullmatch(given.text("alert_id") or ""):
        return [trial_alert(delivery, SOURCE)]
    return [_alert(delivery, directory, _present(given))]


def _present(given: Fields) -> Fields:
    return Fields({name: text for name, text in given.items() if text != MISSING})


def _alert(delivery: Delivery, directory: Directory, fields: Fields) -> Alert:
    tenant = delivery.tenant_or(
        directory.tenant_by_id(SOURCE, "client", fields.text("client_id") or "")
    )
    place = find_place(
        directory,
        tenant,
        SOURCE,
        fields.text("agent_id"),
        fields.text("hostname"),
        device_class=fields.text("device_class"),
        site=fields.text("site"),
    )
    fields.needed("alert_id", "message", "check_type", "kind")
    kind = clean_name(fields.text("check_type", "kind")) or "alert"
    obj = _object(fields)
    check = _check(kind, obj)
    condition = condition_key(tenant, place.device, kind, _identity(fields, kind, obj))
    state = _state(fields)
    threshold = _threshold(fields) if kind in _BAD_WHEN else None
    return Alert(
        event_key=delivery.key,
        alert_key=alert_key(tenant, SOURCE, fields.text("alert_id"), condition),
        condition_key=condition,
        tenant=tenant,
        site=place.site,
        device=place.device,
        device_class=place.device_class,
        check=check,
        object=obj,
        category=_CATEGORIES.get(kind) or category_of(check, obj) or "other",
        severity=_SEVERITIES.get(fields.text("severity") or "", Severity.MEDIUM),
        source_severity=clean_key(fields.text("severity")),
        state=state,
        title=clean_text(fields.text("message")) or check,
        threshold=threshold,
        unit=None if threshold is None else "%",
        bad_when=None if threshold is None else _BAD_WHEN[kind],
        occurred_at=moment_of_text(
            fields.text("resolved_at" if state is State.CLEARED else "opened_at")
        ),
        received_at=delivery.arrived_at,
        source=SOURCE,
        labels=clean_labels(
            {
                "kind": fields.text("kind"),
                "os": fields.text("os"),
                "check_id": fields.text("check_id"),
                "check_name": fields.text("check_name"),
            }
        ),
    )


def _state(fields: Fields) -> State:
    word = (fields.text("event", "state") or "").strip().lower()
    if word in _ENDS:
        return State.CLEARED
    return State.RAISED if word in _BEGINS else State.OTHER


def _check(kind: str, obj: str | None) -> str:
    """Return the check's type, with the name of what is told by its name alone."""
    if kind not in _NAMED or obj is None:
        return kind
    ending = next((found for found in _ENDING.finditer(obj) if found.end() == len(obj)), None)
    name = obj[: ending.start()] if ending else obj
    return clean_name(f"{kind}: {name}") or kind


def _identity(fields: Fields, kind: str, obj: str | None) -> str | None:
    """Return what tells two checks of one type apart, else two alerts; an agent is but one."""
    if kind == "availability":
        return None
    return clean_name(fields.text("check_id")) or obj or clean_name(fields.text("alert_id"))


def _object(fields: Fields) -> str | None:
    """Return the drive, service, script or task, without the thresholds that follow it."""
    if task := clean_name(fields.text("task")):
        return task
    name = (fields.text("check_name") or "")[:MAX_SENTENCE]
    found = _DESCRIPTION.fullmatch(name)
    return clean_name(found[1] if found else name)


def _threshold(fields: Fields) -> float | None:
    """Return the threshold that goes with the severity, or the only one there is."""
    stated = dict(_THRESHOLD.findall(fields.text("check_name") or ""))
    if len(stated) == 1:
        return read_number(next(iter(stated.values())))
    return read_number(stated.get((fields.text("severity") or "").capitalize()))
