from __future__ import annotations

from typing import Any

import pytest

from noise.alert import utc
from noise.decision import HIDDEN, Action, Decision, Drawn, InForce, Reason
from noise.errors import SnapshotError
from noise.learning.learner import (
    DRIFT,
    KINDS,
    LEDGER,
    MODEL,
    PERSON,
    SIGHTING,
    STARVATION,
    WAITING,
    Learner,
)
from noise.settings import Settings
from noise.state.answerable import Answerable
from noise.state.case import Case
from noise.state.condition import Condition
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, incident
from tests.factories import alert, label, sighting


def learner() -> Learner:
    return Learner(Settings(), {})


def decide(
    by: Learner,
    decision_id: str = "d1.c1",
    reason: Reason = Reason.SCORE,
    *,
    now: float = NOW,
    would_suppress: bool = False,
    **fields: object,
) -> Case:
    """Score a case and remember a decision on it."""
    case = case_of(alert(**fields), TenantState("acme"), now)
    score = by.score(case)
    decision = Decision(
        id=decision_id,
        action=Action.NOTIFY,
        reason=reason,
        decided_at=utc(case.now),
        mode=InForce.ENFORCE,
        would_suppress=would_suppress,
        noise_probability=score.noise_probability,
    )
    by.remember(case, decision, incident())
    return case


def test_scores_and_the_number_of_labels_change_at_once():
    by = learner()
    case = decide(by)
    before = by.score(case)

    by.hear(label("d1.c1", "actionable"), NOW)
    after = by.score(case)

    assert after.noise_probability < before.noise_probability
    assert (before.model.labels_seen, after.model.labels_seen) == (0, 1)


def test_a_correction_takes_back_what_was_learned_and_counts_one_label():
    by = learner()
    case = decide(by)
    by.hear(label("d1.c1", "noise"), NOW)
    sure = by.score(case)

    by.hear(label("d1.c1", "actionable", at=NOW + 9), NOW + 9)

    assert by.score(case).noise_probability < sure.noise_probability
    assert by.score(case).model.labels_seen == 1
    assert by.risk().cells.shown_real == 1
    assert by.risk().cells.shown_noise == 0


def sampled(by: Learner, hidden_until: float | None) -> Case:
    """Remember an audit sample that would have been hidden until then."""
    case = case_of(alert(), TenantState("acme"))
    decision = Decision(
        id=f"d1.{case.condition.key}",
        action=Action.NOTIFY,
        reason=Reason.AUDIT_SAMPLE,
        decided_at=utc(case.now),
        mode=InForce.ENFORCE,
        would_suppress=False,
        noise_probability=by.score(case).noise_probability,
    )
    by.remember(case, decision, incident(), drawn=Drawn(0.01, hidden_until))
    return case


@pytest.mark.parametrize(
    ("hidden_until", "cleared_at", "raised_at", "shown_real"),
    [
        (None, 0, 0, 0),  # hidden for good
        (600, 0, 0, 1),  # lasted
        (600, 300, 0, 0),  # cleared before
        (600, 700, 0, 1),  # cleared too late
        (600, 0, 800, 0),  # raised again: nobody knows
        (9000, 0, 0, 0),  # not decided yet
    ],
)
def test_a_sample_that_would_have_been_told_in_the_end_is_no_miss(
    hidden_until, cleared_at, raised_at, shown_real
):
    conditions: dict[str, Condition] = {}
    by = Learner(Settings(), conditions)
    case = sampled(by, None if hidden_until is None else NOW + hidden_until)
    condition = conditions[case.condition.key] = case.condition
    condition.cleared_at = NOW + cleared_at if cleared_at else 0.0
    condition.raised_at = NOW + raised_at

    by.hear(label(f"d1.{condition.key}", "actionable", at=NOW + 1000), NOW + 1000)

    assert by.risk().cells.shown_real == shown_real
    assert by.risk().cells.hidden_real == pytest.approx(0 if shown_real else 100)
    assert by.ledger.known().hidden == 1 - shown_real


