"""Cases as the engine would put them before a stage, made from as little as matters."""

from __future__ import annotations

from random import Random
from typing import Any

from noise.alert import Alert
from noise.decision import Confidence, ModelInfo, Score
from noise.habits import Habits
from noise.settings import Settings
from noise.state import recording
from noise.state.case import Case
from noise.state.tenant import IncidentMemory, TenantState
from tests.factories import alert
from tests.story import START

NOW = START
HABITS = Habits(Settings().habits)


def scored(noise_probability: float, low: float | None = None) -> Score:
    """A model's opinion; unless told otherwise its interval begins close below."""
    least = noise_probability - 0.05 if low is None else low
    confidence = Confidence(max(0.0, least), 1.0)
    return Score(noise_probability, confidence, 9.0, (), ModelInfo("test", 9))


def case_of(
    one: Alert | None = None,
    tenant: TenantState | None = None,
    now: float = NOW,
    *,
    incident: IncidentMemory | None = None,
    repeats: bool = False,
    score: Score | None = None,
    hidden_a_day: float = 1000.0,
) -> Case:
    """Gather what the state of ``tenant`` knows of an alert."""
    one, tenant = one or alert(), tenant or TenantState("acme")
    return Case(
        alert=one,
        tenant=tenant,
        condition=recording.condition_of(tenant, one, now),
        check=recording.check_of(tenant, one, now),
        device=recording.device_of(tenant, one, now),
        incident=incident,
        repeats=repeats,
        now=now,
        scorer=lambda _: score or scored(0.5),
        hiding_rate=lambda _: hidden_a_day,
        habits=HABITS,
    )


def incident(incident_id: str = "i1", **fields: Any) -> IncidentMemory:
    """An incident of one disk that began at ``NOW``."""
    given: dict[str, Any] = {
        "title": "disk is bad",
        "root": "d1",
        "opened_at": NOW,
        "last_at": NOW,
        "severity": 2,
    }
    return IncidentMemory(id=incident_id, **given | fields)


def raise_it(
    tenant: TenantState, now: float = NOW, of: IncidentMemory | None = None, **fields: Any
) -> Case:
    """Record a raise, in an incident of its own unless one is given."""
    case = case_of(alert(**fields), tenant, now)
    case.incident = of or incident(f"i{now}", opened_at=now, last_at=now)
    tenant.incidents[case.incident.id] = case.incident
    recording.raised(tenant, case, case.incident, f"d{now}.{case.condition.key}")
    return case


def clear_it(tenant: TenantState, now: float, **fields: Any) -> None:
    """Record a clear."""
    recording.cleared(tenant, case_of(alert(state="cleared", **fields), tenant, now))


def tell_it(tenant: TenantState, now: float = NOW, **fields: Any) -> Case:
    """Record a raise that people are told of."""
    case = raise_it(tenant, now, **fields)
    assert case.incident is not None
    recording.told(tenant, case, case.incident)
    return case


def hold_it(tenant: TenantState, until: float, now: float = NOW, **fields: Any) -> Case:
    """Record a raise that waits."""
    case = raise_it(tenant, now, **fields)
    recording.held(tenant, case, until, case.condition.decision_id)
    return case


def random_case(seed: int) -> Case:
    """Some alert of a client with some past."""
    chance, tenant, now = Random(seed), TenantState("acme"), NOW
    for _ in range(chance.randrange(25)):
        now += chance.choice((1.0, 60.0, 900.0, 7200.0))
        happen = chance.choice((raise_it, clear_it, tell_it, hold_it))
        known = _fields(chance)
        del known["state"]
        if happen is hold_it:
            hold_it(tenant, now + 600, now, **known)
        else:
            happen(tenant, now, **known)
    case = case_of(alert(**_fields(chance)), tenant, now + 1, score=scored(chance.random()))
    condition = case.condition
    case.incident = tenant.incident(condition.incident)
    case.repeats = condition.is_open and chance.random() < 0.7
    return case


def _fields(chance: Random) -> dict[str, Any]:
    return {
        "check": chance.choice(("disk", "cpu")),
        "device": chance.choice(("srv1", "srv2", None)),
        "severity": chance.choice(("info", "medium", "high", "critical")),
        "state": chance.choice(("raised", "raised", "cleared", "acknowledged")),
    }
