from __future__ import annotations

import pytest

from noise.decision import Reason
from noise.settings import Scoring
from noise.stages.learned import Learned
from noise.state.case import Case
from tests.cases import NOW, case_of, scored
from tests.factories import alert

LEARNED = Learned(
    Scoring(
        guard_labels=2,
        hide_above=0.9,
        certain_above=0.7,
        hide_above_if_real=0.98,
        certain_above_if_real=0.85,
    )
)


def answered(noise: float = 0.95, low: float = 0.8, severity: str = "high") -> Case:
    case = case_of(alert(severity=severity), score=scored(noise, low))
    case.check.noise_answers = 2
    return case


def test_what_is_surely_noise_is_hidden_and_says_from_how_many_answers():
    ruling = LEARNED.judge(answered())

    assert ruling is not None
    assert ruling.reason is Reason.LEARNED_NOISE
    assert ruling.text == "95% likely to be noise, from 2 answers"


@pytest.mark.parametrize(("noise", "low"), [(0.89, 0.8), (0.95, 0.69)])
def test_both_the_probability_and_its_low_end_must_be_high(noise, low):
    assert LEARNED.judge(answered(noise, low)) is None


def test_before_enough_answers_the_model_is_not_even_asked():
    case = answered()
    case.check.noise_answers = 1

    assert LEARNED.judge(case) is None
    assert case.known_score is None


def test_the_severity_that_the_owner_protects_is_not_hidden():
    assert LEARNED.judge(answered(severity="critical")) is None


def test_what_was_ever_real_here_needs_to_be_surer():
    case = answered(0.97)
    case.check.actionable_answers = 1
    assert LEARNED.judge(case) is None

    surer = answered(0.99, 0.9)
    surer.check.actionable_answers = 1
    assert LEARNED.judge(surer) is not None


def test_a_stray_answer_among_many_does_not_make_a_check_real_unless_values_tell_cases_apart():
    many = answered()
    many.check.noise_answers, many.check.actionable_answers = 40, 1
    assert LEARNED.judge(many) is not None

    measured = case_of(alert(value=91.0), score=scored(0.95, 0.8))
    measured.check.noise_answers, measured.check.actionable_answers = 40, 1
    assert LEARNED.judge(measured) is None


def test_a_value_worse_than_all_that_was_called_noise_is_not_hidden():
    def judged(value: float) -> object:
        one = alert(value=value, threshold=100.0, bad_when="above")
        case = case_of(one, score=scored(0.95, 0.8))
        case.check.noise_answers, case.check.noise_excess = 2, 0.5
        return LEARNED.judge(case)

    assert judged(155.0) is not None
    assert judged(170.0) is None


def test_a_value_of_which_none_was_ever_called_noise_is_not_hidden():
    case = case_of(alert(value=91.0, threshold=90.0), score=scored(0.95, 0.8))
    case.check.noise_answers = 2

    assert LEARNED.judge(case) is None


def test_in_a_surge_of_never_seen_kinds_nothing_is_hidden():
    case = answered()
    case.tenant.core.surge.usual = 0.0
    case.tenant.core.surge.add(NOW, 3.0)
    assert LEARNED.judge(case) is None

    case.now = NOW + 3600
    assert LEARNED.judge(case) is not None
