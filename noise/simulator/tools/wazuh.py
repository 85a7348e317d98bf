"""Wazuh: one line per alert, never a clear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from noise.simulator.checks import FILE_INTEGRITY
from noise.simulator.estate import Client
from noise.simulator.events import Event, Turn
from noise.simulator.tools.message import Message, message

_MAIL_FROM = 12
_EVENT_IDS = {"failed_logins": "4625", "logon": "4624"}


class Wazuh:
    """The integration script of one client's manager."""

    def __init__(self, client: Client) -> None:
        self._agents = {
            device.name: f"{number:03}" for number, device in enumerate(client.devices, start=1)
        }
        self._fired: Counter[tuple[str, str]] = Counter()

    def tell(self, event: Event) -> Iterator[Message]:
        """Yield one alert for each raise of a security check."""
        if event.turn is Turn.RAISE and event.check.wazuh is not None:
            body = self._body(event, event.check.wazuh)
            yield message("wazuh", msgspec.json.encode(body), event.at, (event,))

    def _body(self, event: Event, rule: tuple[str, int, str]) -> dict[str, Any]:
        number, level, description = rule
        agent = self._agents[event.device.name]
        self._fired[number, agent] += 1
        return {
            "timestamp": _written(event.at),
            "rule": {
                "level": level,
                "description": description,
                "id": number,
                "firedtimes": self._fired[number, agent],
                "mail": level >= _MAIL_FROM,
                "groups": ["ossec", "syscheck"] if event.check is FILE_INTEGRITY else ["windows"],
            },
            "agent": {"id": agent, "name": event.device.name, "ip": event.device.ip},
            "manager": {"name": "wazuh-manager"},
            "id": f"{event.at:.0f}.{event.episode % 100_000_000}",
            "full_log": event.text,
        } | _origin(event)


def _origin(event: Event) -> dict[str, Any]:
    if event.check is FILE_INTEGRITY:
        return {
            "decoder": {"name": "syscheck_integrity_changed"},
            "location": "syscheck",
            "syscheck": {"path": event.object, "event": "modified"},
        }
    system = {
        "computer": event.device.name,
        "eventID": _EVENT_IDS[event.check.key],
        "channel": "Security",
    }
    return {
        "decoder": {"name": "windows_eventchannel"},
        "location": "EventChannel",
        "data": {"win": {"system": system, "eventdata": {"targetUserName": event.object}}},
    }


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "+0000"
