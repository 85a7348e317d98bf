from __future__ import annotations

import pytest

from noise.learning.knowledge import INPUTS
from noise.learning.regression import FIRMNESS, Regression

HERE = {"prior": 1.0, "=disk": 1.0, "severity:2": 1.0}


def said(by: Regression) -> float:
    return sum(part for _, part in by.contributions(HERE))


def test_it_starts_from_what_is_known_on_day_one():
    by = Regression()

    assert set(by.river.weights) == set(INPUTS)
    assert by.weight("heat") == (INPUTS["heat"].weight, FIRMNESS)
    assert dict(by.contributions({"prior": 2.0, "heat": 1.0, "unknown": 1.0})) == {
        "intercept": 0.0,
        "prior": 2.0 * INPUTS["prior"].weight,
        "heat": INPUTS["heat"].weight,
    }


@pytest.mark.parametrize("is_noise", [True, False])
def test_it_steps_towards_an_answer_and_the_same_way_back(is_noise):
    by = Regression()
    before = said(by)

    step, gone = by.learn(HERE, is_noise, 1.0)
    assert (said(by) > before) is is_noise
    assert gone == []

    assert by.unlearn(HERE, step) == list(HERE)
    assert said(by) == pytest.approx(before)


def test_an_input_that_was_dropped_meanwhile_does_not_come_back():
    by = Regression()
    step, _ = by.learn({"prior": 1.0}, True, 1.0)

    assert by.unlearn(HERE, step) == ["prior"]
    assert not by.knows("=disk")


def test_of_too_many_weights_those_that_say_least_are_dropped_and_named():
    by = Regression(limit=30)
    gone: list[str] = []
    for number in range(60):
        gone += by.learn({f"source:{number}": 0.1 + number}, True, 1.0)[1]

    assert gone
    assert len(by.river.weights) <= 30
    assert set(INPUTS) <= set(by.river.weights)
    assert not any(by.knows(name) for name in gone)


def test_a_weight_that_was_put_back_counts_as_it_did():
    by, again = Regression(), Regression()
    by.learn(HERE, True, 1.0)
    for name in by.river.weights:
        again.put(name, *by.weight(name))
    again.river.intercept = by.river.intercept

    assert said(again) == said(by)
