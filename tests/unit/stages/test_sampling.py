from __future__ import annotations

import pytest

from noise.decision import Action, Drawn, Reason, Ruling
from noise.settings import Sampling as Settings
from noise.stages.sampling import Sampling
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, tell_it
from tests.factories import alert

HOUR = 3600.0
MEMBER = Ruling(Action.SUPPRESS, Reason.INCIDENT_MEMBER, "a member")
LEARNED = Ruling(Action.SUPPRESS, Reason.LEARNED_NOISE, "noise")


def sampling(share: float, hours: int = 24, salt: str = "s") -> Sampling:
    return Sampling(Settings(audit_share=share, probe_hours=hours, salt=salt))


def test_about_the_share_that_the_owner_wants_is_sampled_and_always_the_same_alerts():
    cases = [case_of(alert(event_key=f"e{n}")) for n in range(2000)]

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
