"""Datto RMM: what the customer pasted, with the values put in as plain text.

Nothing is escaped, so a user name with a backslash breaks the JSON. There is no time and no device
class in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from noise.alert import Severity
from noise.simulator.chance import digest, trait
from noise.simulator.estate import Client, Device, as_uuid, datto_site, uid
from noise.simulator.events import Event, Turn
from noise.simulator.tools.message import Message, message

_STATES = {Turn.RAISE: "raise", Turn.CLEAR: "resolve", Turn.RETRY: "resolve"}
_LEVELS = {
    Severity.CRITICAL: "Critical",
    Severity.HIGH: "High",
    Severity.MEDIUM: "Moderate",
    Severity.LOW: "Low",
    Severity.INFO: "Information",
}
_USERS = ("asmith", "bjones", "cgarcia", "dmuller", "enovak", "nkhan", "tchen", "ufrank")
_DOMAIN_USERS = 0.15
_PLACEHOLDERS = (
    "alert_uid", "alert_type", "alert_category", "alert_priority", "alert_message", "device_uid",
    "device_id", "device_hostname", "device_description", "device_os", "device_ip", "last_user",
    "site_uid", "site_id", "site_name", "platform",
)  # fmt: skip
_VARIABLES = {"alert_message": "alert_message_en"}


class Datto:
    """The webhook of one client, which is a site in Datto's words."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._devices = {device.name: self._about(device) for device in client.devices}

    def tell(self, event: Event) -> Iterator[Message]:
        """Yield one body; the two templates differ in a literal state only."""
        if event.turn is Turn.TEST:
            values = {name: f"[{_VARIABLES.get(name, name)}]" for name in _PLACEHOLDERS}
            yield message("datto", _fill("raise", values), event.at, (event,))
        elif event.turn in _STATES and event.check.datto is not None:
            values = self._alert(event) | self._devices[event.device.name]
            yield message("datto", _fill(_STATES[event.turn], values), event.at, (event,))

    def _alert(self, event: Event) -> dict[str, str]:
        monitor, category = event.check.datto or ("", "")
        return {
            "alert_uid": as_uuid(event.episode),
            "alert_type": monitor,
            "alert_category": category,
            "alert_priority": _LEVELS[event.severity],
            "alert_message": event.text.replace('"', "'"),
        }

    def _about(self, device: Device) -> dict[str, str]:
        return {
            "device_uid": uid("datto device", self._client.tenant, device.name),
            "device_id": str(device.number),
            "device_hostname": device.name,
            "device_description": device.name,
            "device_os": device.system,
            "device_ip": device.ip,
            "last_user": self._user(device),
            "site_uid": uid("datto site", self._client.tenant),
            "site_id": str(datto_site(self._client)),
            "site_name": self._client.name,
            "platform": "concord",
        }

    def _user(self, device: Device) -> str:
        if device.device_class not in ("workstation", "laptop"):
            return ""
        user = _USERS[digest("user", self._client.tenant, device.name) % len(_USERS)]
        if trait(_DOMAIN_USERS, "domain user", self._client.tenant, device.name):
            return f"{self._client.domain.partition('.')[0].upper()}\\{user}"
        return user


def _fill(state: str, values: dict[str, str]) -> bytes:
    pairs = ",".join(f'"{name}":"{values[name]}"' for name in _PLACEHOLDERS)
    return f'{{"state":"{state}",{pairs}}}'.encode()
