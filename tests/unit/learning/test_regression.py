from __future__ import annotations

import pytest

from noise.learning.knowledge import INPUTS
from noise.learning.regression import FIRMNESS, Regression

HERE = {"prior": 1.0, "=disk": 1.0, "severity:2": 1.0}


def said(by: Regression) -> float:
    return sum(part for _, part in by.contributions(HERE))


def test_it_starts_from_what_is_known_on_day_one():
    by = Regression()

    assert set(by.names()) == set(INPUTS)
    assert by.weight("heat") == (INPUTS["heat"].weight, FIRMNESS)
    assert dict(by.contributions({"prior": 2.0, "heat": 1.0, "unknown": 1.0})) == {
        "intercept": 0.0,
        "prior": 2.0 * INPUTS["prior"].weight,
        "heat": INPUTS["heat"].weight,
    }


@pytest.mark.parametrize(("is_noise", "weight", "up"), [(True, 1, 1), (False, 1, 0), (True, -1, 0)])
def test_it_steps_towards_an_answer_and_away_from_one_taken_back(is_noise, weight, up):
    by = Regression()
    before = said(by)

    by.learn(HERE, is_noise, weight)

    assert (said(by) > before) is bool(up)


def test_of_too_many_weights_those_that_say_least_are_dropped_and_named():
    by = Regression(limit=30)
    gone: list[str] = []
    for number in range(60):
        gone += by.learn({f"source:{number}": 0.1 + number}, True, 1.0)

    assert gone
    assert len(by.names()) <= 30
    assert set(INPUTS) <= set(by.names())
    assert not any(by.knows(name) for name in gone)


def test_a_weight_that_was_put_back_counts_as_it_did():
    by, again = Regression(), Regression()
    by.learn(HERE, True, 1.0)
    for name in by.names():
        again.put(name, *by.weight(name))
    again.river.intercept = by.river.intercept

    assert said(again) == said(by)
