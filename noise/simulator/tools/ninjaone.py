"""NinjaOne: one Activity per webhook; every turn has a new id, an alert keeps its series."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec

from noise.alert import Severity
from noise.simulator.chance import trait
from noise.simulator.checks import ACTIVITY, BACKUP
from noise.simulator.estate import Client, Device, as_uuid, organization, uid
from noise.simulator.events import Event, Turn
from noise.simulator.tools.message import Message, message

_LEVELS = {
    Severity.CRITICAL: ("CRITICAL", "HIGH"),
    Severity.HIGH: ("MAJOR", "HIGH"),
    Severity.MEDIUM: ("MODERATE", "MEDIUM"),
    Severity.LOW: ("MINOR", "LOW"),
    Severity.INFO: ("NONE", "NONE"),
}
_NODE_CLASSES = {
    "server": "WINDOWS_SERVER",
    "workstation": "WINDOWS_WORKSTATION",
    "laptop": "WINDOWS_WORKSTATION",
    "firewall": "NMS_FIREWALL",
    "switch": "NMS_SWITCH",
    "printer": "NMS_PRINTER",
    "nas": "NMS_OTHER",
    "ups": "NMS_UPS",
}
_CONDITION_CODES = {
    Turn.RAISE: "TRIGGERED",
    Turn.CLEAR: "RESET",
    Turn.ACKNOWLEDGE: "ACKNOWLEDGED",
}
_BACKUP_CODES = {
    Turn.RAISE: "NINJA_BACKUP_BACKUPJOB_FAILED",
    Turn.CLEAR: "NINJA_BACKUP_BACKUPJOB_COMPLETED",
}
_ACTIVITIES = {
    "Scheduled task finished": ("SCHEDULED_TASK", "COMPLETED"),
    "Script 'Inventory' completed": ("SCRIPTING", "COMPLETED"),
    "Quarantine cleaned": ("ANTIVIRUS", "QUARANTINE_CLEANED"),
    "User logged in": ("SYSTEM", "USER_LOGGED_IN"),
    "Remote session started": ("SYSTEM", "REMOTE_SESSION_STARTED"),
    "Software added": ("SYSTEM", "SOFTWARE_ADDED"),
}
_ACKNOWLEDGED = 0.02
_OTHER_SERIES = (1 << 128) - 1


class NinjaOne:
    """The webhook of one client; some of them expand the organization, the others do not."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ids = count(client.number * 1_000_000_000 + 1)
        self._expands = trait(0.5, "ninja expands", client.tenant)
        self._open: set[int] = set()

    def tell(self, event: Event) -> Iterator[Message | Event]:
        """Yield one activity, and for some alerts that a technician acknowledges it later."""
        if event.turn is Turn.TEST:
            yield self._message(event, self._test(event))
            return
        kind, code = _kind_and_code(event)
        if code is None or (event.turn is Turn.ACKNOWLEDGE and event.episode not in self._open):
            return
        yield self._message(event, self._activity(event, kind, code))
        self._open.discard(event.episode)
        if event.turn is Turn.RAISE and trait(_ACKNOWLEDGED, "acknowledged", event.episode):
            self._open.add(event.episode)
            later = event.at + 300 + event.episode % 1500
            yield msgspec.structs.replace(event, turn=Turn.ACKNOWLEDGE, at=later)

    def _message(self, event: Event, body: dict[str, Any]) -> Message:
        return message("ninjaone", msgspec.json.encode(body), event.at, (event,))

    def _activity(self, event: Event, kind: str, code: str) -> dict[str, Any]:
        severity, priority = _LEVELS[event.severity]
        body: dict[str, Any] = {
            "id": next(self._ids),
            "activityTime": round(event.at, 6),
            "deviceId": event.device.number,
            "seriesUid": _series(event),
            "activityType": kind,
            "statusCode": code,
            "status": code.replace("_", " ").capitalize(),
            "sourceConfigUid": uid("ninja condition", self._client.tenant, event.check.key),
            "sourceName": event.check.ninjaone,
            "subject": event.object or event.check.ninjaone,
            "severity": severity,
            "priority": priority,
            "message": event.text,
            "type": kind.replace("_", " ").capitalize(),
        }
        if kind != "CONDITION":
            body["activityResult"] = "FAILURE" if code.endswith("FAILED") else "SUCCESS"
        if self._expands:
            body |= self._references(event.device)
        body["device"] = self._device(event)
        return body

    def _references(self, device: Device) -> dict[str, Any]:
        number = organization(self._client)
        return {
            "organizationId": number,
            "organization": {"id": number, "name": self._client.name},
            "location": {"id": self._location(device), "name": device.site},
        }

    def _location(self, device: Device) -> int:
        return organization(self._client) * 100 + self._client.sites.index(device.site)

    def _device(self, event: Event) -> dict[str, Any]:
        device = event.device
        body: dict[str, Any] = {
            "id": device.number,
            "nodeClass": _NODE_CLASSES[device.device_class],
            "systemName": device.name,
            "displayName": device.name,
            "dnsName": f"{device.name.lower()}.{self._client.domain}",
            "netbiosName": device.name,
            "approvalStatus": "APPROVED",
            "offline": event.check.key == "availability" and event.turn is not Turn.CLEAR,
        }
        if self._expands:
            body["organizationId"] = organization(self._client)
            body["locationId"] = self._location(device)
        return body

    def _test(self, event: Event) -> dict[str, Any]:
        return {
            "id": next(self._ids),
            "activityTime": round(event.at, 6),
            "deviceId": None,
            "seriesUid": None,
            "activityType": "SYSTEM",
            "statusCode": "TEST",
            "status": "Test",
            "severity": "NONE",
            "priority": "NONE",
            "message": "Test notification",
            "type": "System",
            "device": None,
        }


def _kind_and_code(event: Event) -> tuple[str, str | None]:
    if event.check is ACTIVITY:
        return _ACTIVITIES[event.object]
    if event.check is BACKUP:
        return "NINJA_BACKUP", _BACKUP_CODES.get(event.turn)
    return "CONDITION", _CONDITION_CODES.get(event.turn)


def _series(event: Event) -> str:
    """Return the series; a completed backup opens a new one, only the job's name ties the two."""
    if event.check is BACKUP and event.turn is Turn.CLEAR:
        return as_uuid(event.episode ^ _OTHER_SERIES)
    return as_uuid(event.episode)
