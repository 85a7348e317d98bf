"""Tactical RMM alerts from a URL action: one body for the failure, one for the resolve.

Values are pasted in as they are, so quotes may break the JSON; what is missing is the word None.
An alert has a new id each time it fails, its check keeps one.
"""

from __future__ import annotations

import re

from noise.alert import Alert, BadWhen, Severity, State
from noise.directory import Directory
from noise.sources.clean import (
    MAX_NAME,
    alert_key,
    clean_key,
    clean_labels,
    clean_name,
    clean_text,
    condition_key,
)
from noise.sources.delivery import Delivery
from noise.sources.measure import MAX_SENTENCE
from noise.sources.payload import Fields, decode_json, object_at, read_number
from noise.sources.place import find_place
from noise.sources.times import moment_of_text
from noise.sources.trial import trial_alert

SOURCE = "tactical"
MISSING = "None"

_SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW}
_STATES = {"trigger": State.RAISED, "resolve": State.CLEARED}
_CATEGORIES = {
    "availability": "availability",
    "diskspace": "storage",
    "cpuload": "performance",
    "memory": "performance",
    "winsvc": "service",
    "eventlog": "eventlog",
    "ping": "network",
}
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


_LOOKS_AT_ANYTHING = frozenset({"script", "eventlog", "task"})
_QUOTED = re.compile(r'"[^"]*"?')
_COMMON_WORD = re.compile(r"[A-Za-z()0-9]*[A-Za-z]{3,}[A-Za-z()]*|\(\d+\)")


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
    check = clean_name(fields.needed("check_type", "kind")) or SOURCE
    obj = _object(fields)
    condition = condition_key(
        tenant, place.device, check, clean_name(fields.text("check_id")) or obj
    )
    state = _STATES.get(fields.needed("event"), State.OTHER)
    threshold = _threshold(fields) if check in _BAD_WHEN else None
    return Alert(
        event_key=delivery.key,
        alert_key=alert_key(tenant, SOURCE, fields.text("alert_id"), condition),
        condition_key=condition,
        tenant=tenant,
        site=place.site,
        device=place.device,
        device_class=place.device_class,
        check=_named(check, obj),
        object=obj,
        category=_CATEGORIES.get(check, "other"),
        severity=_SEVERITIES.get(fields.text("severity") or "", Severity.MEDIUM),
        source_severity=clean_key(fields.text("severity")),
        state=state,
        title=clean_text(fields.text("message")) or check,
        threshold=threshold,
        unit=None if threshold is None else "%",
        bad_when=None if threshold is None else _BAD_WHEN[check],
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


def _named(check: str, obj: str | None) -> str:
    """Return the check, and for those that can look at anything at what they look.

    Names of one machine, account or event are left out: the check is what devices share.
    """
    if check not in _LOOKS_AT_ANYTHING or obj is None:
        return check
    words = [word for word in _QUOTED.sub("", obj).split() if _COMMON_WORD.fullmatch(word)]
    return f"{check}: {' '.join(words)}"[:MAX_NAME] if words else check


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
