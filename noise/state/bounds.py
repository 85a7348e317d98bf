"""Keeps what is remembered of a tenant within its limits of age and number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from noise.settings import Limits
from noise.state.condition import Condition
from noise.state.tenant import CHECK, CONDITION, CORE, DEVICE, INCIDENT, TenantState

DAY = 86_400.0


def keep_within(tenant: TenantState, limits: Limits, now: float) -> None:
    """Forget what is too old once a day, and the oldest whenever there is too much.

    A condition that holds an alert back is never forgotten: that alert would be lost.
    """
    if now - tenant.core.swept_at >= DAY:
        tenant.core.swept_at = now
        tenant.mark(CORE, "")
        _forget_old(tenant, now - limits.days * DAY)
    if len(tenant.conditions) > limits.conditions:
        _forget_oldest_conditions(tenant, limits.conditions)
    if len(tenant.incidents) > limits.incidents:
        _forget_oldest_incidents(tenant, limits.incidents)


def _forget_old(tenant: TenantState, before: float) -> None:
    conditions = (c.key for c in tenant.conditions.values() if c.seen_at < before and not c.hold)
    _drop(tenant, CONDITION, tenant.conditions, conditions)
    checks = (c.key for c in tenant.checks.values() if c.seen_at < before)
    _drop(tenant, CHECK, tenant.checks, checks)
    devices = (d.key for d in tenant.devices.values() if d.seen_at < before)
    _drop(tenant, DEVICE, tenant.devices, devices)
    incidents = (i.id for i in tenant.incidents.values() if i.last_at < before)
    _drop(tenant, INCIDENT, tenant.incidents, incidents)


def _forget_oldest_conditions(tenant: TenantState, limit: int) -> None:
    # A tenth at a time: sorting all for each newcomer would make a flood of new keys slow.
    excess = len(tenant.conditions) - limit + limit // 10
    loose = [c for c in tenant.conditions.values() if c.hold is None]
    oldest = sorted(loose, key=lambda c: (c.seen_at, c.key))[:excess]
    _drop(tenant, CONDITION, tenant.conditions, (c.key for c in oldest))
    _forget_oldest_named(tenant, limit)


def _forget_oldest_named(tenant: TenantState, limit: int) -> None:
    # Checks and devices are named by conditions, so there are never many more of them.
    checks = sorted(tenant.checks.values(), key=lambda c: (c.seen_at, c.key))
    _drop(tenant, CHECK, tenant.checks, (c.key for c in checks[: max(0, len(checks) - limit)]))
    devices = sorted(tenant.devices.values(), key=lambda d: (d.seen_at, d.key))
    _drop(tenant, DEVICE, tenant.devices, (d.key for d in devices[: max(0, len(devices) - limit)]))


def _forget_oldest_incidents(tenant: TenantState, limit: int) -> None:
    excess = len(tenant.incidents) - limit + limit // 10
    oldest = sorted(tenant.incidents.values(), key=lambda i: (i.last_at, i.id))[:excess]
    _drop(tenant, INCIDENT, tenant.incidents, (i.id for i in oldest))


def _drop(tenant: TenantState, kind: str, pieces: dict[str, Any], keys: Iterable[str]) -> None:
    for key in list(keys):
        piece = pieces.pop(key)
        if kind == CONDITION:
            _let_go(tenant, piece)
        tenant.mark(kind, key)


def _let_go(tenant: TenantState, condition: Condition) -> None:
    """Have nothing wait for the clear of a condition that is forgotten."""
    tenant.give_up_alert_key(condition)
    tenant.leave_incident(condition)
