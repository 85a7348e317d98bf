from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from noise.learning.interval import Draws, Interval, share_interval

ERROR = 0.025


def interval(answered: int, real: int, error: float = ERROR) -> Interval:
    return share_interval((Draws(1.0, answered, real),), 1.0, error)


def test_without_draws_nothing_is_known():
    assert share_interval((), 1.0, ERROR) == interval(0, 0) == (0, 1)


def test_none_real_among_many_leaves_room_for_a_few():
    assert interval(500, 0).low == 0
    assert 3.0 < 500 * interval(500, 0).high < 4.6


def test_all_real_leaves_room_for_a_few_others():
    assert interval(500, 500).high == 1
    assert interval(500, 500).low > 0.98


@pytest.mark.parametrize(("answered", "real"), [(20, 1), (300, 3), (300, 150), (5000, 25)])
def test_the_interval_holds_what_was_seen_and_narrows_with_draws(answered, real):
    one, more = interval(answered, real), interval(answered * 10, real * 10)

    assert one.low <= real / answered <= one.high
    assert one.low <= more.low <= more.high <= one.high


def test_each_real_draw_moves_both_ends_up():
    ends = [interval(200, real) for real in range(0, 201, 10)]

    assert all(a.low <= b.low and a.high <= b.high for a, b in pairwise(ends))


def test_a_smaller_error_needs_a_wider_interval():
    assert interval(300, 6, 0.001).high > interval(300, 6).high
    assert interval(300, 6, 0.001).low < interval(300, 6).low


def test_what_is_drawn_more_often_says_less_of_the_rest():
    rare = share_interval((Draws(100.0, 50, 0),), 100.0, ERROR)
    with_often = share_interval((Draws(100.0, 50, 0), Draws(1.0, 500, 0)), 100.0, ERROR)
    often = share_interval((Draws(1.0, 500, 0),), 100.0, ERROR)

    assert with_often.high == pytest.approx(rare.high, rel=0.1)
    assert often.high > 0.5


def test_a_share_that_is_read_at_every_draw_is_covered_throughout():
    outside = 0
    for seed in range(60):
        rng, real, mean = Random(seed), 0, 0.0
        for number in range(1, 300):
            chance = 0.3 if rng.random() < 0.5 + 0.5 * (number > 100) else 0.02
            mean += (chance - mean) / number
            real += rng.random() < chance
            low, high = interval(number, real)
            if not low <= mean <= high:
                outside += 1
                break

    assert outside <= 3
