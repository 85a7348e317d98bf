from __future__ import annotations

import pytest

from noise.learning.starvation import Lately, Starvation

NOW, DAY = 1_780_000_000.0, 86_400.0


def days(starvation: Starvation, since: int, until: int, hidden: int, real: int) -> None:
    """Each day ten decisions, ``hidden`` of which hide, and ``real`` answers that it was real."""
    for day in range(since, until):
        for number in range(10):
            starvation.decided(NOW + day * DAY + number, hides=number < hidden)
        for number in range(real):
            starvation.heard_real(NOW + day * DAY + 100 + number)


def test_a_client_that_is_served_as_always_changes_nothing():
    starvation = Starvation()
    days(starvation, 0, 60, hidden=4, real=2)

    change = starvation.change()

    assert change.real == pytest.approx(1, abs=0.1)
    assert change.hidden == pytest.approx(0, abs=0.01)


def test_real_answers_that_dry_up_while_more_is_hidden_show_in_both_rates():
    starvation = Starvation()
    days(starvation, 0, 40, hidden=2, real=2)
    days(starvation, 40, 54, hidden=9, real=0)

    change = starvation.change()

    assert change.real is not None
    assert change.real < 0.5
    assert change.hidden is not None
    assert change.hidden > 0.1


def test_too_few_real_answers_say_nothing():
    starvation = Starvation()
    assert starvation.change() == Lately(None, None)

    days(starvation, 0, 3, hidden=4, real=1)

    change = starvation.change()
    assert change.real is None
    assert change.hidden == pytest.approx(0, abs=0.02)


def test_one_rate_does_not_depend_on_when_it_was_last_looked_at():
    often, seldom = Starvation(), Starvation()
    for starvation in (often, seldom):
        starvation.decided(NOW, hides=True)
        starvation.heard_real(NOW)
    for step in range(1, 41):
        often.decided(NOW + step * DAY / 4, hides=False)
    for _ in range(40):
        seldom.decided(NOW + 10 * DAY, hides=False)

    assert often.recent.real == pytest.approx(seldom.recent.real)
    assert often.usual.days == pytest.approx(seldom.usual.days)
