from __future__ import annotations

import pytest

from noise.alert import Alert
from noise.decision import Action, Reason, Ruling
from noise.stages.escalation import Escalation
from noise.state import recording
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, raise_it, tell_it
from tests.factories import alert

DAY = 86_400.0


@pytest.mark.parametrize(
    ("severity", "rises"), [("low", False), ("medium", False), ("high", True), ("critical", True)]
)
def test_an_open_condition_escalates_when_its_severity_rises(severity, rises):
    tenant = TenantState("acme")
    incident = tell_it(tenant, severity="medium").incident

    ruling = Escalation().judge(case_of(alert(severity=severity), tenant, incident=incident))

    assert (ruling is not None) is rises
    assert ruling is None or (ruling.action, ruling.reason) == (Action.UPDATE, Reason.ESCALATION)


def test_the_rise_of_what_nobody_was_told_of_is_a_notice_of_its_own():
    tenant = TenantState("acme")
    incident = raise_it(tenant, severity="low").incident

    ruling = Escalation().judge(case_of(alert(severity="high"), tenant, incident=incident))

    assert ruling is not None
    assert ruling.action is Action.NOTIFY


def test_what_comes_back_after_its_clear_does_not_escalate():
    tenant = TenantState("acme")
    raise_it(tenant, severity="low")
    clear_it(tenant, NOW + 60)

    assert Escalation().judge(case_of(alert(severity="high"), tenant)) is None


def full(value: float, **fields: object) -> Alert:
    return alert(value=value, threshold=100.0, bad_when="above", **fields)


def judged(tenant: TenantState, one: Alert) -> Ruling | None:
    case = case_of(one, tenant, NOW + 60)
    case.incident = tenant.incident(case.condition.incident)
    return Escalation().judge(case)


@pytest.mark.parametrize(("value", "told"), [(120.0, False), (160.0, True)])
def test_a_told_value_is_told_again_when_it_is_clearly_worse(value, told):
    tenant = TenantState("acme")
    tell_it(tenant, value=110.0, threshold=100.0, bad_when="above")

    assert (judged(tenant, full(value)) is not None) is told


def test_a_hidden_value_is_told_when_it_is_worse_than_all_that_was_called_noise():
    tenant = TenantState("acme")
    case = raise_it(tenant, value=110.0, threshold=100.0, bad_when="above")
    case.check.noise_excess = 1.0

    assert judged(tenant, full(180.0)) is None
    worse = judged(tenant, full(250.0))
    assert worse is not None
    assert worse.action is Action.NOTIFY


def test_what_is_not_open_cannot_get_worse():
    assert judged(TenantState("acme"), full(500.0, severity="critical")) is None


def test_a_value_cannot_be_worse_than_one_that_nobody_knows():
    tenant = TenantState("acme")
    tell_it(tenant)
    assert judged(tenant, full(500.0)) is None

    known = TenantState("acme")
    tell_it(known, value=110.0, threshold=100.0, bad_when="above")
    assert judged(known, alert()) is None


def test_a_condition_is_held_against_what_it_was_itself_called_noise_with():
    tenant = TenantState("acme")
    case = raise_it(tenant, value=110.0, threshold=100.0, bad_when="above")
    case.check.noise_excess, case.condition.noise_excess = 1.0, 0.2

    assert judged(tenant, full(180.0)) is not None


def failing_backup(tenant: TenantState, nights: int) -> Ruling | None:
    """What is ruled on a word of the last of so many nights of a job that never succeeded."""
    job: dict[str, str] = {"check": "job", "category": "backup"}
    case = raise_it(tenant, NOW, **job)
    for night in range(1, nights - 1):
        recording.repeated(tenant, case_of(alert(**job), tenant, NOW + night * DAY))
    now = NOW + (nights - 1) * DAY
    case = case_of(alert(**job), tenant, now, incident=case.incident, repeats=True)
    ruling = Escalation().judge(case)
    recording.repeated(tenant, case)
    return ruling


def test_what_failed_on_too_many_days_in_a_row_is_told_though_it_only_repeats():
    ruling = failing_backup(TenantState("acme"), 3)

    assert ruling is not None
    assert ruling.text == "failed on 3 days in a row"
    assert failing_backup(TenantState("acme"), 2) is None


def test_a_night_is_told_by_its_first_word_and_not_where_people_know():
    tenant = TenantState("acme")
    assert failing_backup(tenant, 3) is not None
    job = alert(check="job", category="backup")

    again = case_of(job, tenant, NOW + 2 * DAY + 3600, repeats=True)
    assert Escalation().judge(again) is None

    tomorrow = case_of(job, tenant, NOW + 3 * DAY, repeats=True)
    assert Escalation().judge(tomorrow) is not None
    tomorrow.condition.told_at = NOW + 2 * DAY
    assert Escalation().judge(tomorrow) is None


def test_a_value_that_leaves_what_is_ordinary_is_clearly_worse():
    kind = {"check": "space", "category": "disk", "device": "srv1"}

    def told(value: float) -> Ruling | None:
        tenant = TenantState("acme")
        raise_it(tenant, value=91.0, threshold=90.0, bad_when="above", **kind)
        one = alert(value=value, threshold=90.0, bad_when="above", **kind)
        return Escalation().judge(case_of(one, tenant, NOW + 60))

    assert told(92.0) is None
    assert told(94.0) is not None
