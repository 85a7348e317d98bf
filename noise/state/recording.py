"""How a decision changes what is remembered. Judging never does; only these functions do."""

from __future__ import annotations

from collections.abc import Set
from math import isfinite

from noise.alert import Alert, Severity, State, short_key
from noise.state.activity import Activity
from noise.state.case import Case
from noise.state.condition import (
    DAY_SECONDS,
    DURATION_EDGES,
    MAX_FLIPS,
    Condition,
    Hidden,
    Hold,
)
from noise.state.tenant import (
    CHECK,
    CONDITION,
    CORE_PIECE,
    DEVICE,
    HOLD,
    INCIDENT,
    MAX_SITES,
    MAX_SOURCES,
    CheckState,
    Deadline,
    DeviceState,
    IncidentMemory,
    TenantState,
    Trouble,
)

MAX_MEMBERS = 50
VALUE_MEMORY = 50
MOST_VALUE = 1e100  # sums of larger numbers are none
TROUBLE = 0.5
MOST_RELEASED = 20
MOST_SEEN = 1_000
MAX_DEVICE_CLASSES = 20
MAX_OPEN = 30
NEW_CHECK = 1.0
NEW_HERE = 0.3


def condition_of(tenant: TenantState, alert: Alert, now: float) -> Condition:
    """Return the alert's condition; one that is new is not remembered before it is recorded."""
    key = short_key(alert.condition_key)
    if alert.state is State.CLEARED:
        key = tenant.open_keys.get(alert.alert_key, key)
    known = tenant.conditions.get(key)
    if known is not None:
        return known
    return Condition(
        key=key,
        check=alert.check,
        device=alert.device,
        site=alert.site,
        category=alert.category,
        first_at=now,
        seen_at=now,
    )


def check_of(tenant: TenantState, alert: Alert, now: float) -> CheckState:
    """Return what is known of the alert's check over all devices."""
    return tenant.checks.get(alert.check) or CheckState(alert.check, now)


def device_of(tenant: TenantState, alert: Alert, now: float) -> DeviceState | None:
    """Return what is known of the alert's device, None if it names none."""
    if alert.device is None:
        return None
    return tenant.devices.get(alert.device) or DeviceState(alert.device, now)


def repeated(tenant: TenantState, case: Case) -> None:
    """Count one more word from a condition that is known to be open."""
    case.condition.count += 1
    case.condition.note_day(case.now)
    _open(tenant, case)
    _seen(tenant, case)


def noted(tenant: TenantState, case: Case) -> None:
    """Remember no more than that the condition spoke."""
    tenant.conditions[case.condition.key] = case.condition
    _seen(tenant, case)


def raised(tenant: TenantState, case: Case, incident: IncidentMemory, decision_id: str) -> None:
    """Begin a new window of a condition: it came, came back, or went on for another window."""
    condition, alert, now = case.condition, case.alert, case.now
    tenant.conditions[condition.key] = condition
    if case.goes_on:
        condition.windows += 1
    else:
        condition.since = case.began
        condition.raised_at = now
        condition.windows = 0
        condition.worst_excess = None
    _open(tenant, case)
    condition.severity = alert.severity.rank
    condition.window_at = now
    condition.note_day(now)
    condition.count = 1
    condition.episodes += 1
    condition.hidden = None
    condition.was_seen = False
    _note_excess(case)
    condition.flips.append(now)
    if len(condition.flips) > MAX_FLIPS:
        del condition.flips[0]
    condition.decision_id = decision_id
    _seen(tenant, case)
    _note_check_and_device(tenant, case, incident)
    joined(tenant, case, incident, decision_id)


def _note_excess(case: Case) -> None:
    if case.excess is not None:
        known = case.condition.worst_excess
        case.condition.worst_excess = case.excess if known is None else max(known, case.excess)


def _open(tenant: TenantState, case: Case) -> None:
    condition, alert = case.condition, case.alert
    # A clock that runs ahead must not make what follows look overtaken.
    occurred_at = min(_occurred(alert), case.now)
    if condition.is_open and 0.0 < occurred_at < condition.occurred_at:
        return  # overtaken on its way here: the clear of the newer raise is the one that counts
    tenant.take_alert_key(condition, alert.alert_key)
    condition.is_open = True
    condition.occurred_at = occurred_at


def told(tenant: TenantState, case: Case, incident: IncidentMemory) -> None:
    """Note that people were told of this alert; it waits no longer."""
    condition, now, rank = case.condition, case.now, case.alert.severity.rank
    end_hold(tenant, condition)
    condition.hidden = None
    condition.told_at = now
    condition.told_in = incident.id
    condition.told_severity = rank
    _note_excess(case)
    condition.severity = max(condition.severity, rank)
    tenant.mark(CONDITION, condition.key)
    check = tenant.checks.get(condition.check)
    if check is not None:
        check.told_at = now
        check.told_in = incident.id
        tenant.mark(CHECK, check.key)
    _note_told_incident(tenant, case, incident)


