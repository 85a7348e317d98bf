from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binomtest

from noise.decision import Reason
from noise.label import Verdict
from noise.learning.bound import (
    ERROR,
    HALF_LIFE_DAYS,
    Cells,
    Ledger,
    Rate,
    clopper_pearson,
)
from noise.state.answerable import DAY, Answer, Answerable
from tests.factories import sighting

NOW = 1_780_000_000.0
NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE
SHARE = 0.1


class Books:
    """A ledger, and the sightings that are entered in it."""

    def __init__(self, share: float = SHARE) -> None:
        self.ledger = Ledger()
        self.share = share
        self.count = 0

    def decide(self, now: float = NOW, **fields: Any) -> Answerable:
        self.count += 1
        one = sighting(f"d{self.count}.c{self.count}", decided_at=now, **fields)
        self.ledger.decided(one, None, now, self.share)
        return one

    def answer(self, one: Answerable, verdict: Verdict, now: float = NOW) -> None:
        before = one.verdict
        one.answers = [Answer("tess", verdict, "l", now)]
        self.ledger.heard(one, before, one.verdict, now, self.share)

    def seen(self, times: int, verdict: Verdict, **fields: Any) -> None:
        for _ in range(times):
            self.answer(self.decide(**fields), verdict)


SHOWN: dict[str, Any] = {"reason": Reason.SCORE}
HIDDEN: dict[str, Any] = {"reason": Reason.LEARNED_NOISE, "would_suppress": True}
AUDITED: dict[str, Any] = {"reason": Reason.AUDIT_SAMPLE}
PROBED: dict[str, Any] = {"reason": Reason.PROBE}
WATCHED: dict[str, Any] = {"reason": Reason.OBSERVE_MODE, "would_suppress": True, "observed": True}


def test_before_any_answer_nothing_is_claimed():
    risk = Ledger().risk()

    assert risk.false_positive_ratio is None
    assert risk.false_discovery_ratio is None
    assert risk.overturned_ratio is None
    assert risk.missed_incident_ratio == Rate(None, None)
    assert risk.hidden_real_ratio == Rate(None, None)
    assert risk.label_delay_seconds is None
    assert risk.auc is None
    assert risk.drift is None
    assert risk.cells == Cells(0, 0, 0, 0)


def test_what_was_shown_is_a_false_or_a_true_positive():
    books = Books()
    books.seen(3, NOISE, **SHOWN)
    books.seen(1, REAL, **SHOWN)

    assert books.ledger.cells() == Cells(3, 1, 0, 0)
    assert books.ledger.risk().false_discovery_ratio == 0.75
    assert books.ledger.risk().false_positive_ratio == 1


def test_an_audit_sample_stands_for_all_that_were_hidden_beside_it():
    books = Books()
    books.seen(2, NOISE, **AUDITED)
    books.seen(1, REAL, **AUDITED)

    cells = books.ledger.cells()
    assert cells.hidden_noise == pytest.approx(20)
    assert cells.hidden_real == pytest.approx(10)


@pytest.mark.parametrize("fields", [PROBED, WATCHED, AUDITED | {"observed": True}])
def test_a_probe_and_what_was_only_watched_stand_for_themselves(fields):
    books = Books()
    books.seen(2, NOISE, **fields)
    books.seen(1, REAL, **fields)

    assert books.ledger.cells() == Cells(0, 0, 2, 1)


def test_the_ratios_follow_from_the_cells():
    books = Books()
    books.seen(5, NOISE, **SHOWN)
    books.seen(10, REAL, **SHOWN)
    books.seen(80, NOISE, **WATCHED)
    books.seen(5, REAL, **WATCHED)

    risk = books.ledger.risk()
    assert risk.false_positive_ratio == pytest.approx(5 / 85)
    assert risk.false_discovery_ratio == pytest.approx(5 / 15)
    assert risk.overturned_ratio == pytest.approx(10 / 100)
    assert risk.missed_incident_ratio.value == pytest.approx(5 / 15)
    assert risk.hidden_real_ratio.value == pytest.approx(5 / 85)


def test_hidden_ones_that_turn_out_real_are_missed_at_least_that_often():
    books = Books()
    books.seen(4, REAL, **SHOWN)
    books.seen(1, REAL, **HIDDEN)
    books.seen(3, NOISE, **HIDDEN)

    assert books.ledger.cells() == Cells(0, 4, 0, 1)
    assert books.ledger.missed_incidents() == Rate(0.2, pytest.approx(1 / 2))


@pytest.mark.parametrize("reason", [Reason.HOLDING, Reason.MAINTENANCE, Reason.POLICY])
def test_waiting_and_the_owners_orders_are_no_verdicts(reason):
    books = Books()
    books.seen(3, REAL, reason=reason, would_suppress=True)

    assert books.ledger.cells() == Cells(0, 0, 0, 0)
    assert books.ledger.first.hidden == 0


def test_what_joined_an_incident_that_people_knew_of_is_not_missed():
    books = Books()
    books.seen(1, REAL, **SHOWN)
    books.seen(2, REAL, **WATCHED, told=True)
    books.seen(2, NOISE, **WATCHED)

    assert books.ledger.missed_incidents().value == 0
    assert books.ledger.hidden_real().value == pytest.approx(0.5)


