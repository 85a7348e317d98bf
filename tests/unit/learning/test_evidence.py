from __future__ import annotations

import pytest

from noise.learning.evidence import (
    CERTAIN,
    FALSE_ALARMS,
    LEVELS,
    OVERLOOKED,
    UNKNOWN,
    Evidence,
    chance_of,
    hidden_real,
    level_of,
    possibly_missed,
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
    assert possibly_missed(known, SHARE, ERROR) is None


def test_the_interval_allows_for_technicians_who_err():
    known = draws(CERTAIN, 1000, 300, watched=1000)
    low, high = share_interval((Draws(1.0, 1000, 300),), 1.0, ERROR / 2)

    rate = hidden_real(known, 0.0, ERROR)

    assert rate.value == pytest.approx(0.3)
    assert rate.upper == pytest.approx(high / (1 - OVERLOOKED))
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
    assert 0.5 / (1 - OVERLOOKED) < hidden_real(both, SHARE, ERROR).upper < 0.7


def test_evidence_adds_up():
    total = draws(2, 5, 1, watched=1, hidden=2, shown_noise=3, shown_real=4)
    total.add(draws(2, 1, 0, watched=10, hidden=20, shown_noise=30, shown_real=40))

    assert total == draws(2, 6, 1, watched=11, hidden=22, shown_noise=33, shown_real=44)


def test_of_the_real_as_many_may_be_missed_as_the_samples_of_the_hidden_allow():
    known = draws(CERTAIN, 1000, 0, watched=1000, shown_real=90)
    possible = 1000 * hidden_real(known, SHARE, ERROR).upper
    surely = 90 * (1 - FALSE_ALARMS) / (1 - FALSE_ALARMS)

    assert possibly_missed(known, SHARE, ERROR) == pytest.approx(possible / (possible + surely))


def test_what_was_shown_is_real_only_as_far_as_it_cannot_be_false_alarms():
    known = draws(CERTAIN, 1000, 0, watched=1000, shown_real=9, shown_noise=900)

    assert possibly_missed(known, SHARE, ERROR) == 1
