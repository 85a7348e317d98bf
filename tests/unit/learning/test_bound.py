from __future__ import annotations

from typing import Any

import pytest

from noise.decision import Reason
from noise.label import Verdict
from noise.learning.bound import ERROR, HALF_LIFE_DAYS, Cells, Ledger
from noise.learning.evidence import (
    EPOCH_SECONDS,
    MAX_ALERT_CLASSES,
    OTHER,
    UNKNOWN,
    Evidence,
    hidden_real,
    missed_incidents,
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
AUDITED: dict[str, Any] = {"reason": Reason.AUDIT_SAMPLE, "inclusion": SHARE}
PROBED: dict[str, Any] = {"reason": Reason.PROBE}
WATCHED: dict[str, Any] = {"reason": Reason.OBSERVE_MODE, "would_suppress": True, "observed": True}


def test_before_any_answer_nothing_is_claimed():
    risk = Ledger().risk()

    assert risk.false_positive_ratio is None
    assert risk.false_discovery_ratio is None
    assert risk.overturned_ratio is None
    assert risk.missed_incident_ratio == UNKNOWN
    assert risk.hidden_real_ratio == UNKNOWN
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
    assert books.ledger.missed_incidents().value == pytest.approx(1 / 5)


@pytest.mark.parametrize("reason", [Reason.HOLDING, Reason.MAINTENANCE, Reason.POLICY])
def test_waiting_and_the_owners_orders_are_no_verdicts(reason):
    books = Books()
    books.seen(3, REAL, reason=reason, would_suppress=True)

    assert books.ledger.cells() == Cells(0, 0, 0, 0)
    assert books.ledger.known() == Evidence()


def test_what_joined_an_incident_that_people_knew_of_is_not_missed():
    books = Books()
    books.seen(1, REAL, **SHOWN)
    books.seen(2, REAL, **WATCHED, told=True)
    books.seen(2, NOISE, **WATCHED)

    assert books.ledger.missed_incidents().value == 0
    assert books.ledger.hidden_real().value == 0


def test_the_bounds_follow_from_what_is_known_in_the_window():
    books = Books()
    books.seen(10, REAL, **SHOWN)
    for _ in range(50):
        books.decide(**HIDDEN)
    books.seen(50, NOISE, **AUDITED)
    known = Evidence(hidden=100, shown_real=10, answered=[50, 0, 0, 0, 0, 0])

    missed, hidden = books.ledger.missed_incidents(), books.ledger.hidden_real()

    assert books.ledger.known() == known
    assert hidden == hidden_real(known, SHARE, ERROR)
    assert missed == (0, missed_incidents(known, SHARE, ERROR).upper, 0)


def test_a_correction_is_corrected_in_the_evidence():
    books = Books()
    seen = [books.decide(**fields) for fields in (AUDITED, SHOWN, WATCHED)]
    for one in seen:
        books.answer(one, NOISE)
    noise = Evidence(1, 1, 1, 0, [1, 0, 0, 0, 0, 1], [0] * 6)
    assert books.ledger.known() == noise

    for one in seen:
        books.answer(one, REAL)
    assert books.ledger.known() == Evidence(1, 1, 0, 1, [1, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 1])


def test_what_surfaced_counts_in_its_class_and_takes_the_place_of_the_cells():
    books = Books()
    books.seen(4, REAL, **SHOWN)
    for is_missed in (False, False, False, True):
        books.ledger.surfaced("disk", NOW, SHARE, is_missed=is_missed)
    known = Evidence(shown_real=4, surfaced=4, missed=1)

    assert books.ledger.known() == known
    assert books.ledger.evidence["disk"][1] == Evidence(surfaced=4, missed=1)
    assert books.ledger.missed_incidents() == missed_incidents(known, SHARE, ERROR)


def test_evidence_is_kept_by_class_and_classes_beyond_the_bound_share_one():
    books = Books()
    for number in range(MAX_ALERT_CLASSES + 3):
        books.decide(**HIDDEN, category=f"class {number}")

    assert books.ledger.evidence["class 3"][1].hidden == 1
    assert books.ledger.evidence[OTHER][1].hidden == 3
    assert books.ledger.known().hidden == MAX_ALERT_CLASSES + 3


def test_evidence_counts_in_its_own_epoch_and_the_one_after():
    books, start = Books(), 1000 * EPOCH_SECONDS
    old = books.decide(start, **AUDITED)
    books.answer(old, NOISE, start)
    for epochs, answered in ((0.9, 1), (1.9, 1), (2.0, 0), (9.0, 0)):
        books.decide(start + epochs * EPOCH_SECONDS, **SHOWN)
        assert books.ledger.known().answered[0] == answered

    books.answer(old, REAL, start + 9 * EPOCH_SECONDS)
    assert books.ledger.known().real[0] == 1


def test_how_many_of_a_class_are_hidden_a_day_counts_from_the_first_alert_and_two_epochs_back():
    books, start = Books(), 1000 * EPOCH_SECONDS + 4 * DAY
    assert books.ledger.hidden_a_day("disk", start) == 0
    for day in range(20):
        books.decide(start + day * DAY, **HIDDEN, category="disk")
        books.decide(start + day * DAY, **WATCHED, category="disk")

    assert books.ledger.hidden_a_day("disk", start + 20 * DAY) == 2
    assert books.ledger.hidden_a_day("backup", start + 20 * DAY) == 0

    later = 1002 * EPOCH_SECONDS + 8 * DAY
    books.decide(later, **HIDDEN, category="disk")
    books.decide(later, **HIDDEN, category="backup")
    assert books.ledger.hidden_a_day("disk", later) == pytest.approx(21 / 22)
    assert books.ledger.hidden_a_day("backup", later) == pytest.approx(1 / 8)


def test_samples_of_another_share_are_no_evidence():
    books = Books()
    books.seen(3, NOISE, **AUDITED)

    books.share = SHARE * 2
    late = books.decide(**AUDITED)
    books.answer(late, NOISE)

    assert books.ledger.known().answered == [0] * 6
    assert books.ledger.known().hidden == 1


def test_a_sample_that_lasted_until_it_was_due_was_not_hidden():
    books = Books()
    one = books.decide(**AUDITED)
    books.ledger.told_anyway(one)
    books.answer(one, REAL)

    assert books.ledger.cells() == Cells(0, 1, 0, 0)
    assert books.ledger.known() == Evidence(shown_real=1)


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

    assert books.ledger.known() == Evidence(shown_real=1)
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


def test_how_late_answers_come_is_averaged_over_first_answers():
    books = Books()
    for minutes in (10, 30):
        one = books.decide(**SHOWN)
        books.answer(one, NOISE, NOW + minutes * 60)
        books.answer(one, REAL, NOW + 9000)

    assert books.ledger.risk().label_delay_seconds == pytest.approx(1200, rel=0.01)


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


def test_a_ledger_without_bins_counts_all_the_same_and_ranks_nothing():
    books = Books()
    books.ledger = Ledger(noise_scores=[], real_scores=[])
    books.seen(3, NOISE, **SHOWN)

    assert books.ledger.cells().shown_noise == 3
    assert books.ledger.auc() is None
