from __future__ import annotations

from typing import Any

import msgspec
import pytest

from noise.decision import InForce, Reason
from noise.errors import SnapshotError
from noise.label import Verdict
from noise.learning.books import Books
from noise.learning.bound import Cells, Risk
from noise.learning.earning import FEW_ANSWERS, Earning, Standing
from noise.learning.evidence import Rate
from noise.mode_change import Change, ModeChange
from noise.settings import Limits, load_settings
from noise.state.answerable import Answer, Answerable, Answerables
from tests.factories import sighting

NOW = 1_780_000_000.0
HOUR, DAY = 3_600.0, 86_400.0
ALL, DISK = "all", "class/disk"
SAFE = Rate(0.0, 0.009, 0.0)
NONE_MISSED = Rate(0.0, 0.4, 0.0)


class Ledgers:
    """Books of which only the risk matters, and that is given."""

    def __init__(self) -> None:
        self.books = Books(0.003, frozenset())

    def say(self, scope: str, hidden: Rate = SAFE, missed: Rate = NONE_MISSED) -> None:
        self.books.ledgers[scope] = FixedLedger(hidden, missed)  # type: ignore[assignment]


class FixedLedger:
    def __init__(self, hidden: Rate, missed: Rate) -> None:
        self.hidden = hidden
        self._risk = Risk(None, None, None, missed, hidden, None, None, None, Cells(0, 0, 0, 0))

    def risk(self) -> Risk:
        return self._risk

    def hidden_real(self, but: int = 0) -> Rate:
        return SAFE if but else self.hidden

    def missed_incidents(self) -> Rate:
        return self._risk.missed_incident_ratio


def earning(ledgers: Ledgers, **tree: Any) -> Earning:
    """A client whose classes have been in shadow for a month, with many answers."""
    known = Answerables(Limits())
    made = Earning("acme", load_settings({"mode": "earn"} | tree), ledgers.books, known)
    for scope in (ALL, DISK):
        made.standings[scope] = Standing(scope, NOW - 30 * DAY, answers=1000)
    return made


def kinds(changes: list[ModeChange]) -> list[tuple[str, str | None]]:
    return [(change.change, change.alert_class) for change in changes]


def test_all_classes_go_live_together_when_the_upper_bound_is_under_the_limit():
    ledgers = Ledgers()
    ledgers.say(ALL)
    by = earning(ledgers)

    (change,) = by.review(NOW)

    assert kinds([change]) == [("promoted", None)]
    assert change.mode is InForce.ENFORCE
    assert by.is_live(DISK)
    assert not by.is_live("class/never seen")


@pytest.mark.parametrize(
    ("hidden", "missed"),
    [
        (Rate(0.0, 0.0101, 0.0), NONE_MISSED),
        (Rate(None, None, None), NONE_MISSED),
        (SAFE, Rate(0.021, 0.5, 0.0)),
    ],
)
def test_nothing_goes_live_beyond_a_limit_or_without_knowledge(hidden, missed):
    ledgers = Ledgers()
    ledgers.say(ALL, hidden, missed)

    assert earning(ledgers).review(NOW) == []


def test_nothing_goes_live_on_few_answers_or_soon():
    ledgers = Ledgers()
    ledgers.say(ALL)
    few, soon = earning(ledgers), earning(ledgers)
    few.standings[ALL].answers = 99
    soon.standings[ALL].since = NOW - 14 * DAY + HOUR

    assert few.review(NOW) == soon.review(NOW) == []
    assert kinds(soon.review(NOW + HOUR)) == [("promoted", None)]


def test_after_it_fell_back_it_waits_twice_as_long():
    ledgers = Ledgers()
    ledgers.say(ALL)
    for falls, days in ((0, 14), (1, 28), (9, 28)):
        by = earning(ledgers)
        by.standings[ALL].falls = falls
        by.standings[ALL].since = NOW

        assert by.review(NOW + days * DAY - HOUR) == []
        assert len(by.review(NOW + days * DAY)) == 1


