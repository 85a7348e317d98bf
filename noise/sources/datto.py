"""Datto RMM: a webhook whose body the customer writes, with one template for each state.

Values are pasted in without escaping, so a body may be no JSON. There is no time in it. A site in
Datto's words is a client. The alert's uid is the same at raise and resolve.
"""

from __future__ import annotations

from noise.alert import Alert, Severity, State
from noise.directory import Directory
from noise.sources.common import Read, alert_of, find_device, is_unresolved, test_alert
from noise.sources.delivery import Delivery
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.wording import category_of, object_in

SOURCE = "datto"
_SEVERITIES = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "information": Severity.INFO,
}
_ENDS = frozenset({"resolve", "resolved", "clear", "cleared", "ok"})
_CLASSES = (
    ("server", "server"),
    ("windows 1", "workstation"),
    ("macos", "workstation"),
    ("fortios", "firewall"),
    ("synology", "nas"),
)


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of a webhook. Raises SourceError."""
    body = object_at(decode_json(delivery.body, repair=True))
    found = next(
        (t for kind, name in (("site", "site_id"), ("site", "site_uid"))
         if (t := directory.tenant_by_id(SOURCE, kind, body.text(name) or ""))),
        None,
    )  # fmt: skip
    tenant = delivery.tenant_or(found)
    if is_unresolved(body.text("alert_uid", "device_hostname", "alert_message")):
        return [test_alert(delivery, tenant, SOURCE, "Datto RMM")]
    return [alert_of(_read(body, tenant, directory), delivery, SOURCE)]


def _read(body: Fields, tenant: str, directory: Directory) -> Read:
    message, host = body.text("alert_message"), body.text("device_hostname")
    check = body.text("alert_type", "alert_category") or "alert"
    level, uid = body.text("alert_priority"), body.text("alert_uid")
    is_resolved = (body.text("state", "event") or "").lower() in _ENDS
    kind = body.text("alert_category")
    return Read(
        tenant,
        check=f"{check}: {kind}" if kind and kind.lower() not in check.lower() else check,
        title=message or check,
        state=State.CLEARED if is_resolved else State.RAISED,
        severity=_SEVERITIES.get((level or "").lower(), Severity.MEDIUM),
        source_severity=level,
        device=host or body.text("device_uid", "device_id"),
        known=find_device(directory, tenant, SOURCE, body.text("device_id"), host),
        device_class=_class_of(body.text("device_os")),
        object=object_in(message or ""),
        alert_key=uid,
        category=category_of(message, kind, check),
        link=_link(body.text("platform"), uid),
        labels={"site": body.text("site_name"), "user": body.text("last_user")},
    )


def _class_of(system: str | None) -> str | None:
    text = (system or "").lower()
    return next((device_class for word, device_class in _CLASSES if word in text), None)


def _link(platform: str | None, uid: str | None) -> str | None:
    return f"https://{platform}.rmm.datto.com/alert/{uid}" if platform and uid else None