def _note_told_incident(tenant: TenantState, case: Case, incident: IncidentMemory) -> None:
    now, rank = case.now, case.alert.severity.rank
    noise = case.known_score.noise_probability if case.known_score else 0.5
    incident.severity = max(incident.severity, rank)
    incident.told_at = incident.told_at or now
    incident.told_severity = max(incident.told_severity, rank)
    incident.told_noise = min(incident.told_noise, noise)
    tenant.mark(INCIDENT, incident.id)
    if tenant.core.surge.is_on(now):
        tenant.core.surge_incident = incident.id
    if noise < TROUBLE:
        tenant.core.heat.add(now, 1.0 - noise)
    tenant.changed.add(CORE_PIECE)


def held(tenant: TenantState, case: Case, until: float, decision_id: str) -> None:
    """Have the alert wait until ``until``."""
    condition = case.condition
    condition.hidden = None
    if condition.hold is None:
        tenant.holds += 1
    condition.hold = Hold(case.alert, decision_id, until)
    condition.severity = max(condition.severity, case.alert.severity.rank)
    tenant.remember_deadline(Deadline(until, HOLD, condition.key))
    tenant.mark(CONDITION, condition.key)


def hidden(tenant: TenantState, case: Case, decision_id: str, scope: str) -> None:
    """Keep an alert that the model hid, in case that more comes to light."""
    case.condition.hidden = Hidden(case.alert, decision_id, case.now, scope)
    tenant.mark(CONDITION, case.condition.key)


def hidden_lately(tenant: TenantState, since: float) -> list[Hidden]:
    """Return what the model hid after ``since`` and still stands, the latest of it first."""
    kept = [
        (-condition.hidden.at, condition.key, condition.hidden)
        for condition in tenant.conditions.values()
        if condition.hidden is not None and condition.hidden.at >= since and condition.is_open
    ]
    kept.sort(key=lambda one: one[:2])
    return [one for _, _, one in kept[:MOST_RELEASED]]


def seen(tenant: TenantState, case: Case, incident: IncidentMemory) -> None:
    """Note that people see what mode earn would hide and does not hide yet."""
    case.condition.was_seen = incident.was_seen = True
    tenant.mark(CONDITION, case.condition.key)
    tenant.mark(INCIDENT, incident.id)


def hidden_still(tenant: TenantState, scopes: Set[str], now: float) -> list[Hidden]:
    """Return what nobody saw of ``scopes`` and is still open, the latest of it first."""
    kept = [
        (-condition.hidden.at, condition.key, condition.hidden)
        for condition in tenant.conditions.values()
        if condition.hidden is not None
        and condition.hidden.scope in scopes
        and condition.is_open
        and not condition.was_seen
        and _may_be_open(tenant, condition.hidden, now)
    ]
    kept.sort(key=lambda one: one[:2])
    return [one for _, _, one in kept]


def _may_be_open(tenant: TenantState, kept: Hidden, now: float) -> bool:
    # Where no clears are sent nobody knows: what is older than a day is taken to be over.
    return kept.at >= now - DAY_SECONDS or bool(tenant.core.clears.get(kept.alert.source))


def end_hold(tenant: TenantState, condition: Condition) -> None:
    """Let the condition's alert wait no longer."""
    if condition.hold is not None:
        condition.hold = condition.hidden = None
        tenant.holds -= 1
        tenant.mark(CONDITION, condition.key)


def cleared(tenant: TenantState, case: Case) -> None:
    """Close the condition and learn how long it lasted."""
    condition, alert, now = case.condition, case.alert, case.now
    _note_clear(tenant, alert.source)
    condition.cleared_at = now
    condition.cleared_alert_key = alert.alert_key
    # A clock that runs ahead must not make raises of the future look late.
    condition.cleared_occurred_at = min(_occurred(alert), now)
    tenant.conditions[condition.key] = condition
    _seen(tenant, case)
    if condition.is_open and not is_overtaken(case):
        kept = condition.hidden  # a ticket may still tell of it
        _close(tenant, case)
        end_hold(tenant, condition)
        condition.hidden = kept


def is_overtaken(case: Case) -> bool:
    """Say whether a clear belongs to an earlier raise than the one that is open now."""
    condition, alert = case.condition, case.alert
    if alert.alert_key == condition.alert_key or not condition.is_open:
        return False
    if condition.alert_key and alert.occurred_at is None and not condition.occurred_at:
        # A tool that tells no times: its keys tell, if each episode has one of its own.
        return alert.condition_key not in (alert.alert_key, condition.alert_key)
    return 0.0 < _occurred(alert) <= condition.occurred_at


def _close(tenant: TenantState, case: Case) -> None:
    condition, now = case.condition, case.now
    condition.is_open = False
    condition.was_seen = False
    tenant.give_up_alert_key(condition)
    place = _bin(now - condition.raised_at)
    condition.durations[place] += 1
    condition.self_cleared += 1
    check = tenant.checks.get(condition.check)
    if check is not None:
        check.self_cleared += 1
        _note_duration(check, case.alert.device_class or "", place)
        tenant.mark(CHECK, check.key)
    device = tenant.devices.get(condition.device or "")
    if device is not None and device.open.pop(condition.key, None) is not None:
        tenant.mark(DEVICE, device.key)
    left = tenant.leave_incident(condition)
    if left is not None and not left.open_members:
        left.resolved_at = now


