"""How each client's rules are set: the same check is not equally severe everywhere."""

from __future__ import annotations

import msgspec

from noise.alert import Severity
from noise.simulator.chance import trait
from noise.simulator.estate import Client
from noise.simulator.events import Event

_RAISED_ON_SERVERS = 0.12
_LOWERED_ON_DESKS = 0.35
_RISE = {Severity.LOW: Severity.MEDIUM, Severity.MEDIUM: Severity.HIGH}
_FALL = {Severity.MEDIUM: Severity.LOW, Severity.HIGH: Severity.MEDIUM}
_CRITICAL_ON_SERVERS = 0.04


class Policy:
    """The severities of one client, by check and kind of device; for noise as for trouble."""

    def __init__(self, seed: int, client: Client) -> None:
        self._names = (seed, client.tenant)
        self._levels: dict[tuple[str, str], Severity] = {}

    def grade(self, event: Event) -> Event:
        """Return ``event`` with the severity that this client's rules give it."""
        key = event.device.device_class, event.check.key
        if key not in self._levels:
            self._levels[key] = self._level(event)
        level = self._levels[key]
        if level is event.severity:
            return event
        return msgspec.structs.replace(event, severity=level)

    def _level(self, event: Event) -> Severity:
        severity = event.severity
        names = (*self._names, "level", event.device.device_class, event.check.key)
        if not event.device.has_agent:
            return severity
        if event.device.device_class != "server":
            lowered = trait(_LOWERED_ON_DESKS, *names)
            return _FALL.get(severity, severity) if lowered else severity
        if severity is Severity.HIGH and trait(_CRITICAL_ON_SERVERS, *names):
            return Severity.CRITICAL
        return _RISE.get(severity, severity) if trait(_RAISED_ON_SERVERS, *names) else severity