def test_a_sample_of_a_condition_that_is_forgotten_counts_as_hidden():
    by = learner()
    case = sampled(by, NOW + 600)

    by.hear(label(f"d1.{case.condition.key}", "actionable", at=NOW + 1000), NOW + 1000)

    assert by.risk().cells.hidden_real == pytest.approx(100)


WATCHED: dict[str, Any] = {"would_suppress": True, "observed": True, "decided_at": NOW}


def beside(decision_id: str, at: float, reason: Reason = Reason.SCORE) -> Answerable:
    """Something shown of the same device."""
    return sighting(decision_id, decided_at=at, reason=reason)


@pytest.mark.parametrize(
    ("told_at", "others", "counted"),
    [
        (0.0, [], 1),
        (NOW + 30, [], 0),  # its incident was told meanwhile
        (0.0, [beside("d0.c1", NOW - 80_000)], 0),  # shown within a day before
        (0.0, [beside("d2.c1", NOW + 30)], 0),  # and since
        (0.0, [beside("d0.c1", NOW - 90_000)], 1),
        (0.0, [beside("d0.c2", NOW)], 1),  # another condition of the device
        (0.0, [beside("d0.c1", NOW, Reason.PROBE)], 1),  # people only saw it because it was drawn
    ],
)
def test_what_people_would_know_of_by_its_first_answer_is_not_counted_as_hidden(
    told_at, others, counted
):
    by = Learner(Settings(), {}, incidents={"i1": incident(told_at=told_at)})
    one = sighting("d1.c1", reason=Reason.LEARNED_NOISE, scope="class/disk", **WATCHED)
    for other in (one, *others):
        by.answerables.remember(other)
    by.ledger.decided(one, None, NOW, 0.003)
    by.books.decided(one, None, NOW)

    by.hear(label("d1.c1", "actionable", at=NOW + 60), NOW + 60)

    ledgers = (by.ledger, by.books.ledgers["class/disk"], by.books.ledgers["all"])
    assert [ledger.known().watched for ledger in ledgers] == [counted] * 3
    assert [sum(ledger.known().real) for ledger in ledgers] == [counted] * 3
    assert one.told is not bool(counted)


def test_what_waited_and_cleared_counts_unless_people_were_told_of_its_incident():
    told = {"i1": incident(told_at=NOW)}
    for incidents, counted in (({}, 1), (told, 0)):
        by = Learner(Settings(), {}, incidents=incidents)
        by.answerables.remember(sighting("d1.c1", reason=Reason.HOLDING, **WATCHED))

        by.cleared("d1.c1", NOW + 60)

        assert by.ledger.known().watched == counted


def test_what_waited_and_cleared_unseen_is_remembered_where_waiting_has_to_be_earned():
    by = learner()
    for name, scope in (("d1.c1", "class/disk"), ("d2.c2", "")):
        waits = sighting(name, reason=Reason.HOLDING, would_suppress=True, scope=scope)
        by.answerables.remember(waits)
        assert by.cleared(name, NOW) is None

    assert [one.unseen for one in by.answerables] == [True, False]
    assert by.cleared("d3.c3", NOW) is None


def test_an_answer_that_came_before_its_decision_is_learned_with_it():
    by = learner()
    assert by.hear(label("d1.c1", "actionable"), NOW).outcome == "unknown_target"
    assert by.risk().cells.shown_real == 0

    decide(by)

    assert by.risk().cells.shown_real == 1
    assert by.model.labels_seen == 1


def test_facts_are_those_of_the_moment_of_judging_even_if_another_case_was_scored_since():
    by = learner()
    first, second = case_of(alert(check="disk")), case_of(alert(check="cpu"))
    by.score(first)
    by.score(second)
    decision = Decision(
        id="d1.c1",
        action=Action.NOTIFY,
        reason=Reason.SCORE,
        decided_at=utc(NOW),
        mode=InForce.ENFORCE,
        would_suppress=False,
        noise_probability=0.5,
    )

    by.remember(first, decision, None)

    (kept,) = by.answerables
    assert kept.facts.check == "disk"


