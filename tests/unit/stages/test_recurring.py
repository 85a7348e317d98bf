from __future__ import annotations

from typing import Any

import pytest

from noise.decision import Reason
from noise.stages.recurring import Recurring
from noise.state.case import Case
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, hold_it, raise_it, tell_it
from tests.factories import alert

MINUTE = 60.0
HOUR = 3_600.0
RECURRING = Recurring(most_waiting=2)
SERVICE = {"check": "spooler", "category": "service", "severity": "medium"}


def told_and_over(*, at: float = NOW, **fields: Any) -> TenantState:
    """A client that was told at ``at`` of what began to be told at ``NOW``, and is over."""
    tenant, kind = TenantState("acme"), SERVICE | fields
    incident = tell_it(tenant, NOW, **kind).incident
    if at > NOW:
        clear_it(tenant, at - MINUTE, **kind)
        tell_it(tenant, at, of=incident, **kind)
    clear_it(tenant, at + MINUTE, **kind)
    return tenant


def back(tenant: TenantState, after: float, **fields: Any) -> Case:
    return case_of(alert(**SERVICE | fields), tenant, after)


def minutes(case: Case) -> float | None:
    """How long it waits, None if it does not."""
    ruling = RECURRING.judge(case)
    if ruling is None:
        return None
    assert ruling.reason is Reason.HOLDING
    assert ruling.hold_until is not None
    return (ruling.hold_until - case.now) / MINUTE


def test_what_comes_back_within_an_hour_waits_as_long_as_such_things_last():
    assert minutes(back(told_and_over(), NOW + 30 * MINUTE)) == 15
    assert minutes(back(told_and_over(), NOW + 50 * MINUTE)) == 10
    assert minutes(back(told_and_over(), NOW + 60 * MINUTE)) is None


def test_the_longer_people_know_of_it_the_longer_it_stays_quiet():
    tenant = told_and_over(at=NOW + 5 * HOUR)

    assert minutes(back(tenant, NOW + 9.5 * HOUR)) == 15
    assert minutes(back(tenant, NOW + 10.1 * HOUR)) is None


def test_what_people_were_never_told_of_does_not_wait_here():
    assert minutes(back(TenantState("acme"), NOW)) is None


def test_what_goes_on_since_people_were_told_does_not_wait_here():
    tenant = TenantState("acme")
    tell_it(tenant, **SERVICE)
    raise_it(tenant, check="disk")
    clear_it(tenant, NOW + 1, check="disk")

    assert minutes(back(tenant, NOW + 5 * MINUTE)) is None


def test_what_is_worse_was_real_or_comes_with_much_news_does_not_wait():
    at = NOW + 30 * MINUTE
    assert minutes(back(told_and_over(), at, severity="high")) is None

    was_real = back(told_and_over(), at)
    was_real.condition.actionable_answers = 1
    assert minutes(was_real) is None

    surging = told_and_over()
    surging.core.surge.add(at, 100.0)
    surging.core.surge.usual = 0.0
    assert minutes(back(surging, at)) is None


@pytest.mark.parametrize(("answers", "waits"), [(2, False), (3, True)])
def test_an_attack_may_look_the_same_so_security_waits_only_where_it_was_often_noise(
    answers, waits
):
    kind = {"category": "security", "check": "failed logins", "device_class": "workstation"}
    case = back(told_and_over(**kind), NOW + 30 * MINUTE, **kind)
    case.condition.noise_answers = answers

    assert (minutes(case) is not None) is waits


def test_without_a_habit_or_clears_or_with_too_much_waiting_it_does_not_wait():
    at = NOW + 30 * MINUTE
    assert minutes(back(told_and_over(category="strange"), at, category="strange")) is None

    silent = told_and_over()
    silent.core.clears.clear()
    assert minutes(back(silent, at)) is None

    full = told_and_over()
    for device in ("a", "b"):
        hold_it(full, at + HOUR, at, device=device)
    assert minutes(back(full, at)) is None


def test_what_came_back_before_it_was_over_for_long_does_not_wait_anew():
    tenant = TenantState("acme")
    tell_it(tenant, NOW, **SERVICE)
    clear_it(tenant, NOW + 14 * MINUTE, **SERVICE)

    assert minutes(back(tenant, NOW + 16 * MINUTE)) is None
