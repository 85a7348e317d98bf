from __future__ import annotations

import pytest

from noise.decision import Reason
from noise.settings import Scoring
from noise.stages.learned import Learned
from noise.state.case import Case
from tests.cases import NOW, case_of, scored
from tests.factories import alert

LEARNED = Learned(Scoring(guard_labels=2, hide_above=0.9, certain_above=0.7, heat_limit=1.5))


def answered(noise: float = 0.95, low: float = 0.8, severity: str = "high") -> Case:
    case = case_of(alert(severity=severity), score=scored(noise, low))
    case.check.noise_answers, case.check.actionable_answers = 1, 1
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
    case.check.noise_answers = 0

    assert LEARNED.judge(case) is None
    assert case.known_score is None


def test_the_severity_that_the_owner_protects_is_not_hidden():
    assert LEARNED.judge(answered(severity="critical")) is None


def test_while_there_is_trouble_nothing_is_hidden():
    case = answered()
    case.tenant.core.heat.add(NOW, 2.0)
    assert LEARNED.judge(case) is None

    case.now = NOW + 600
    assert LEARNED.judge(case) is not None
