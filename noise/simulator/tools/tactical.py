"""Tactical RMM: a pasted template without escaping, no value in it, and its own alert numbers.

Quotes in a check's name break the JSON. A changed severity is not told, a reminder neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import count
from string import ascii_lowercase

from noise.alert import Severity
from noise.simulator.chance import digest
from noise.simulator.estate import Client, Device
from noise.simulator.events import Event, Turn
from noise.simulator.tools.message import Message, message

_EVENTS = {Turn.RAISE: "trigger", Turn.CLEAR: "resolve", Turn.RETRY: "resolve"}
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    Severity.INFO: "info",
}
_NOTHING = "None"  # how Tactical writes what is missing
_PLACEHOLDERS = {
    "alert_id": "alert.id", "agent_id": "alert.agent.agent_id", "hostname": "alert.agent.hostname",
    "client_id": "alert.client.id", "client": "alert.client.name", "site_id": "alert.site.id",
    "site": "alert.site.name", "kind": "alert.alert_type", "severity": "alert.severity",
    "check_id": "alert.assigned_check.id", "check_type": "alert.assigned_check.check_type",
    "check_name": "alert.assigned_check.readable_desc", "task": "alert.assigned_task.name",
    "device_class": "alert.agent.monitoring_type", "os": "alert.agent.plat",
    "opened_at": "alert.alert_time", "resolved_at": "alert.resolved_on",
    "message": "alert.message",
}  # fmt: skip


class Tactical:
    """The URL actions of one client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._numbers = count(client.number * 1000 + 1)
        self._open: dict[int, str] = {}
        self._devices = {device.name: self._about(device) for device in client.devices}

    def tell(self, event: Event) -> Iterator[Message]:
        """Yield one body for a failure and one for its end."""
        if event.turn is Turn.TEST:
            values = {name: f"{{{{{text}}}}}" for name, text in _PLACEHOLDERS.items()}
            yield message("tactical", _fill("trigger", values), event.at, (event,))
        elif event.turn in _EVENTS and event.check.tactical is not None:
            values = self._devices[event.device.name] | self._alert(event)
            yield message("tactical", _fill(_EVENTS[event.turn], values), event.at, (event,))

    def _alert(self, event: Event) -> dict[str, str]:
        resolved = event.turn is not Turn.RAISE
        return {
            "alert_id": self._alert_id(event),
            "opened_at": _written(event.opened_at),
            "resolved_at": _written(event.at) if resolved else _NOTHING,
        } | self._check(event)

    def _alert_id(self, event: Event) -> str:
        if event.turn is Turn.RAISE:
            self._open[event.episode] = str(next(self._numbers))
            return self._open[event.episode]
        return self._open.pop(event.episode)

    def _check(self, event: Event) -> dict[str, str]:
        check_type, description = event.check.tactical or ("", "")
        host = event.device.name
        if not check_type:
            where = f"{self._client.name}, {event.device.site}"
            return {
                "kind": "availability", "severity": "error", "check_id": _NOTHING,
                "check_type": _NOTHING, "check_name": _NOTHING,
                "message": f"{host} in {where} is overdue.",
            }  # fmt: skip
        name = description.format(object=event.object)
        return {
            "kind": "check",
            "severity": _LEVELS[event.severity],
            "check_id": str(digest("tactical check", self._client.tenant, host, name) % 90_000),
            "check_type": check_type,
            "check_name": name,
            "message": f"{host} has a {check_type} check: {name} that failed.",
        }

    def _about(self, device: Device) -> dict[str, str]:
        site = self._client.number * 10 + self._client.sites.index(device.site)
        return {
            "agent_id": _agent_id(self._client.tenant, device.name),
            "hostname": device.name,
            "client_id": str(self._client.number),
            "client": self._client.name,
            "site_id": str(site),
            "site": device.site,
            "task": _NOTHING,
            "device_class": "server" if device.device_class == "server" else "workstation",
            "os": "windows",
        }


def _agent_id(tenant: str, name: str) -> str:
    """Return 40 small letters, as an agent draws them when it is installed."""
    number = int.from_bytes(blake2b(f"{tenant}/{name}".encode(), digest_size=40).digest(), "big")
    return "".join(ascii_lowercase[number // 26**place % 26] for place in range(40))


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="microseconds")


def _fill(event: str, values: dict[str, str]) -> bytes:
    pairs = ",".join(f'"{name}":"{values[name]}"' for name in _PLACEHOLDERS)
    return f'{{"v":"1","event":"{event}",{pairs}}}'.encode()