@pytest.mark.parametrize(
    ("hidden", "missed", "words"),
    [
        (Rate(0.1, 0.3, 0.02), NONE_MISSED, "at least 2.0 % of what is hidden is real"),
        (SAFE, Rate(0.05, 0.5, 0.0), "5.0 % of its real incidents were hidden"),
    ],
)
def test_it_falls_back_on_knowledge_of_the_contrary(hidden, missed, words):
    ledgers = Ledgers()
    ledgers.say(ALL)
    by = earning(ledgers)
    by.review(NOW)

    ledgers.say(ALL, hidden, missed)
    (change,) = by.review(NOW + HOUR)

    assert kinds([change]) == [("demoted", None)]
    assert words in change.text
    assert change.held_since.timestamp() == NOW
    assert not by.is_live(DISK)
    assert by.standings[ALL].falls == 1


def test_a_proof_wears_out_and_not_because_little_is_audited():
    ledgers = Ledgers()
    ledgers.say(ALL)
    by = earning(ledgers)
    by.review(NOW)
    ledgers.say(ALL, Rate(0.0, 0.7, 0.0))

    assert by.review(NOW + 89 * DAY) == []
    (change,) = by.review(NOW + 90 * DAY)

    assert "proven 90 days ago" in change.text


def test_a_class_is_stopped_alone_by_what_is_known_of_it():
    ledgers = Ledgers()
    ledgers.say(ALL)
    by = earning(ledgers)
    by.standings["class/backup"] = Standing("class/backup", NOW, answers=FEW_ANSWERS)
    by.review(NOW)
    ledgers.say(DISK, Rate(0.03, 0.2, 0.0))

    (change,) = by.review(NOW + HOUR)

    assert kinds([change]) == [("demoted", "disk")]
    assert not by.is_live(DISK)
    assert by.is_live("class/backup")
    by.standings[DISK].stopped = False
    by.standings[DISK].answers = FEW_ANSWERS - 1
    assert by.review(NOW + 2 * HOUR) == []


def test_a_class_goes_live_with_all_only_once_something_is_known_of_it():
    ledgers = Ledgers()
    ledgers.say(ALL)
    by = earning(ledgers)
    by.standings[DISK].answers = FEW_ANSWERS - 1
    by.review(NOW)
    assert by.live_scopes() == {ALL}

    by.changed.clear()
    by.heard(sighting(reason=Reason.PROBE, scope=DISK), None, Verdict.NOISE)
    assert not by.is_live(DISK)
    assert by.review(NOW + HOUR) == []
    assert by.live_scopes() == {ALL, DISK}
    assert DISK in by.changed


def test_a_class_of_which_too_much_was_real_does_not_stay_live_with_all():
    ledgers = Ledgers()
    ledgers.say(ALL)
    ledgers.say(DISK, Rate(0.3, 0.6, 0.1))
    by = earning(ledgers)
    by.standings[DISK].answers = FEW_ANSWERS

    by.review(NOW)

    assert by.live_scopes() == {ALL}


def test_a_class_of_which_too_much_was_real_does_not_count_for_all_until_that_has_passed():
    ledgers = Ledgers()
    ledgers.say(DISK, Rate(0.03, 0.2, 0.0))
    by = earning(ledgers)
    by.review(NOW)
    assert ledgers.books.aside == {DISK}
    restored = earning(other := Ledgers())
    for scope, value in by.all_pieces():
        restored.load(scope, value)
    assert other.books.aside == {DISK}

    ledgers.say(DISK, Rate(0.005, 0.2, 0.0))
    by.review(NOW + HOUR)

    assert ledgers.books.aside == set()
    assert (by.standings[DISK].known, by.standings[DISK].answers) == (False, 0)


def test_while_all_are_live_no_class_joins_them_that_stood_aside():
    ledgers = Ledgers()
    ledgers.say(ALL)
    ledgers.say(DISK, Rate(0.03, 0.2, 0.0))
    by = earning(ledgers)
    by.review(NOW)
    assert by.live_scopes() == {ALL}

    ledgers.say(DISK, Rate(0.005, 0.2, 0.0))
    by.review(NOW + HOUR)

    assert by.live_scopes() == {ALL}


