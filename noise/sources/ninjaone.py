"""NinjaOne: one Activity per webhook. A condition's series id pairs its trigger and its reset.

``statusCode`` holds the code and ``status`` the words; some integrations have met it otherwise, so
the words stand in. Backups have no reset: the next completion of the same job ends a failure, under
another series.
"""

from __future__ import annotations

from noise.alert import Alert, Severity, State
from noise.directory import Directory
from noise.sources.common import Read, alert_of, find_device, test_alert
from noise.sources.delivery import Delivery
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.times import moment_of_number

SOURCE = "ninjaone"
CONDITION = "CONDITION"
TEST = "TEST"
_BACKUPS = ("NINJA_BACKUP", "CLOUDBERRY_BACKUP", "SHADOWPROTECT")
_SEVERITIES = {
    "CRITICAL": Severity.CRITICAL,
    "MAJOR": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MINOR": Severity.LOW,
    "NONE": Severity.INFO,
}
_CLASSES = (
    ("SERVER", "server"),
    ("WORKSTATION", "workstation"),
    ("MAC", "workstation"),
    ("FIREWALL", "firewall"),
    ("SWITCH", "switch"),
    ("ROUTER", "router"),
    ("PRINTER", "printer"),
)
_FAILED = ("_FAILED", "_ABORTED", "_WARNING")


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of an activity. Raises SourceError."""
    body = object_at(decode_json(delivery.body))
    device = body.fields("device")
    tenant = delivery.tenant_or(_client_of(body, device, directory))
    code = (body.text("statusCode") or body.text("status") or "").upper().replace(" ", "_")
    kind = (body.text("activityType", "type") or "").upper()
    if code == TEST and body.text("deviceId") is None:
        return [test_alert(delivery, tenant, SOURCE, "NinjaOne")]
    return [alert_of(_read(body, kind, code, tenant, directory), delivery, SOURCE)]


def _client_of(body: Fields, device: Fields, directory: Directory) -> str | None:
    known_as = (
        body.text("organizationId")
        or device.text("organizationId")
        or body.fields("organization").text("id")
    )
    return directory.tenant_by_id(SOURCE, "organization", known_as) if known_as else None


def _read(body: Fields, kind: str, code: str, tenant: str, directory: Directory) -> Read:
    device = body.fields("device")
    name = device.text("systemName", "displayName", "dnsName", "netbiosName")
    number, level = body.text("deviceId") or device.text("id"), body.text("severity")
    is_backup = kind.startswith(_BACKUPS)
    check = "backup job" if is_backup else body.text("sourceName", "type", "activityType")
    subject, series = body.text("subject"), body.text("seriesUid")
    obj = None if subject in (check, body.text("sourceName")) else subject
    return Read(
        tenant,
        check=check or "activity",
        title=body.text("message") or subject or check or "activity",
        state=_state(kind, code),
        severity=_SEVERITIES.get((level or "").upper(), Severity.MEDIUM),
        source_severity=level,
        device=name or number,
        known=find_device(directory, tenant, SOURCE, number, name),
        device_class=_class_of(device.text("nodeClass")),
        site=body.fields("location").text("name"),
        object=obj,
        alert_key=None if is_backup else series,
        category="backup" if is_backup else None,
        occurred_at=moment_of_number(body.number("activityTime")),
        labels={
            "activity": kind or None,
            "status": code or None,
            "priority": body.text("priority"),
        },
    )


def _state(kind: str, code: str) -> State:
    if kind.startswith(_BACKUPS):
        if code.endswith(_FAILED):
            return State.RAISED
        return State.CLEARED if code.endswith("_COMPLETED") else State.OTHER
    if code.startswith("RESET") or code == "CUSTOM_HEALTH_STATUS_RESET":
        return State.CLEARED
    if code == "ACKNOWLEDGED":
        return State.ACKNOWLEDGED
    return State.RAISED if kind == CONDITION and code == "TRIGGERED" else State.OTHER


def _class_of(node: str | None) -> str | None:
    return next((known for word, known in _CLASSES if word in (node or "")), None)
