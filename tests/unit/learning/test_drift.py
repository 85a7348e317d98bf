from __future__ import annotations

from random import Random

from noise.label import Verdict
from noise.learning.drift import DOUBT, Drift

NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE


def answered(drift: Drift, times: int, noise: float, score: float, seed: int = 3) -> None:
    """Answers to alerts that the model gave ``score``, a share ``noise`` of which is noise."""
    chance = Random(seed)
    for _ in range(times):
        drift.note(score, NOISE if chance.random() < noise else REAL, 0.001)


def test_scores_that_hold_what_they_promise_leave_no_doubt():
    drift = Drift()
    answered(drift, 400, 0.95, 0.95)

    assert drift.doubt == 0


def test_what_was_noise_and_is_real_now_raises_doubt_until_new_answers_come():
    drift = Drift()
    answered(drift, 300, 0.97, 0.97)
    answered(drift, 40, 0.3, 0.97)
    assert 0.3 < drift.doubt <= DOUBT

    answered(drift, 150, 0.97, 0.97, seed=8)

    assert drift.doubt == 0


def test_being_asked_about_harder_alerts_is_no_drift():
    drift = Drift()
    answered(drift, 300, 0.98, 0.98)
    answered(drift, 40, 0.55, 0.55)

    assert drift.doubt == 0


def test_errors_that_fall_are_no_drift():
    drift = Drift()
    answered(drift, 100, 0.6, 0.95)
    drift.doubt = 0.0
    width = drift.adwin.width
    answered(drift, 300, 0.99, 0.99)

    assert drift.adwin.width < width + 300  # it was seen
    assert drift.doubt == 0