def test_each_change_is_saved_once_and_what_was_dropped_is_not():
    by = learner()
    assert by.changed_pieces() == []
    decide(by)
    by.hear(label("d1.c1"), NOW)
    by.hear(label("unknown.x"), NOW)

    kinds = [piece.kind for piece in by.changed_pieces()]
    assert sorted(set(kinds)) == sorted(KINDS)
    assert by.changed_pieces() == []

    decide(by, "d2.c1")
    by.hear(label("d2.c1"), NOW)
    by.forget_changes()
    assert by.changed_pieces() == []


def test_all_that_was_saved_comes_back():
    by, again = learner(), learner()
    case = decide(by)
    by.hear(label("d1.c1"), NOW)
    by.hear(label("unknown.x"), NOW)
    for piece in by.all_pieces():
        again.load(*piece)

    assert again.score(case) == by.score(case)
    assert again.risk() == by.risk()
    assert list(again.all_pieces()) == list(by.all_pieces())


@pytest.mark.parametrize("kind", [MODEL, SIGHTING, WAITING, LEDGER, PERSON, DRIFT, STARVATION])
@pytest.mark.parametrize("value", [b"", b"9", b"1\xc1", b"1\x01"])
def test_a_piece_that_cannot_be_read_is_refused(kind, value):
    with pytest.raises(SnapshotError, match=r"unknown version|cannot be read"):
        learner().load(kind, "core", value)


def test_answers_that_no_longer_fit_raise_doubt_which_survives_a_restart():
    by, again = learner(), learner()
    for number in range(150):
        case = decide(by, f"d{number}.c1")
        by.hear(label(f"d{number}.c1", label_id=f"l{number}"), NOW)
    for number in range(150, 200):
        decide(by, f"d{number}.c1")
    for number in range(150, 200):
        by.hear(label(f"d{number}.c1", "actionable", label_id=f"l{number}"), NOW)
    for piece in by.all_pieces():
        again.load(*piece)

    assert 0.05 < by.health().doubt <= 0.9
    assert again.health() == by.health()
    assert again.score(case) == by.score(case)


def test_real_said_of_an_incident_counts_in_the_books_for_the_most_suspicious_alone():
    by = learner()
    decide(by, "d1.c1", check="raid", severity="critical")
    for number in range(2, 6):
        decide(by, f"d{number}.c{number}", check=f"noise {number}", severity="info")

    by.hear(label(None, "actionable", incident_id=incident().id), NOW)
    assert by.risk().cells.shown_real == 1

    by.hear(label("d2.c2", "actionable", by="tom"), NOW)
    assert by.risk().cells.shown_real == 2


def more_is_hidden(*reasons: Reason) -> bool:
    """Whether it shows in the share hidden that, later, one sighting was decided on like this."""
    by, later = learner(), NOW + 20 * 86_400
    for number in range(20):
        decide(by, f"d{number}.c{number}")
    for number, reason in enumerate(reasons):
        is_hidden = reason in HIDDEN
        decide(by, f"e.x+{number}", reason, now=later + number, would_suppress=is_hidden)
    decide(by, "last.c", now=later + 60)
    share = by.health().lately.hidden
    assert share is not None
    return share > 0.01


def test_only_what_the_model_judged_noise_makes_the_share_hidden_grow():
    assert more_is_hidden(Reason.LEARNED_NOISE)
    assert more_is_hidden(Reason.AUDIT_SAMPLE)
    assert more_is_hidden(Reason.HOLDING, Reason.LEARNED_NOISE)
    for other in (Reason.POLICY, Reason.MAINTENANCE, Reason.INCIDENT_MEMBER, Reason.HOLDING):
        assert not more_is_hidden(other)
    assert not more_is_hidden(Reason.SCORE)
