from __future__ import annotations

import pytest

from noise.alert import utc
from noise.decision import Action, Reason, Ruling
from noise.stages.clear import Clear
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, hold_it, incident, raise_it, tell_it
from tests.factories import alert


def ruling_on_clear(tenant: TenantState, now: float = NOW + 60, **fields: object) -> Ruling:
    case = case_of(alert(state="cleared", **fields), tenant, now)
    case.incident = tenant.incident(case.condition.incident)
    ruling = Clear().judge(case)
    assert ruling is not None
    return ruling


def test_the_clear_of_what_was_told_resolves_its_incident():
    tenant = TenantState("acme")
    tell_it(tenant)

    ruling = ruling_on_clear(tenant)

    assert (ruling.action, ruling.reason) == (Action.UPDATE, Reason.RESOLVED)


@pytest.mark.parametrize(
    ("noise", "real", "action"), [(1, 0, Action.SUPPRESS), (1, 1, Action.UPDATE)]
)
def test_nobody_is_told_that_what_technicians_called_noise_is_over(noise, real, action):
    tenant = TenantState("acme")
    told = tell_it(tenant).incident
    assert told is not None
    told.noise_answers, told.actionable_answers = noise, real

    assert ruling_on_clear(tenant).action is action


def test_the_clear_of_what_waits_says_that_nobody_was_bothered():
    tenant = TenantState("acme")
    hold_it(tenant, NOW + 600)

    ruling = ruling_on_clear(tenant, NOW + 240)

    assert ruling.reason is Reason.CLEARED_WHILE_HELD
    assert "after 4 minutes" in ruling.text


def test_of_a_told_incident_only_the_last_clear_is_shown():
    tenant, together = TenantState("acme"), incident()
    tell_it(tenant, of=together)
    raise_it(tenant, NOW, together, check="cpu")

    assert "other parts" in ruling_on_clear(tenant).text
    clear_it(tenant, NOW + 60)
    assert ruling_on_clear(tenant, check="cpu").reason is Reason.RESOLVED


def test_the_clear_of_what_nobody_was_told_of_or_of_nothing_is_hidden():
    tenant = TenantState("acme")
    assert "nothing that is known" in ruling_on_clear(tenant).text

    raise_it(tenant)
    assert "nobody was told of" in ruling_on_clear(tenant).text

    tenant.incidents.clear()
    assert "nobody was told of" in ruling_on_clear(tenant).text


@pytest.mark.parametrize(
    ("alert_key", "occurred", "closes"),
    [("u2", 5, True), ("u1", 5, False), ("u1", 15, True), ("u1", None, True)],
)
def test_a_clear_belongs_to_an_earlier_raise_if_key_and_time_say_so(alert_key, occurred, closes):
    tenant = TenantState("acme")
    raise_it(tenant, NOW + 11, alert_key="u2", occurred_at=utc(NOW + 10))

    at = None if occurred is None else utc(NOW + occurred)
    ruling = ruling_on_clear(tenant, alert_key=alert_key, occurred_at=at)

    assert ("earlier raise" in ruling.text) is not closes


@pytest.mark.parametrize(
    ("alert_key", "occurred", "is_late"),
    [("u1", 5, True), ("u1", 8, False), ("u1", 12, False), ("u2", 5, False), ("u1", None, False)],
)
def test_a_raise_is_late_if_its_own_clear_tells_of_a_later_time(alert_key, occurred, is_late):
    tenant = TenantState("acme")
    clear_it(tenant, NOW + 9, alert_key="u1", occurred_at=utc(NOW + 8))

    at = None if occurred is None else utc(NOW + occurred)
    ruling = Clear().judge(case_of(alert(alert_key=alert_key, occurred_at=at), tenant, NOW + 10))

    assert (ruling is not None) is is_late
    assert ruling is None or ruling.reason is Reason.CLEARED


def test_without_a_time_the_clear_of_an_earlier_episode_leaves_a_later_one_open():
    tenant = TenantState("acme")
    tell_it(tenant, alert_key="episode 2")

    assert "earlier raise" in ruling_on_clear(tenant, alert_key="episode 1").text
    clear_it(tenant, NOW + 60, alert_key="episode 1")
    assert ruling_on_clear(tenant, alert_key="episode 2").reason is Reason.RESOLVED


def test_without_a_time_a_clear_with_a_key_of_its_own_ends_what_was_raised_without():
    tenant = TenantState("acme")
    tell_it(tenant)

    assert ruling_on_clear(tenant, alert_key="episode 1").reason is Reason.RESOLVED


def test_a_clear_without_a_time_ends_what_gave_its_key_away():
    tenant = TenantState("acme")
    tell_it(tenant, alert_key="shared")
    raise_it(tenant, NOW + 1, check="cpu", alert_key="shared")

    assert ruling_on_clear(tenant, alert_key="other").reason is Reason.RESOLVED


def test_a_clock_that_runs_behind_makes_new_trouble_late_for_a_quarter_of_an_hour_only():
    tenant = TenantState("acme")
    clear_it(tenant, NOW, alert_key="u1", occurred_at=utc(NOW))
    behind = alert(alert_key="u1", occurred_at=utc(NOW - 7200))

    assert Clear().judge(case_of(behind, tenant, NOW + 900)) is not None
    assert Clear().judge(case_of(behind, tenant, NOW + 901)) is None