def test_the_upper_bounds_take_as_many_to_be_real_as_the_samples_allow():
    books = Books()
    books.seen(10, REAL, **SHOWN)
    for _ in range(50):
        books.decide(**HIDDEN)
    books.seen(50, NOISE, **WATCHED)
    bound = clopper_pearson(0, 50, ERROR)

    missed, hidden = books.ledger.missed_incidents(), books.ledger.hidden_real()

    assert missed == Rate(0, pytest.approx(100 * bound / (100 * bound + 10)))
    assert hidden == Rate(0, pytest.approx(bound))


def test_a_stratum_without_samples_may_be_all_real():
    books = Books()
    books.seen(50, NOISE, **WATCHED)
    for _ in range(50):
        books.decide(**HIDDEN, told=True)

    rate = books.ledger.hidden_real()

    assert rate.value == 0
    assert rate.upper == pytest.approx((1 + clopper_pearson(0, 50, ERROR / 2)) / 2)


def test_a_correction_moves_the_answer_to_its_other_cell_and_an_even_balance_takes_it_out():
    books = Books()
    one = books.decide(**SHOWN)
    books.answer(one, NOISE)
    books.answer(one, REAL)
    assert books.ledger.cells() == Cells(0, 1, 0, 0)

    books.ledger.heard(one, REAL, None, NOW, SHARE)
    assert books.ledger.cells() == Cells(0, 0, 0, 0)
    assert books.ledger.delays == 1


def test_a_later_decision_on_the_same_sighting_takes_the_place_of_the_earlier_one():
    books = Books()
    one = books.decide(**HIDDEN)
    books.answer(one, REAL)
    later = sighting(f"{one.decision_id}+1", decided_at=NOW, **SHOWN)
    later.answers, later.booked_at = one.answers, one.booked_at

    books.ledger.decided(later, one, NOW, SHARE)

    assert books.ledger.first.hidden == 0
    assert books.ledger.cells() == Cells(0, 1, 0, 0)


def test_all_counts_fade_by_half_in_their_half_life_and_a_late_correction_fits():
    books, later = Books(), NOW + HALF_LIFE_DAYS * DAY
    one = books.decide(**SHOWN)
    books.answer(one, NOISE)
    books.answer(books.decide(later, **SHOWN), NOISE, later)
    assert books.ledger.cells().shown_noise == pytest.approx(1.5, abs=0.02)

    books.answer(one, REAL, later)
    assert books.ledger.cells() == pytest.approx(Cells(1, 1, 0, 0), abs=0.02)
    assert sum(books.ledger.noise_scores) == pytest.approx(1, abs=0.02)
    assert sum(books.ledger.real_scores) == pytest.approx(1, abs=0.02)


def test_without_audits_by_setting_an_audited_answer_stands_for_itself():
    books = Books(share=0.0)
    books.seen(1, NOISE, **AUDITED)

    assert books.ledger.cells() == Cells(0, 0, 1, 0)


def test_how_late_answers_come_is_averaged_over_first_answers():
    books = Books()
    for minutes in (10, 30):
        one = books.decide(**SHOWN)
        books.answer(one, NOISE, NOW + minutes * 60)
        books.answer(one, REAL, NOW + 9000)

    assert books.ledger.risk().label_delay_seconds == pytest.approx(1200, rel=0.01)


@settings(max_examples=60, derandomize=True)
@given(st.integers(0, 200), st.integers(1, 200), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_bound_is_clopper_and_pearsons(hits, others, error):
    trials = hits + others
    exact = binomtest(hits, trials).proportion_ci(1 - 2 * error, method="exact").high

    assert clopper_pearson(hits, trials, error) == pytest.approx(exact, rel=1e-9)
    assert clopper_pearson(hits, trials, error) == pytest.approx(
        beta.ppf(1 - error, hits + 1, others), rel=1e-9
    )


def test_with_nothing_but_hits_the_bound_is_one():
    assert clopper_pearson(3, 3, ERROR) == clopper_pearson(0, 0, ERROR) == 1


def test_the_auc_says_how_often_noise_scored_higher():
    books = Books()
    for score, verdict in ((0.9, NOISE), (0.8, NOISE), (0.3, NOISE), (0.2, REAL), (0.5, REAL)):
        books.seen(1, verdict, noise_probability=score)
    assert books.ledger.auc() == pytest.approx(5 / 6)

    tied = Books()
    tied.seen(2, NOISE, noise_probability=0.7)
    tied.seen(2, REAL, noise_probability=0.7)
    assert tied.ledger.auc() == 0.5

    extreme = Books()
    extreme.seen(1, NOISE, noise_probability=1.0)
    extreme.seen(1, REAL, noise_probability=0.0)
    assert extreme.ledger.auc() == 1


def test_an_answer_without_a_decision_counts_nowhere():
    books = Books()
    books.seen(1, NOISE, noise_probability=None)

    assert books.ledger.cells() == Cells(0, 0, 0, 0)
    assert books.ledger.auc() is None
    assert books.ledger.risk().drift is None


def test_a_model_that_lately_errs_more_than_usual_drifts():
    books = Books()
    books.seen(150, NOISE, noise_probability=0.9)
    assert books.ledger.risk().drift == pytest.approx(0)

    books.seen(20, REAL, noise_probability=0.9)
    drift = books.ledger.risk().drift
    assert drift is not None
    assert 0.3 < drift < 0.8
