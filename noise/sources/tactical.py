"""Tactical RMM: a URL action whose body the customer pastes in, version 1 of our template.

What is missing is the word ``None``; quotes in a check's name are not escaped. An alert's number is
the same at failure and resolve, and new when it fails again.
"""

from __future__ import annotations

from noise.alert import Alert, Severity, State
from noise.directory import Directory
from noise.sources.common import Read, alert_of, find_device, is_unresolved, test_alert
from noise.sources.delivery import Delivery
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.times import moment_of_text
from noise.sources.wording import measure_in, object_in

SOURCE = "tactical"
_SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW}
_ENDS = frozenset({"resolve", "resolved", "clear", "ok"})


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of an action. Raises SourceError."""
    body = object_at(decode_json(delivery.body, repair=True))
    found = directory.tenant_by_id(SOURCE, "client", _said(body, "client_id") or "")
    tenant = delivery.tenant_or(found)
    if is_unresolved(body.text("alert_id", "hostname", "message")):
        return [test_alert(delivery, tenant, SOURCE, "Tactical RMM")]
    return [alert_of(_read(body, tenant, directory), delivery, SOURCE)]


def _read(body: Fields, tenant: str, directory: Directory) -> Read:
    name, message = _said(body, "check_name"), _said(body, "message")
    kind = _said(body, "check_type") or _said(body, "kind") or "alert"
    host = _said(body, "hostname")
    level = _said(body, "severity")
    is_resolved = (_said(body, "event") or "").lower() in _ENDS
    number, check_id = _said(body, "alert_id"), _said(body, "check_id")
    text = name or message or ""
    return Read(
        tenant,
        check=kind,
        title=message or name or kind,
        state=State.CLEARED if is_resolved else State.RAISED,
        severity=_SEVERITIES.get((level or "").lower(), Severity.MEDIUM),
        source_severity=level,
        device=host or _said(body, "agent_id"),
        known=find_device(directory, tenant, SOURCE, _said(body, "agent_id"), host),
        device_class=_said(body, "device_class"),
        site=_said(body, "site"),
        object=object_in(text) or _said(body, "task"),
        key=check_id or _said(body, "task"),
        alert_key=number,
        message=name,
        measure=measure_in(""),
        occurred_at=moment_of_text(_said(body, "resolved_at" if is_resolved else "opened_at")),
        labels={"client": _said(body, "client"), "os": _said(body, "os")},
    )


def _said(body: Fields, name: str) -> str | None:
    text = body.text(name)
    return None if text in (None, "None") else text