def test_a_record_counts_and_names_what_was_answered_since_the_last_change_alone():
    ledgers = Ledgers()
    ledgers.say(ALL)
    by = earning(ledgers)
    probe: dict[str, Any] = {"reason": Reason.PROBE, "scope": DISK}
    by.heard(sighting("d1.c", **probe), None, Verdict.NOISE)
    (promoted,) = by.review(NOW)
    by.heard(sighting("d2.c", **probe), None, Verdict.ACTIONABLE)

    ledgers.say(ALL, Rate(0.1, 0.3, 0.02))
    (demoted,) = by.review(NOW + HOUR)

    assert (promoted.evidence.answers, promoted.decisions) == (1001, ("d1.c",))
    assert (demoted.evidence.answers, demoted.decisions) == (1, ("d2.c",))
    assert demoted.evidence.since.timestamp() == NOW


def test_an_answer_taken_back_that_was_given_before_the_last_change_is_not_counted_off():
    ledgers = Ledgers()
    ledgers.say(ALL)
    by = earning(ledgers)
    by.review(NOW)

    by.heard(sighting(reason=Reason.PROBE, scope=DISK), Verdict.NOISE, None)

    assert (by.standings[ALL].answers, by.standings[DISK].answers) == (0, 999)


def test_a_class_that_was_stopped_can_earn_it_alone():
    ledgers = Ledgers()
    ledgers.say(ALL, Rate(0.0, 0.5, 0.0))
    ledgers.say(DISK)
    by = earning(ledgers)

    assert kinds(by.review(NOW)) == [("promoted", "disk")]
    assert by.live_scopes() == {DISK}


def test_the_second_limit_has_to_be_proven_where_the_owner_asks_for_it():
    ledgers = Ledgers()
    ledgers.say(ALL, missed=Rate(0.0, 0.4, 0.0))
    strict = earning(ledgers, earn={"prove_missed_incidents": True})
    assert strict.review(NOW) == []

    ledgers.say(ALL, missed=Rate(0.0, 0.02, 0.0))
    assert kinds(strict.review(NOW)) == [("promoted", None)]

    ledgers.say(ALL, missed=Rate(0.0, 0.03, 0.0))
    (change,) = strict.review(NOW + HOUR)
    assert "no longer proven" in change.text


def test_without_a_ledger_of_all_the_second_limit_is_not_proven():
    ledgers = Ledgers()
    ledgers.say(DISK)
    alone = [{"alert_class": "disk", "hidden_real": 0.01, "missed_incidents": 0.02}]
    strict = earning(ledgers, earn={"prove_missed_incidents": True}, risk_limits=alone)

    assert strict.review(NOW) == []


def test_answers_count_where_something_was_judged_noise_and_the_last_are_named():
    by = earning(Ledgers())
    judged: dict[str, Any] = {"reason": Reason.LEARNED_NOISE, "would_suppress": True}
    for number in range(12):
        one = sighting(f"d{number}.c", scope=DISK, **judged)
        by.heard(one, None, Verdict.ACTIONABLE if number == 3 else Verdict.NOISE)
    by.heard(sighting("shown.c", scope=DISK), None, Verdict.ACTIONABLE)
    waits: dict[str, Any] = {"reason": Reason.HOLDING, "would_suppress": True, "scope": DISK}
    by.heard(sighting("waits.c", **waits), None, Verdict.ACTIONABLE)
    by.heard(sighting("told.c", scope=DISK, told=True, **judged), None, Verdict.NOISE)

    disk = by.standings[DISK]
    assert disk.answers == by.standings[ALL].answers == 1012
    assert disk.answered == [f"d{number}.c" for number in range(2, 12)]
    assert disk.misses == ["d3.c"]


def claimed(at: float, by: str = "tess", **fields: Any) -> Answerable:
    """Something judged noise that ``by`` calls real."""
    said = [Answer(by, Verdict.ACTIONABLE, "l1", at)]
    judged: dict[str, Any] = {"reason": Reason.LEARNED_NOISE, "would_suppress": True}
    return sighting(scope=DISK, answers=said, decided_at=at, **judged | fields)


def known(by: Earning, one: Answerable) -> Earning:
    """A client that heard the claim."""
    by._answerables.remember(one)
    by.heard(one, None, Verdict.ACTIONABLE)
    return by


@pytest.mark.parametrize(("hours", "falls"), [(23, 0), (25, 1)])
def test_it_does_not_fall_back_on_claims_that_others_are_still_asked_about(hours, falls):
    ledgers = Ledgers()
    for scope in (ALL, DISK):
        ledgers.say(scope)
    by = earning(ledgers)
    by.review(NOW - DAY)
    known(by, claimed(NOW - hours * HOUR))
    for scope in (ALL, DISK):
        ledgers.say(scope, Rate(0.05, 0.2, 0.02))

    assert len(by.review(NOW)) == falls


