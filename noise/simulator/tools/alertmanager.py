"""Alertmanager: batches by alert name and site, sent after a wait, repeated every four hours.

Fingerprints are hashes of the labels, so that they return with every recurrence.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

from noise.alert import Severity
from noise.simulator.estate import Client
from noise.simulator.events import Event, Turn
from noise.simulator.tools.message import Message, message

_LEVELS = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    Severity.INFO: "info",
}
_ENDS = frozenset({Turn.CLEAR, Turn.RETRY})
_GROUP_WAIT = 30.0
_GROUP_INTERVAL = 300.0
_REPEAT_INTERVAL = 4 * 3600.0
_NOT_ENDED = "0001-01-01T00:00:00Z"


class _Member(msgspec.Struct):
    """One alert of a group: the event that opened it, and the one that ended it."""

    opened: Event
    ended: Event | None = None
    told: bool = False

    @property
    def latest(self) -> Event:
        return self.ended or self.opened


class _Group(msgspec.Struct):
    members: dict[str, _Member] = {}
    changed: bool = False
    flush_at: float = 0.0
    flushed_at: float = float("-inf")


class Alertmanager:
    """The webhook receiver of one client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._groups: dict[tuple[str, str], _Group] = {}

    def tell(self, event: Event) -> Iterator[Message | Event]:
        """Gather ``event`` into its group, or send what the group has gathered."""
        if event.check.alertmanager is None:
            return
        group = self._groups.setdefault((event.check.alertmanager, event.device.site), _Group())
        if event.turn is Turn.FLUSH:
            yield from self._flush(event, group)
        elif event.turn is Turn.RAISE or event.turn in _ENDS:
            yield from self._gather(event, group)

    def _gather(self, event: Event, group: _Group) -> Iterator[Event]:
        fingerprint = _fingerprint(self._labels(event))
        if event.turn is Turn.RAISE:
            group.members[fingerprint] = _Member(event)
        elif not self._end(event, group, fingerprint):
            return
        if not group.changed:
            group.changed = True
            yield _flush_at(event, group, _next_flush(event, group))

    def _end(self, event: Event, group: _Group, fingerprint: str) -> bool:
        """Note that a member ended; return False when there is nothing to tell of it."""
        member = group.members.get(fingerprint)
        if member is None or member.opened.episode != event.episode:
            return False
        if not member.told:
            del group.members[fingerprint]
            return False
        member.ended = event
        return True

    def _flush(self, event: Event, group: _Group) -> Iterator[Message | Event]:
        if event.at != group.flush_at:
            return  # another flush took its place
        if group.members:
            yield self._message(event, group.members)
        for member in group.members.values():
            member.told = True
        group.members = {key: one for key, one in group.members.items() if one.ended is None}
        group.changed = False
        group.flushed_at = event.at
        if group.members:
            yield _flush_at(event, group, event.at + _REPEAT_INTERVAL)

    def _message(self, event: Event, members: dict[str, _Member]) -> Message:
        alerts = [self._alert(key, member) for key, member in members.items()]
        body = msgspec.json.encode(self._body(event, alerts))
        return message("alertmanager", body, event.at, (one.latest for one in members.values()))

    def _body(self, event: Event, alerts: list[dict[str, Any]]) -> dict[str, Any]:
        name, site = event.check.alertmanager, event.device.site
        firing = any(alert["status"] == "firing" for alert in alerts)
        return {
            "version": "4",
            "groupKey": f'{{}}:{{alertname="{name}", site="{site}"}}',
            "truncatedAlerts": 0,
            "receiver": "noise-webhook",
            "status": "firing" if firing else "resolved",
            "groupLabels": {"alertname": name, "site": site},
            "commonLabels": _common([alert["labels"] for alert in alerts]),
            "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
            "externalURL": f"http://alertmanager.{self._client.domain}:9093",
            "alerts": alerts,
        }

    def _alert(self, fingerprint: str, member: _Member) -> dict[str, Any]:
        opened = member.opened
        return {
            "status": "firing" if member.ended is None else "resolved",
            "labels": self._labels(opened),
            "annotations": {
                "summary": opened.text,
                "description": f"{opened.check.category} on {opened.device.name}",
                "value": f"{opened.value:.6g}",
            },
            "startsAt": _written(opened.at),
            "endsAt": _NOT_ENDED if member.ended is None else _written(member.ended.at),
            "generatorURL": f"http://prometheus.{self._client.domain}:9090/graph"
            f"?g0.expr={opened.check.alertmanager}",
            "fingerprint": fingerprint,
        }

    def _labels(self, event: Event) -> dict[str, str]:
        device = event.device
        labels = {
            "alertname": event.check.alertmanager or "",
            "customer": self._client.tenant,
            "instance": f"{device.name}:9182" if device.has_agent else device.ip,
            "host": device.name,
            "device_class": device.device_class,
            "job": "windows" if device.has_agent else "snmp",
            "severity": _LEVELS[event.severity],
            "site": device.site,
        }
        if event.object:
            labels["resource"] = event.object
        return labels


def _next_flush(event: Event, group: _Group) -> float:
    return max(event.at + _GROUP_WAIT, group.flushed_at + _GROUP_INTERVAL)


def _flush_at(event: Event, group: _Group, at: float) -> Event:
    group.flush_at = at
    return msgspec.structs.replace(event, turn=Turn.FLUSH, at=at)


def _common(maps: list[dict[str, str]]) -> dict[str, str]:
    first, *others = maps
    return {
        key: value
        for key, value in sorted(first.items())
        if all(other.get(key) == value for other in others)
    }


def _fingerprint(labels: dict[str, str]) -> str:
    return blake2b("\x00".join(labels.values()).encode(), digest_size=8).hexdigest()


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