def _note_duration(check: CheckState, device_class: str, place: int) -> None:
    lasted = check.lasted.get(device_class)
    if lasted is None:
        if len(check.lasted) >= MAX_DEVICE_CLASSES:
            return
        lasted = check.lasted[device_class] = [0] * (len(DURATION_EDGES) + 1)
    lasted[place] += 1


def _bin(seconds: float) -> int:
    for index, edge in enumerate(DURATION_EDGES):
        if seconds <= edge:
            return index
    return len(DURATION_EDGES)


def _occurred(alert: Alert) -> float:
    return alert.occurred_at.timestamp() if alert.occurred_at else 0.0


def _seen(tenant: TenantState, case: Case) -> None:
    condition, alert = case.condition, case.alert
    condition.seen_at = case.now
    if alert.value is not None and isfinite(alert.value):
        _learn_value(condition, alert.value)
    tenant.mark(CONDITION, condition.key)


def _learn_value(condition: Condition, value: float) -> None:
    # Exponentially weighted mean and mean absolute deviation: robust enough, and two numbers.
    value = max(-MOST_VALUE, min(MOST_VALUE, value))
    condition.values += 1
    share = 1.0 / min(condition.values, VALUE_MEMORY)
    distance = value - condition.value_mean
    condition.value_mean += share * distance
    if condition.values > 1:
        condition.value_spread += share * (abs(distance) - condition.value_spread)


def _note_check_and_device(tenant: TenantState, case: Case, incident: IncidentMemory) -> None:
    check, device, now = case.check, case.device, case.now
    tenant.checks[check.key] = check
    if novelty := _novelty(case):
        tenant.core.surge.add(now, novelty)
    check.seen_at = now
    check.episodes += 1
    check.activity.add(now)
    check.incident = incident.id
    tenant.mark(CHECK, check.key)
    tenant.core.activity.add(now)
    tenant.changed.add(CORE_PIECE)
    _note_site(tenant, case)
    _note_graveness(tenant, case.alert)
    if device is not None:
        tenant.devices[device.key] = device
        device.seen_at = now
        device.activity.add(now)
        device.incident = incident.id
        _note_open(device, case)
        tenant.mark(DEVICE, device.key)


def _note_open(device: DeviceState, case: Case) -> None:
    condition, alert = case.condition, case.alert
    device.open.pop(condition.key, None)
    if len(device.open) >= MAX_OPEN:
        del device.open[next(iter(device.open))]
    device.open[condition.key] = Trouble(alert.category or "", alert.source, condition.raised_at)


def _novelty(case: Case) -> float:
    if not case.check.episodes:
        return NEW_CHECK
    return NEW_HERE if case.condition.episodes == 1 else 0.0


def _note_site(tenant: TenantState, case: Case) -> None:
    site, sites = case.alert.site, tenant.core.sites
    if site is None:
        return
    if site not in sites and len(sites) >= MAX_SITES:
        del sites[min(sites, key=lambda name: (sites[name].at, name))]
    sites.setdefault(site, Activity()).add(case.now)


def _note_graveness(tenant: TenantState, alert: Alert) -> None:
    known = tenant.core.graveness
    if alert.source not in known and len(known) >= MAX_SOURCES:
        return
    seen, critical = known.get(alert.source, (0, 0))
    if seen >= MOST_SEEN:
        seen, critical = seen // 2, critical // 2
    known[alert.source] = (seen + 1, critical + (alert.severity is Severity.CRITICAL))


def _note_clear(tenant: TenantState, source: str) -> None:
    clears = tenant.core.clears
    if source not in clears and len(clears) >= MAX_SOURCES:
        del clears[min(clears, key=lambda name: (clears[name], name))]
    clears[source] = clears.get(source, 0) + 1
    tenant.changed.add(CORE_PIECE)


def joined(tenant: TenantState, case: Case, incident: IncidentMemory, decision_id: str) -> None:
    """Make the condition an open member of ``incident``, and of no other one."""
    condition, alert, now = case.condition, case.alert, case.now
    if condition.incident != incident.id:
        tenant.leave_incident(condition)
    condition.incident = incident.id
    incident.last_at = now
    incident.severity = max(incident.severity, alert.severity.rank)
    incident.member_count += 1
    if len(incident.members) < MAX_MEMBERS:
        incident.members.append(decision_id)
    if alert.check not in incident.checks:
        incident.checks.append(alert.check)
    if alert.device is not None and alert.device not in incident.devices:
        incident.device_count += 1
        incident.devices.append(alert.device)
    if condition.key not in incident.open_members:
        incident.open_members.append(condition.key)
    tenant.mark(CONDITION, condition.key)
    tenant.mark(INCIDENT, incident.id)
