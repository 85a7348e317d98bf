from __future__ import annotations

from typing import Any

import msgspec

from noise.decision import Reason
from noise.label import Verdict
from noise.learning.books import MAX_CLASSES, Books
from noise.state.answerable import Answer, Answerable
from tests.factories import alert, sighting

NOW = 1_780_000_000.0


def books(*apart: str) -> Books:
    return Books(0.003, frozenset(apart))


def watched(decision_id: str, scope: str, **fields: Any) -> Answerable:
    """Something that was judged noise in shadow."""
    judged: dict[str, Any] = {
        "reason": Reason.LEARNED_NOISE,
        "would_suppress": True,
        "observed": True,
        "decided_at": NOW,
        "scope": scope,
    }
    return sighting(decision_id, **judged | fields)


def answer(by: Books, one: Answerable, verdict: Verdict) -> None:
    one.answers = [Answer("tess", verdict, "l", NOW)]
    by.heard(one, None, verdict, NOW)
    one.booked_at = NOW  # as the client's own ledger does


def known(by: Books) -> dict[str, tuple[float, int]]:
    """What each scope knows: answers noise on what was judged noise, and how much that was."""
    return {
        scope: (ledger.cells().hidden_noise, ledger.known().watched)
        for scope, ledger in by.ledgers.items()
    }


def test_a_class_counts_for_itself_and_for_all_together():
    by = books()
    for number, scope in enumerate(("class/disk", "class/disk", "class/backup")):
        one = watched(f"d{number}.c{number}", scope)
        by.decided(one, None, NOW)
        answer(by, one, Verdict.NOISE)

    assert known(by) == {"class/disk": (2, 2), "class/backup": (1, 1), "all": (3, 3)}


def test_a_class_with_a_limit_of_its_own_does_not_count_for_all():
    by = books("backup")
    by.decided(watched("d1.c1", "class/backup"), None, NOW)

    assert set(by.ledgers) == {"class/backup"}


def test_what_counts_for_no_scope_is_entered_nowhere():
    by = books()
    by.decided(watched("d1.c1", ""), None, NOW)

    assert by.ledgers == {}


def test_a_sighting_that_comes_to_belong_elsewhere_is_taken_along_with_its_answer():
    by = books()
    one = watched("d1.c1", "class/disk")
    by.decided(one, None, NOW)
    answer(by, one, Verdict.NOISE)
    later = watched("d1.c1+1", "class/other", answers=one.answers, booked_at=one.booked_at)

    by.decided(later, one, NOW)

    assert known(by) == {"class/disk": (0, 0), "class/other": (1, 1), "all": (1, 1)}


def test_a_sample_that_would_have_been_told_counts_as_shown_in_each_ledger():
    by = books()
    one = watched("d1.c1", "class/disk")
    by.decided(one, None, NOW)

    by.told_anyway(one)

    assert {scope: hidden for scope, (_, hidden) in known(by).items()} == {
        "class/disk": 0,
        "all": 0,
    }


def test_alerts_without_a_class_and_classes_beyond_the_limit_are_others():
    by = books()
    assert by.scope_of(alert()) == "class/other"
    for number in range(MAX_CLASSES):
        by.decided(watched("d1.c1", by.scope_of(alert(category=f"c{number}"))), None, NOW)

    assert by.scope_of(alert(category="c1")) == "class/c1"
    assert by.scope_of(alert(category="one too many")) == "class/other"
    assert len(by.ledgers) <= MAX_CLASSES + 1


def test_a_class_that_stands_apart_has_a_ledger_of_its_own_however_late_it_comes():
    by = books("backup")
    for number in range(MAX_CLASSES):
        by.decided(watched("d1.c1", by.scope_of(alert(category=f"c{number}"))), None, NOW)
    late = watched("d2.c2", by.scope_of(alert(category="backup")))

    by.decided(late, None, NOW)

    assert late.scope == "class/backup"
    assert known(by)["class/backup"] == (0, 1)


def test_each_changed_ledger_is_taken_once():
    by = books()
    by.decided(watched("d1.c1", "class/disk"), None, NOW)

    assert [scope for scope, _ in by.take_changed()] == ["all", "class/disk"]
    assert by.take_changed() == []


def test_what_is_shown_changes_no_ledger_before_it_is_answered():
    by = books()
    by.decided(sighting("d1.c1", scope="class/disk"), None, NOW)
    by.take_changed()

    by.decided(sighting("d2.c2", scope="class/disk"), None, NOW)

    assert by.take_changed() == []
    answer(by, sighting("d2.c2", scope="class/disk"), Verdict.ACTIONABLE)
    assert by.ledgers["all"].cells().shown_real == 1


def test_what_cleared_while_it_was_to_wait_counts_with_the_answers_that_it_had():
    by = books()
    one = watched("d1.c1", "class/disk", reason=Reason.HOLDING)
    by.decided(one, None, NOW)
    answer(by, one, Verdict.NOISE)
    assert known(by) == {"class/disk": (0, 0), "all": (0, 0)}

    cleared = msgspec.structs.replace(one, cleared=True)
    by.decided(cleared, one, NOW)
    assert known(by) == {"class/disk": (1, 1), "all": (1, 1)}

    by.decided(msgspec.structs.replace(cleared, scope="class/other"), cleared, NOW)
    assert known(by) == {"class/disk": (0, 0), "class/other": (1, 1), "all": (1, 1)}


def test_what_was_to_wait_does_not_count_for_how_much_is_hidden_a_day():
    by = books()
    by.decided(watched("d1.c1", "class/disk", category="disk"), None, NOW)
    before = by.ledgers["all"].hidden_a_day("disk", NOW)
    waited = watched("d2.c2", "class/disk", category="disk", reason=Reason.HOLDING)
    by.decided(waited, None, NOW)

    by.decided(msgspec.structs.replace(waited, cleared=True), waited, NOW)

    assert by.ledgers["all"].hidden_a_day("disk", NOW) == before > 0


def test_a_class_that_stands_aside_counts_for_itself_and_what_came_before_stays():
    by = books()
    before, after = watched("d1.c1", "class/disk"), watched("d2.c2", "class/disk", alone=True)
    by.decided(before, None, NOW)
    by.aside.add("class/disk")
    by.decided(after, None, NOW)
    for one in (before, after):
        answer(by, one, Verdict.NOISE)
    by.surfaced("disk", NOW, is_missed=True)

    assert known(by) == {"class/disk": (2, 2), "all": (1, 1)}
    assert by.ledgers["class/disk"].known().surfaced == 1
    assert by.ledgers["all"].known().surfaced == 0


def test_a_later_decision_on_a_sighting_counts_where_its_class_counts_by_then():
    by = books()
    first = watched("d1.c1", "class/disk")
    by.decided(first, None, NOW)

    by.decided(watched("d1+1.c1", "class/disk", alone=True), first, NOW)

    assert known(by) == {"class/disk": (0, 1), "all": (0, 0)}
