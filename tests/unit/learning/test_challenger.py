from __future__ import annotations

import pytest

from noise.label import Verdict
from noise.learning.challenger import Challenger, Comparison, Duel, Marks
from noise.state.facts import Facts
from tests.factories import alert
from tests.story import Story, enforcing

NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE
CALM = Facts(check="ping", condition="c1", severity=1)
BAD = Facts(check="raid", condition="c2", severity=3)


def test_scores_that_part_noise_from_real_have_a_high_auc_and_a_low_error():
    good, bad, even = Marks(), Marks(), Marks()
    for verdict, score in ((NOISE, 0.9), (REAL, 0.1), (NOISE, 0.8)):
        good.add(score, verdict)
        bad.add(1.0 - score, verdict)
        even.add(0.5, verdict)

    assert (good.auc, bad.auc, even.auc) == (1.0, 0.0, 0.5)
    assert good.brier == pytest.approx((0.01 + 0.01 + 0.04) / 3)
    assert even.answers == 3


def test_without_answers_nothing_is_said():
    assert Duel().comparison() == Comparison(0, None, None, None, None)


def test_a_forest_learns_what_is_noise_and_is_marked_before_it_learns():
    challenger = Challenger()
    for _ in range(60):
        for known, verdict in ((CALM, NOISE), (BAD, REAL)):
            challenger.meet(known, 0.5, verdict)
            challenger.learn(known, verdict, 1.0)

    both = challenger.duel.comparison()

    assert both.answers == 120
    assert both.model_brier == 0.25
    assert both.challenger_brier is not None
    assert both.challenger_brier < 0.1
    assert both.model_auc == 0.5
    assert both.challenger_auc is not None
    assert both.challenger_auc > 0.9


def test_the_marks_of_several_clients_add_up():
    one, total = Duel(), Duel()
    one.model.add(0.9, NOISE)
    one.challenger.add(0.2, NOISE)
    total.include(one)
    total.include(one)

    assert total.comparison() == Comparison(2, None, None, pytest.approx(0.01), pytest.approx(0.64))


def test_an_engine_compares_only_if_it_is_told_to_and_decides_the_same():
    def month(challenger: bool) -> Story:
        story = Story(enforcing(scoring={"challenger": challenger}))
        for slot in range(60):
            seen = story.push(slot * 90.0, alert(check=f"check {slot % 3}"))
            story.answer(slot * 90.0 + 5, seen, NOISE if slot % 3 else REAL)
            if slot % 10 == 0:
                story.answer(slot * 90.0 + 9, seen, NOISE)
        return story

    plain, compared = month(False), month(True)

    assert plain.engine.comparison() is None
    comparison = compared.engine.comparison()
    assert comparison is not None
    assert comparison.answers > 20
    assert compared.decided == plain.decided
    assert dict(compared.engine.export()) == dict(plain.engine.export())
