from __future__ import annotations

import pytest

from noise.decision import Action, Reason
from noise.stages.member import Member
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, incident, scored, tell_it
from tests.factories import alert

TOLD = {"told_at": NOW, "told_severity": 2, "told_noise": 0.6, "checks": ["disk"]}


def test_what_adds_nothing_to_a_told_incident_is_hidden():
    ruling = Member().judge(case_of(incident=incident(**TOLD)))

    assert ruling is not None
    assert ruling.reason is Reason.INCIDENT_MEMBER
    assert "disk is bad" in ruling.text


@pytest.mark.parametrize(
    ("fields", "noise", "news"),
    [
        ({"severity": "high"}, 0.6, "more severe"),
        ({"check": "cpu"}, 0.6, "a new kind"),
        ({}, 0.4, "more likely to be real"),
    ],
)
def test_news_of_a_told_incident_is_an_update(fields, noise, news):
    ruling = Member().judge(
        case_of(alert(**fields), incident=incident(**TOLD), score=scored(noise))
    )

    assert ruling is not None
    assert (ruling.action, ruling.reason) == (Action.UPDATE, Reason.INCIDENT_CHANGED)
    assert news in ruling.text


def test_of_an_incident_that_nobody_was_told_of_nothing_is_hidden():
    assert Member().judge(case_of(incident=incident())) is None
    assert Member().judge(case_of()) is None


def test_what_has_waited_in_vain_is_an_update_unless_it_is_one_more_of_many():
    after_hold = Member(after_hold=True)
    alone = after_hold.judge(case_of(incident=incident(**TOLD, device_count=2)))
    another_kind = after_hold.judge(case_of(alert(check="cpu"), incident=incident(**TOLD)))
    one_of_many = after_hold.judge(case_of(incident=incident(**TOLD, device_count=5)))

    assert alone is not None
    assert alone.action is Action.UPDATE
    assert "did not clear by itself within 0 minutes" in alone.text
    assert another_kind is not None
    assert another_kind.action is Action.UPDATE
    assert one_of_many is not None
    assert one_of_many.action is Action.SUPPRESS


def test_of_what_no_crowd_has_in_common_each_device_is_news_when_it_has_waited_in_vain():
    memory = {"check": "disk", "category": "memory"}
    ruling = Member(after_hold=True).judge(
        case_of(alert(**memory), incident=incident(**TOLD, device_count=5))
    )

    assert ruling is not None
    assert ruling.action is Action.UPDATE


def goes_on(after: float, *, noise: int = 1, real: int = 0, **fields: object) -> Action:
    """What becomes of a condition that goes on so many seconds after people were told of it."""
    tenant = TenantState("acme")
    tell_it(tenant)
    case = case_of(alert(**fields), tenant, NOW + after)
    case.condition.noise_answers, case.condition.actionable_answers = noise, real
    ruling = Member().judge(case)
    assert ruling is not None
    return ruling.action


def test_what_people_called_noise_is_not_told_again_before_its_time():
    assert goes_on(3599) is Action.SUPPRESS
    assert goes_on(3601) is Action.UPDATE


def test_what_nobody_called_noise_or_is_worse_is_told_again():
    assert goes_on(60, noise=0) is Action.UPDATE
    assert goes_on(60, severity="critical") is Action.UPDATE
    assert goes_on(60, value=9.0, threshold=1.0, bad_when="above") is Action.UPDATE


@pytest.mark.parametrize(("noise", "action"), [(9, Action.UPDATE), (10, Action.SUPPRESS)])
def test_one_answer_among_many_to_the_contrary_is_a_slip_unless_values_tell(noise, action):
    assert goes_on(60, noise=noise, real=1) is action
    assert goes_on(60, noise=noise, real=1, value=9.0) is Action.UPDATE


def test_what_has_waited_in_vain_or_came_back_is_told_again_though_it_was_noise():
    tenant = TenantState("acme")
    tell_it(tenant)
    case = case_of(tenant=tenant, now=NOW + 60)
    case.condition.noise_answers = 1
    assert Member(after_hold=True).judge(case).action is Action.UPDATE

    clear_it(tenant, NOW + 30)
    assert Member().judge(case).action is Action.UPDATE


def test_in_a_surge_what_goes_on_is_told_though_it_was_noise():
    tenant = TenantState("acme")
    tell_it(tenant)
    case = case_of(tenant=tenant, now=NOW + 60)
    case.condition.noise_answers = 1
    tenant.core.surge.add(NOW + 60, 100.0)
    tenant.core.surge.usual = 0.0

    assert Member().judge(case).action is Action.UPDATE
