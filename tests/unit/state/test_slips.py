from __future__ import annotations

import pytest

from noise.state.slips import MISSES, called_noise, noise_share, right_if_real


def test_one_answer_that_it_is_real_against_forty_is_mostly_a_slip():
    def right(noise: int, real: int) -> float:
        return right_if_real(noise_share(noise, real, 0.9, 2.0, 0.05), 0.05)

    assert right(40, 1) < 0.25 < right(10, 1)
    assert right(40, 2) < 0.5 < right(40, 6)


def test_where_nobody_slips_such_an_answer_is_right():
    assert right_if_real(noise_share(40, 1, 0.9, 2.0, 0.001), 0.001) > 0.9


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95, 0.99])
def test_many_answers_reveal_the_share_behind_the_errors(share):
    says_noise = called_noise(share, 0.05)

    found = noise_share(1e6 * says_noise, 1e6 * (1 - says_noise), 0.7, 2.0, 0.05)

    assert found == pytest.approx(share, abs=1e-3)


def test_no_answers_change_nothing():
    assert noise_share(0, 0, 0.7, 2.0, 0.05) == pytest.approx(0.7)


@pytest.mark.parametrize(("noise", "real"), [(1e4, 0), (0, 1e4), (3, 0), (0, 3), (1e4, 1)])
def test_what_was_believed_before_is_never_quite_forgotten(noise, real):
    share = noise_share(noise, real, 0.7, 2.0, 0.05)

    assert 0 < share < 1
    assert 0 < right_if_real(share, 0.05) <= 1


def test_more_answers_that_it_is_noise_never_make_it_less_likely():
    shares = [noise_share(noise, 3, 0.8, 2.0, 0.04) for noise in range(0, 200, 5)]

    assert shares == sorted(shares)
    assert called_noise(0.0, 0.05) == MISSES