def test_a_claim_that_was_overruled_is_no_miss_any_more():
    one = claimed(NOW)
    by = known(earning(Ledgers()), one)

    by.heard(one, Verdict.ACTIONABLE, Verdict.NOISE)

    assert by.standings[DISK].misses == []


@pytest.mark.parametrize(
    ("one", "goes_live"),
    [
        (claimed(NOW - HOUR, observed=True), True),
        (claimed(NOW - HOUR, observed=True, told=True), False),
        (claimed(NOW - 2 * DAY, observed=True), False),
    ],
)
def test_what_others_are_still_asked_about_does_not_stand_in_the_way(one, goes_live):
    ledgers = Ledgers()
    ledgers.say(ALL, Rate(0.0, 0.0101, 0.0))
    by = known(earning(ledgers), one)

    assert bool(by.review(NOW)) is goes_live


def test_the_record_of_a_question_names_what_it_is_about():
    ledgers = Ledgers()
    ledgers.say(DISK)
    one = claimed(NOW)
    by = known(earning(ledgers), one)

    record = by.asked(one, NOW)

    assert by.is_in_doubt(one)
    assert (record.change, record.mode) == (Change.ASKED, InForce.OBSERVE)
    assert record.decisions == ("d1.c1",)
    assert record.text.startswith("disk on srv1 was judged noise and is called real")


def test_a_record_measures_what_is_known_by_then_and_not_at_the_last_review():
    ledgers = Ledgers()
    ledgers.say(DISK, Rate(0.05, 0.2, 0.02))
    first, late = claimed(NOW - 23 * HOUR, observed=True), claimed(NOW, decision_id="d2.c2")
    by = known(earning(ledgers), first)
    by.review(NOW)

    soon, later = (by.asked(late, at).evidence.hidden_real.value for at in (NOW, NOW + 2 * HOUR))

    assert (soon, later) == (SAFE.value, 0.05)


def test_an_answer_on_what_cleared_while_it_was_to_wait_counts():
    by = earning(Ledgers())
    waited = sighting("d1.c", reason=Reason.HOLDING, would_suppress=True, cleared=True, scope=DISK)

    by.heard(waited, None, Verdict.ACTIONABLE)

    assert (by.standings[DISK].answers, by.standings[DISK].misses) == (1001, ["d1.c"])


def test_an_answer_in_a_scope_whose_standing_was_lost_is_left_out():
    by = Earning("acme", load_settings({"mode": "earn"}), Ledgers().books, Answerables(Limits()))

    by.heard(sighting(reason=Reason.PROBE, scope=DISK), None, Verdict.NOISE)

    assert by.standings == {}


def test_a_miss_is_something_real_that_was_judged_noise_where_that_is_hidden():
    ledgers = Ledgers()
    ledgers.say(ALL)
    by = earning(ledgers)
    probe = sighting(reason=Reason.PROBE, scope=DISK)
    assert not by.is_miss(probe, Verdict.ACTIONABLE)
    by.review(NOW)

    assert by.is_miss(probe, Verdict.ACTIONABLE)
    assert not by.is_miss(probe, Verdict.NOISE)
    assert not by.is_miss(sighting(scope=DISK), Verdict.ACTIONABLE)


def test_the_record_of_a_miss_names_it_and_what_was_shown():
    ledgers = Ledgers()
    ledgers.say(DISK)
    by = earning(ledgers)

    record = by.missed(sighting(reason=Reason.PROBE, scope=DISK, device=None), NOW, ["d7.c7+1"])

    assert record.change is Change.RELEASED
    assert record.text.startswith("disk was judged noise and was real; 1 like it")
    assert (record.decisions, record.released, record.released_count) == (
        ("d1.c1",),
        ("d7.c7+1",),
        1,
    )


@pytest.mark.parametrize(
    "value", [b"", b"9", b"1\xc1", b"1" + msgspec.msgpack.encode(Standing(DISK, 1e300))]
)
def test_a_standing_that_cannot_be_read_is_refused(value):
    with pytest.raises(SnapshotError, match=r"unknown version|cannot be read"):
        earning(Ledgers()).load(DISK, value)
