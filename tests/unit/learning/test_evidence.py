from __future__ import annotations

import pytest

from noise.learning.evidence import (
    CERTAIN,
    FALSE_ALARMS,
    FOUND,
    LEVELS,
    SURFACES_MORE,
    UNKNOWN,
    Evidence,
    chance_of,
    chapman,
    hidden_real,
    level_of,
    missed_incidents,
)
from noise.learning.interval import Draws, share_interval

SHARE, ERROR = 0.01, 0.05


def draws(level: int, answered: int, real: int = 0, **numbers: int) -> Evidence:
    known = Evidence(**numbers)
    known.answered[level], known.real[level] = answered, real
    return known


@pytest.mark.parametrize("level", range(LEVELS))
def test_a_level_follows_from_the_chance_of_a_draw(level):
    assert level_of(chance_of(level, SHARE), SHARE) == level


def test_what_was_surely_seen_has_a_level_of_its_own_and_another_settings_draw_has_none():
    assert level_of(1.0, SHARE) == CERTAIN
    assert chance_of(CERTAIN, SHARE) == 1
    assert level_of(SHARE / 2, SHARE) is None
    assert level_of(SHARE, 0.0) is None


@pytest.mark.parametrize("known", [Evidence(), Evidence(hidden=9), Evidence(watched=3, hidden=9)])
def test_without_answers_nothing_is_claimed(known):
    assert hidden_real(known, SHARE, ERROR) == UNKNOWN


def test_the_interval_allows_for_technicians_who_err():
    known = draws(CERTAIN, 1000, 300, watched=1000)
    low, high = share_interval((Draws(1.0, 1000, 300),), 1.0, ERROR / 2)

    rate = hidden_real(known, 0.0, ERROR)

    assert rate.value == pytest.approx(0.3)
    assert rate.upper == pytest.approx(high / FOUND)
    assert rate.lower == pytest.approx((low - FALSE_ALARMS) / (1 - FALSE_ALARMS))


def test_the_interval_stays_between_none_and_all():
    assert hidden_real(draws(0, 9, 9, hidden=900), SHARE, ERROR).upper == 1
    assert hidden_real(draws(0, 9, 0, hidden=900), SHARE, ERROR).lower == 0


def test_a_real_draw_counts_by_how_rarely_it_was_made():
    known = draws(0, 10, 0, hidden=5000)
    known.answered[4], known.real[4] = 160, 16

    assert hidden_real(known, SHARE, ERROR).value == pytest.approx(16 / 16 / 20)


def test_what_is_hidden_without_any_sample_may_be_all_real():
    watched = draws(CERTAIN, 1000, 0, watched=1000)
    both = draws(CERTAIN, 1000, 0, watched=1000, hidden=1000)

    assert hidden_real(watched, SHARE, ERROR).upper < 0.01
    assert hidden_real(both, SHARE, ERROR).value == 0
    assert 0.5 / FOUND < hidden_real(both, SHARE, ERROR).upper < 0.6 / FOUND


def test_evidence_adds_up():
    total = draws(2, 5, 1, watched=1, hidden=2, shown_noise=3, shown_real=4)
    total.add(draws(2, 1, 0, watched=10, hidden=20, shown_noise=30, shown_real=40))

    assert total == draws(2, 6, 1, watched=11, hidden=22, shown_noise=33, shown_real=44)


def possible(known: Evidence, error: float = ERROR) -> float:
    """The audit's bound: what may be real of the hidden, against what surely was of the shown."""
    upper = hidden_real(known, SHARE, error / 2).upper
    answered = known.shown_real + known.shown_noise
    low = share_interval((Draws(1.0, answered, known.shown_real),), 1.0, error / 4).low
    assert upper is not None
    hidden = (known.watched + known.hidden) * upper
    return hidden / (hidden + answered * max(0, (low - FALSE_ALARMS) / (1 - FALSE_ALARMS)))


def test_of_the_real_as_many_may_be_missed_as_the_samples_of_the_hidden_allow():
    known = draws(CERTAIN, 1000, 0, watched=1000, shown_real=90)

    assert missed_incidents(known, SHARE, ERROR) == (None, pytest.approx(possible(known)), 0)
    assert 0.05 < possible(known) < 0.15


def test_what_was_shown_is_real_only_as_far_as_it_cannot_be_false_alarms():
    known = draws(CERTAIN, 1000, 0, watched=1000, shown_real=9, shown_noise=900)

    assert missed_incidents(known, SHARE, ERROR).upper == 1


def test_without_samples_and_without_outcomes_no_miss_is_claimed_or_denied():
    assert missed_incidents(Evidence(hidden=9, shown_real=5), SHARE, ERROR) == UNKNOWN


def test_two_catches_say_how_many_there_are():
    assert chapman(29, 19, 9) == 59
    assert chapman(10, 5, 5) == 10
    assert chapman(3, 4, 0) == 19  # nothing in common: many more than were seen


def test_of_what_surfaced_the_hidden_share_is_what_was_missed():
    known = Evidence(shown_real=30, surfaced=20, missed=5)
    low, high = share_interval((Draws(1.0, 20, 5),), 1.0, ERROR / 2)

    rate = missed_incidents(known, SHARE, ERROR)

    least = low / (low + SURFACES_MORE * (1 - low))
    assert rate == (pytest.approx(1 - 30 / chapman(30, 20, 15)), high, pytest.approx(least))
    assert rate.value == pytest.approx(5 / 20, abs=0.02)


def test_where_all_that_surfaced_was_hidden_all_may_have_been():
    rate = missed_incidents(Evidence(shown_real=30, surfaced=4, missed=4), SHARE, ERROR)

    assert rate.upper == 1
    assert rate.value == pytest.approx(1 - 30 / 154)


def test_what_surfaced_was_real_whatever_was_answered():
    assert missed_incidents(Evidence(surfaced=8), SHARE, ERROR).value == 0


def test_the_better_of_both_upper_ends_counts_with_half_of_the_error_each():
    known = draws(CERTAIN, 2000, 0, watched=2000, shown_real=90, surfaced=10)
    audited = possible(known, ERROR / 2)
    assert missed_incidents(known, SHARE, ERROR).upper == pytest.approx(audited)

    known = draws(0, 20, 0, hidden=9000, shown_real=90, surfaced=100)
    outcomes = share_interval((Draws(1.0, 100, 0),), 1.0, ERROR / 4).high
    assert missed_incidents(known, SHARE, ERROR).upper == outcomes
