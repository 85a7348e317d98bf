from __future__ import annotations

from typing import Any

import pytest

from noise.decision import Action, Drawn, Reason, Ruling
from noise.settings import Sampling as Settings
from noise.stages.sampling import FLOOR_DAYS, Sampling
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, incident, scored, tell_it
from tests.factories import alert

HOUR = 3600.0
MEMBER = Ruling(Action.SUPPRESS, Reason.INCIDENT_MEMBER, "a member")
LEARNED = Ruling(Action.SUPPRESS, Reason.LEARNED_NOISE, "noise")


def sampling(share: float, hours: int = 24, salt: str = "s") -> Sampling:
    return Sampling(Settings(audit_share=share, probe_hours=hours, salt=salt))


def test_about_the_share_that_the_owner_wants_is_sampled_and_always_the_same_alerts():
    sure = scored(0.99)
    cases = [case_of(alert(event_key=f"e{n}"), score=sure) for n in range(2000)]

    def sampled(salt: str) -> list[bool]:
        by = sampling(0.1, salt=salt)
        return [by.review(case, MEMBER).reason is Reason.AUDIT_SAMPLE for case in cases]

    assert 150 < sum(sampled("s")) < 250
    assert sampled("s") == sampled("s")
    assert sampled("s") != sampled("another secret")


def test_a_sample_keeps_its_chance_and_until_when_it_would_have_been_hidden():
    waits = Ruling(Action.SUPPRESS, Reason.LEARNED_NOISE, "noise", hold_until=NOW + HOUR)

    audit = sampling(1.0).review(case_of(), waits)

    assert (audit.hold_until, audit.drawn) == (None, Drawn(1.0, NOW + HOUR))


def level(share: float = 0.001, sure: float = 0.99, **given: Any) -> float:
    """How many times the share the chance is with which an alert is drawn."""
    return sampling(share).chance(case_of(score=scored(sure), **given)) / share


def test_what_the_model_is_less_sure_of_is_drawn_twice_as_often():
    assert level(sure=0.96) == 1
    assert level(sure=0.94) == 2


def test_a_class_of_which_little_is_hidden_is_drawn_more_often_up_to_a_limit():
    assert level(hidden_a_day=18) == 1
    assert level(hidden_a_day=4) == 4
    assert level(hidden_a_day=0.5) == level(hidden_a_day=0) == 16
    assert level(hidden_a_day=4, sure=0.94) == 4


@pytest.mark.parametrize("hidden_a_day", [2.0, 5.0, 20.0, 100.0])
def test_no_class_waits_much_longer_for_a_sample_than_it_should(hidden_a_day):
    samples_a_day = 0.001 * level(hidden_a_day=hidden_a_day) * hidden_a_day

    assert samples_a_day > 1 / (2 * FLOOR_DAYS)


def test_a_small_client_is_not_flooded_and_a_share_of_all_is_all():
    assert level(0.003, hidden_a_day=1) * 0.003 < 0.05
    assert level(0.5, hidden_a_day=0) * 0.5 == 1


def test_what_joins_a_told_incident_is_drawn_a_quarter_as_often():
    assert level(incident=incident(told_at=NOW), hidden_a_day=0) == 0.25
    assert level(incident=incident()) == 1


def test_without_a_share_nothing_is_drawn():
    assert sampling(0.0).chance(case_of(hidden_a_day=0)) == 0


@pytest.mark.parametrize(
    "reason",
    [r for r in Reason if r not in {Reason.INCIDENT_MEMBER, Reason.LEARNED_NOISE}],
)
def test_only_what_the_engine_hides_for_good_by_its_own_judgement_is_sampled(reason):
    ruling = Ruling(Action.SUPPRESS, reason, "")

    assert sampling(1.0).review(case_of(), ruling) is ruling


def test_an_acknowledgement_is_not_sampled():
    case = case_of(alert(state="acknowledged"))

    assert sampling(1.0).review(case, MEMBER) is MEMBER


def test_what_the_model_hides_is_probed_within_the_hours_at_a_phase_of_its_own():
    tenant, by = TenantState("acme"), sampling(0.0)
    dues = []
    for number in range(50):
        tell_it(tenant, NOW, check=f"C{number}")
        one = alert(check=f"C{number}", value=1.0, threshold=2.0)
        case = case_of(one, tenant, NOW + HOUR)
        dues.append(by.probe_due(case))
        assert by.review(case, LEARNED) is LEARNED
        case.now = dues[-1]
        assert by.review(case, LEARNED).reason is Reason.PROBE

    assert all(NOW + 12 * HOUR <= due < NOW + 24 * HOUR for due in dues)
    assert len(set(dues)) == 50


def test_what_was_never_told_is_probed_from_its_first_alert_on():
    case = case_of(now=NOW)

    assert sampling(0.0, hours=2).probe_due(case) >= NOW + HOUR


def test_what_has_no_value_is_probed_only_if_it_was_ever_real():
    never_real, once_real = (case_of(tenant=TenantState("acme"), now=NOW + 48 * HOUR) for _ in "ab")
    once_real.check.actionable_answers = 1
    for case in (never_real, once_real):
        case.condition.first_at = NOW

    assert sampling(0.0).review(never_real, LEARNED) is LEARNED
    assert sampling(0.0).review(once_real, LEARNED).reason is Reason.PROBE


def test_probes_come_less_often_the_more_people_called_it_noise():
    def hours(answers: int, **fields: object) -> float:
        case = case_of(alert(**fields), now=NOW)
        case.condition.noise_answers = answers
        return (sampling(0.0).probe_due(case) - NOW) / HOUR

    limit = {"value": 9.0, "threshold": 10.0}
    assert hours(2) == pytest.approx(4 * hours(0))
    assert hours(9) == pytest.approx(16 * hours(0))
    assert hours(9, **limit) == pytest.approx(2 * hours(0, **limit))


def test_values_of_what_was_real_before_are_probed_as_often_as_at_first():
    def hours(answers: int) -> float:
        case = case_of(alert(value=9.0, threshold=10.0), now=NOW)
        case.condition.noise_answers, case.check.actionable_answers = answers, 1
        return (sampling(0.0).probe_due(case) - NOW) / HOUR

    assert hours(40) == hours(0)
