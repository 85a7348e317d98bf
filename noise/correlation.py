"""Alerts that belong together become one incident.

Same device within some minutes, else same check on other devices within fewer. No incident takes
members for ever: old, full and resolved ones do not, so that they cannot swallow new trouble.
"""

from __future__ import annotations

from noise.alert import Alert, Severity, short_key, utc
from noise.decision import IncidentRef, Role
from noise.incident import Incident, IncidentState, LabelSummary
from noise.settings import Correlation as CorrelationSettings
from noise.state.tenant import INCIDENT, QUIET, Deadline, IncidentMemory, TenantState

SURGE_SECONDS = 3_600.0
_BY_RANK = {severity.rank: severity for severity in Severity}


class Correlation:
    """Finds the incident of an alert, or opens one."""

    def __init__(self, settings: CorrelationSettings) -> None:
        """Take the windows and the bounds."""
        self._device = settings.device_minutes * 60.0
        self._check = settings.check_minutes * 60.0
        self._longest = settings.max_minutes * 60.0
        self._most = settings.max_members
        self._quiet_after = settings.quiet_after_minutes * 60.0

    def joinable(self, tenant: TenantState, alert: Alert, now: float) -> IncidentMemory | None:
        """Return the incident that a raise at ``now`` would join, None if it opens its own."""
        if tenant.core.surge.is_on(now):
            incident = self._open_one(tenant, tenant.core.surge_incident, now, SURGE_SECONDS)
            if incident is not None:
                return incident
        device = tenant.devices.get(alert.device) if alert.device is not None else None
        if device is not None:
            incident = self._open_one(tenant, device.incident, now, self._device)
            if incident is not None:
                return incident
        check = tenant.checks.get(alert.check)
        if check is None:
            return None
        return self._open_one(tenant, check.incident, now, self._check)

    def _open_one(
        self, tenant: TenantState, key: str | None, now: float, window: float
    ) -> IncidentMemory | None:
        incident = tenant.incident(key)
        if incident is None or incident.resolved_at or incident.member_count >= self._most:
            return None
        if now - incident.last_at > window or now - incident.opened_at > self._longest:
            return None
        return incident

    def open(
        self, tenant: TenantState, alert: Alert, decision_id: str, now: float
    ) -> IncidentMemory:
        """Return a new incident with the alert as its root; its members are recorded elsewhere."""
        incident = IncidentMemory(
            id=f"i-{short_key(decision_id)}",
            title=title_of(alert),
            root=decision_id,
            opened_at=now,
            last_at=now,
            severity=alert.severity.rank,
        )
        tenant.incidents[incident.id] = incident
        self.watch(tenant, incident, now + self._quiet_after)
        return incident

    def wake(self, tenant: TenantState, incident: IncidentMemory, now: float) -> None:
        """Open an incident again that had gone quiet or was over: there is news of it."""
        if not incident.is_watched:
            incident.is_quiet = False
            incident.resolved_at = 0.0
            tenant.mark(INCIDENT, incident.id)
            self.watch(tenant, incident, now + self._quiet_after)

    def watch(self, tenant: TenantState, incident: IncidentMemory, at: float) -> None:
        """Have the engine look at ``at`` whether the incident has gone quiet."""
        incident.look_at = at
        tenant.remember_deadline(Deadline(at, QUIET, incident.id))

    def quiet_at(self, tenant: TenantState, incident: IncidentMemory) -> float:
        """Return the epoch second from which the incident counts as quiet, as known now."""
        open_members = (tenant.conditions.get(key) for key in incident.open_members)
        last = max((member.seen_at for member in open_members if member), default=incident.last_at)
        return max(last, incident.last_at) + self._quiet_after


def title_of(alert: Alert) -> str:
    """Return what a person would call the trouble: what, and where."""
    if alert.device is None or alert.device in alert.title:
        return alert.title
    return f"{alert.title} on {alert.device}"


def reference(incident: IncidentMemory, *, is_root: bool) -> IncidentRef:
    """Return the incident as it stands in a decision."""
    return IncidentRef(
        id=incident.id,
        role=Role.ROOT if is_root else Role.MEMBER,
        size=incident.member_count,
        opened_at=utc(incident.opened_at),
        title=incident.title,
    )


def incident_record(tenant: str, incident: IncidentMemory) -> Incident:
    """Return the incident as consumers see it."""
    return Incident(
        id=incident.id,
        tenant=tenant,
        state=_state(incident),
        title=_full_title(incident),
        root=incident.root,
        severity=_BY_RANK[incident.severity],
        members=tuple(incident.members),
        member_count=incident.member_count,
        devices=tuple(incident.devices),
        device_count=incident.device_count,
        first_at=utc(incident.opened_at),
        last_at=utc(incident.last_at),
        told_at=utc(incident.told_at) if incident.told_at else None,
        labels=LabelSummary(incident.noise_answers, incident.actionable_answers),
    )


def _state(incident: IncidentMemory) -> IncidentState:
    if incident.resolved_at:
        return IncidentState.RESOLVED
    return IncidentState.QUIET if incident.is_quiet else IncidentState.OPEN


def _full_title(incident: IncidentMemory) -> str:
    others = incident.device_count - 1
    return f"{incident.title} and {others} more devices" if others > 0 else incident.title
