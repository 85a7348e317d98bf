"""NinjaOne activities, as its webhook sends them: conditions, backup jobs and all that happens.

A condition keeps its series from the trigger to the reset. A backup job does not: its failure is
over when the same job completes, in another series. All other activities are told as they are.
"""

from __future__ import annotations

from typing import NamedTuple

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
from noise.sources.place import Place, find_place
from noise.sources.times import moment_of_number
from noise.sources.trial import trial_alert

SOURCE = "ninjaone"
CONDITION = "CONDITION"
TEST = "TEST"

_SEVERITIES = {
    "CRITICAL": Severity.CRITICAL,
    "MAJOR": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MINOR": Severity.LOW,
    "NONE": Severity.INFO,
}
# Conditions are often left without a severity, and have a priority all the same.
_PRIORITIES = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
_STATES = {
    "TRIGGERED": State.RAISED,
    "RESET": State.CLEARED,
    "RESET_BY_PSA_TICKET_CALLBACK": State.CLEARED,
    "CUSTOM_HEALTH_STATUS_RESET": State.CLEARED,
    "ACKNOWLEDGED": State.ACKNOWLEDGED,
    "DISABLED": State.OTHER,
    "EVALUATION_FAILURE": State.OTHER,
}
_JOB_ENDS = {
    "_FAILED": State.RAISED,
    "_ABORTED": State.RAISED,
    "_COMPLETED_WITH_WARNING": State.RAISED,
    "_COMPLETED": State.CLEARED,
}
_BACKUPS = frozenset({"NINJA_BACKUP", "CLOUDBERRY_BACKUP", "SHADOWPROTECT"})
_CATEGORIES = {
    **dict.fromkeys(_BACKUPS, "backup"),
    "ANTIVIRUS": "security",
    "SECURITY": "security",
    "PATCH_MANAGEMENT": "update",
    "SOFTWARE_PATCH_MANAGEMENT": "update",
}
_CLASSES = {
    "WINDOWS_SERVER": "server",
    "LINUX_SERVER": "server",
    "MAC_SERVER": "server",
    "VMWARE_VM_HOST": "server",
    "WINDOWS_WORKSTATION": "workstation",
    "LINUX_WORKSTATION": "workstation",
    "MAC": "workstation",
    "NMS_SWITCH": "switch",
    "NMS_ROUTER": "router",
    "NMS_FIREWALL": "firewall",
    "NMS_PRINTER": "printer",
}


class _Told(NamedTuple):
    """What an activity says: which condition, and how it stands."""

    check: str
    object: str | None
    condition: str
    series: str | None
    state: State


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of an activity. Raises SourceError."""
    fields = object_at(decode_json(delivery.body))
    organization = (
        fields.text("organizationId")
        or fields.fields("device").text("organizationId")
        or fields.fields("organization").text("id")
    )
    found = directory.tenant_by_id(SOURCE, "organization", organization or "")
    if _code(fields) == TEST:
        return [trial_alert(delivery, SOURCE, found)]
    return [_alert(delivery, directory, fields, delivery.tenant_or(found))]


def _alert(delivery: Delivery, directory: Directory, fields: Fields, tenant: str) -> Alert:
    place = _place(directory, fields, tenant)
    told = _told(fields, tenant, place.device)
    message = fields.text("message", "status")
    measure = read_sentence(message, is_back=told.state is State.CLEARED)
    return Alert(
        event_key=delivery.key,
        alert_key=alert_key(tenant, SOURCE, told.series, told.condition),
        condition_key=told.condition,
        tenant=tenant,
        site=place.site,
        device=place.device,
        device_class=place.device_class,
        check=told.check,
        object=told.object,
        category=_category(fields, message),
        severity=_severity(fields),
        source_severity=clean_key(fields.text("severity")),
        state=told.state,
        title=clean_text(message) or told.check,
        value=measure.value,
        threshold=measure.threshold,
        unit=measure.unit,
        bad_when=measure.bad_when,
        occurred_at=moment_of_number(fields.number("activityTime")),
        received_at=delivery.arrived_at,
        source=SOURCE,
        labels=_labels(fields),
    )


def _category(fields: Fields, message: str | None) -> str:
    kind = fields.text("activityType") or ""
    if kind in ("", CONDITION):
        return category_of(fields.text("sourceName"), message) or "other"
    return _CATEGORIES.get(kind, "activity")


def _severity(fields: Fields) -> Severity:
    known = _SEVERITIES.get((fields.text("severity") or "").upper(), Severity.MEDIUM)
    if known is Severity.INFO and fields.text("activityType") == CONDITION:
        return _PRIORITIES.get((fields.text("priority") or "").upper(), known)
    return known


def _place(directory: Directory, fields: Fields, tenant: str) -> Place:
    device = fields.fields("device")
    return find_place(
        directory,
        tenant,
        SOURCE,
        fields.text("deviceId") or device.text("id"),
        *map(device.text, ("systemName", "displayName", "netbiosName", "dnsName")),
        device_class=_CLASSES.get(device.text("nodeClass") or ""),
        site=fields.fields("location").text("name"),
    )


def _told(fields: Fields, tenant: str, device: str | None) -> _Told:
    kind, code = fields.text("activityType") or "", _code(fields)
    if not (kind or code):
        fields.needed("activityType")
    name, subject = clean_name(fields.text("sourceName")), clean_name(fields.text("subject"))
    series = fields.text("seriesUid")
    if kind in _BACKUPS:
        end = next((end for end in _JOB_ENDS if code.endswith(end)), "")
        check = clean_name(code.removesuffix(end)) or kind
        condition = condition_key(tenant, device, check, subject)
        return _Told(check, subject, condition, None, _JOB_ENDS.get(end, State.OTHER))
    if kind == CONDITION or code in _STATES:
        obj = subject if subject != name else None
        check = name or kind or CONDITION
        known_as = clean_name(fields.text("sourceConfigUid")) or check
        condition = condition_key(tenant, device, known_as, obj)
        return _Told(check, obj, condition, series, _STATES.get(code, State.OTHER))
    check = clean_name(f"{kind}.{code}") or kind
    failed = fields.text("activityResult") == "FAILURE"
    state = State.RAISED if failed else State.OTHER
    return _Told(check, None, condition_key(tenant, device, check), None, state)


def _code(fields: Fields) -> str:
    """Return the status code; some senders have it, or its words, where the words belong."""
    code, words = (
        (fields.text(name) or "").strip().upper().replace(" ", "_")
        for name in ("statusCode", "status")
    )
    is_condition = fields.text("activityType") in (None, CONDITION)
    stands_in = not code or (is_condition and code not in _STATES and words in _STATES)
    return words if stands_in else code


def _labels(fields: Fields) -> dict[str, str]:
    return clean_labels(
        {
            "activity": fields.text("activityType"),
            "priority": fields.text("priority"),
            "result": fields.text("activityResult"),
            "node_class": fields.fields("device").text("nodeClass"),
        }
    )
