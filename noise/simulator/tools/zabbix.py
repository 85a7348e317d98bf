"""Zabbix: macros in local time without a zone; what stays open is said again every four hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import count

import msgspec

from noise.alert import Severity
from noise.simulator.chance import digest, trait
from noise.simulator.estate import Client
from noise.simulator.events import Event, Turn
from noise.simulator.tools.message import Message, message

_LEVELS = {
    Severity.CRITICAL: ("5", "Disaster"),
    Severity.HIGH: ("4", "High"),
    Severity.MEDIUM: ("3", "Average"),
    Severity.LOW: ("1", "Information"),
    Severity.INFO: ("0", "Not classified"),
}
_ENDS = frozenset({Turn.CLEAR, Turn.RETRY})
_REMIND_AFTER = 4 * 3600.0
_REMINDERS = 6  # escalation steps
_ACKNOWLEDGED = 0.02
_MACROS = {
    "event_id": "EVENT.ID", "event_recovery_id": "EVENT.RECOVERY.ID",
    "event_value": "EVENT.VALUE", "event_update_status": "EVENT.UPDATE.STATUS",
    "event_update_action": "EVENT.UPDATE.ACTION", "event_ack_status": "EVENT.ACK.STATUS",
    "event_nseverity": "EVENT.NSEVERITY", "event_severity": "EVENT.SEVERITY",
    "event_name": "EVENT.NAME", "event_date": "EVENT.DATE", "event_time": "EVENT.TIME",
    "event_recovery_date": "EVENT.RECOVERY.DATE", "event_recovery_time": "EVENT.RECOVERY.TIME",
    "event_tags": "EVENT.TAGSJSON", "trigger_id": "TRIGGER.ID",
    "host_groups": "TRIGGER.HOSTGROUP.NAME", "host_id": "HOST.ID", "host_host": "HOST.HOST",
    "host_name": "HOST.NAME", "host_ip": "HOST.IP", "item_key": "ITEM.KEY",
    "item_lastvalue": "ITEM.LASTVALUE", "zabbix_url": "$ZABBIX.URL",
}  # fmt: skip
_UNRESOLVED = {name: f"{{{macro}}}" for name, macro in _MACROS.items()}


class _Problem(msgspec.Struct):
    """A Zabbix problem: its number and the event that opened it."""

    number: str
    opened: Event
    told: int = 0


class Zabbix:
    """The webhook media type of one client's server."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._numbers = count(client.number * 1_000_000 + 1)
        self._clock = timezone(timedelta(seconds=client.utc_offset))
        self._open: dict[int, _Problem] = {}

    def tell(self, event: Event) -> Iterator[Message | Event]:
        """Yield a problem, its reminders, an operator's update or the recovery."""
        if event.turn is Turn.TEST:
            yield message("zabbix", msgspec.json.encode(_UNRESOLVED), event.at, (event,))
        elif event.turn is Turn.RAISE:
            yield from self._raise(event)
        elif event.episode in self._open:
            yield from self._follow(event, self._open[event.episode])

    def _raise(self, event: Event) -> Iterator[Message | Event]:
        problem = _Problem(str(next(self._numbers)), event)
        self._open[event.episode] = problem
        yield self._message(event, problem, {})
        yield msgspec.structs.replace(event, turn=Turn.REMIND, at=event.at + _REMIND_AFTER)
        if trait(_ACKNOWLEDGED, "acknowledged", event.episode):
            later = event.at + 300 + event.episode % 1500
            yield msgspec.structs.replace(event, turn=Turn.ACKNOWLEDGE, at=later)

    def _follow(self, event: Event, problem: _Problem) -> Iterator[Message | Event]:
        if event.turn in _ENDS:
            del self._open[event.episode]
            yield self._message(event, problem, self._recovery(event))
        elif event.turn is Turn.ACKNOWLEDGE:
            yield self._message(event, problem, _UPDATE)
        elif problem.told < _REMINDERS:
            problem.told += 1
            yield self._message(event, problem, {})
            yield msgspec.structs.replace(event, at=event.at + _REMIND_AFTER)

    def _recovery(self, event: Event) -> dict[str, str]:
        date, time = self._local(event.at)
        return {
            "event_recovery_id": str(next(self._numbers)),
            "event_value": "0",
            "event_recovery_date": date,
            "event_recovery_time": time,
            "item_lastvalue": _measured(event),
        }

    def _message(self, event: Event, problem: _Problem, change: dict[str, str]) -> Message:
        body = self._body(problem) | change
        return message("zabbix", msgspec.json.encode(body), event.at, (event,))

    def _body(self, problem: _Problem) -> dict[str, str]:
        event, client = problem.opened, self._client
        number, level = _LEVELS[event.severity]
        date, time = self._local(event.at)
        key = (event.check.zabbix or "").format(object=event.object)
        return _UNRESOLVED | {
            "event_id": problem.number,
            "event_value": "1",
            "event_update_status": "0",
            "event_update_action": "",
            "event_ack_status": "No",
            "event_nseverity": number,
            "event_severity": level,
            "event_name": event.text,
            "event_date": date,
            "event_time": time,
            "event_tags": _tags(client.tenant, event.check.category),
            "trigger_id": str(
                digest("trigger", client.tenant, event.device.name, event.check.key, key) % 90_000
            ),
            "host_groups": f"{client.name}/{event.device.site}",
            "host_id": str(10_000 + event.device.number),
            "host_host": event.device.name,
            "host_name": event.device.name,
            "host_ip": event.device.ip,
            "item_key": key,
            "item_lastvalue": _measured(event),
            "zabbix_url": f"https://zabbix.{client.domain}",
        }

    def _local(self, at: float) -> tuple[str, str]:
        moment = datetime.fromtimestamp(at, self._clock)
        return moment.strftime("%Y.%m.%d"), moment.strftime("%H:%M:%S")


_UPDATE = {
    "event_update_status": "1",
    "event_update_action": "acknowledged",
    "event_ack_status": "Yes",
}


def _measured(event: Event) -> str:
    return f"{event.value:.4g} {event.check.unit}".rstrip()


def _tags(tenant: str, category: str) -> str:
    return (
        f'[{{"tag": "client", "value": "{tenant}"}}, {{"tag": "component", "value": "{category}"}}]'
    )
