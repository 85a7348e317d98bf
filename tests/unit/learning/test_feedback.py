from __future__ import annotations

from typing import Any

import pytest

from noise.alert import short_key, utc
from noise.decision import Reason
from noise.label import Outcome, Verdict
from noise.learning.feedback import (
    HOUR,
    MAX_ANSWERS,
    MAX_WAITING,
    Feedback,
    Heard,
    LabelOutcome,
    Lesson,
    Resolution,
)
from noise.learning.people import People
from noise.settings import Limits
from noise.state.answerable import DAY, Answerable, Answerables
from noise.state.condition import Condition
from tests.factories import label, sighting

NOW = 1_780_000_000.0
NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE


class Desk:
    """Where labels meet sightings."""

    def __init__(
        self,
        *sightings: Answerable,
        conditions: dict[str, Condition] | None = None,
        asks_others: bool = False,
    ):
        self.answerables = Answerables(Limits())
        self.people = People()
        self.feedback = Feedback(
            self.answerables, conditions or {}, self.people, asks_others=asks_others
        )
        self.at = NOW
        for one in sightings:
            self.answerables.remember(one)

    def hear(
        self, target: str | None = "d1.c1", verdict: str = "noise", by: str = "tess", **fields: Any
    ) -> Resolution:
        self.at += 1
        return self.feedback.hear(label(target, verdict, by, self.at, **fields), self.at)


def learned(resolution: Resolution) -> float:
    """What models take in on balance: above zero for noise."""
    return sum(_signed(lesson) for lesson in resolution.lessons)


def _signed(lesson: Lesson) -> float:
    weight = lesson.weight if lesson.verdict is NOISE else -lesson.weight
    return -weight if lesson.is_undone else weight


def test_an_answer_teaches_the_facts_of_its_decision():
    one = sighting()
    resolution = Desk(one).hear()

    assert resolution.outcome is LabelOutcome.LEARNED
    assert resolution.heard == [Heard(one, None, NOISE, None, NOISE)]
    (lesson,) = resolution.lessons
    assert lesson.facts is one.facts
    assert (lesson.verdict, lesson.weight, lesson.is_undone, lesson.is_whole) == (
        NOISE,
        1,
        False,
        True,
    )


def test_any_decision_on_a_sighting_is_an_answer_to_it():
    desk = Desk(sighting("d1.c1+1"))

    assert desk.hear("d1.c1").outcome is LabelOutcome.LEARNED
    assert desk.hear("d1.c1+1", by="tom").outcome is LabelOutcome.LEARNED


def test_a_repeat_is_answered_by_its_condition():
    desk = Desk(sighting("d1.c1"))

    assert desk.hear("d99.c1").outcome is LabelOutcome.LEARNED
    assert desk.hear("d99.c2").outcome is LabelOutcome.UNKNOWN_TARGET


def test_a_label_that_comes_twice_counts_once():
    desk = Desk(sighting())
    desk.hear(label_id="l1")

    again = desk.hear(label_id="l1")

    assert again.outcome is LabelOutcome.REPEATED
    assert (again.lessons, again.heard) == ([], [])


def test_a_technician_who_says_the_same_again_counts_once():
    desk = Desk(sighting())
    desk.hear()

    again = desk.hear()

    assert again.outcome is LabelOutcome.REPEATED
    assert again.lessons == []


def test_a_later_word_of_a_technician_corrects_the_earlier_one():
    desk = Desk(one := sighting())
    desk.hear(verdict="noise")

    corrected = desk.hear(verdict="actionable")

    assert corrected.outcome is LabelOutcome.CORRECTED
    assert learned(corrected) == -2
    assert corrected.heard == [Heard(one, NOISE, REAL, NOISE, REAL)]
    assert [lesson.is_undone for lesson in corrected.lessons] == [True, False]


def test_an_earlier_word_that_comes_late_corrects_nothing():
    desk = Desk(one := sighting())
    desk.hear(verdict="actionable")

    late = desk.feedback.hear(label("d1.c1", "noise", at=NOW - 60), NOW + 9)

    assert late.outcome is LabelOutcome.OUTDATED
    assert late.lessons == []
    assert one.verdict is REAL


def test_a_technician_whose_clock_was_years_ahead_may_still_correct_it():
    desk = Desk(sighting())
    desk.feedback.hear(label("d1.c1", "noise", at=NOW + 1e8), NOW)

    later = desk.feedback.hear(label("d1.c1", "actionable", at=NOW + 2 * HOUR), NOW + 2 * HOUR)

    assert later.outcome is LabelOutcome.CORRECTED


def test_a_label_waits_without_its_note():
    desk = Desk()
    desk.hear("d9.c9", note="long")

    assert [one.note for one in desk.feedback.waiting.labels] == [None]


def test_technicians_who_differ_teach_nothing_until_one_side_is_more():
    desk = Desk(one := sighting())
    desk.hear(verdict="noise", by="tess")

    even = desk.hear(verdict="actionable", by="tom")
    assert even.outcome is LabelOutcome.CONFLICTING
    assert learned(even) == -1
    assert one.verdict is None
    assert one.taught == []

    settled = desk.hear(verdict="actionable", by="tim")
    assert learned(settled) == -1
    assert one.verdict is REAL


def test_what_is_taken_back_in_part_stays_in_part():
    quiet = sighting("d2.c2", check="cpu", noise_probability=0.9)
    desk = Desk(sighting(noise_probability=0.2), quiet)
    desk.hear("d2.c2", "noise")

    resolution = desk.hear(None, "actionable", by="tim", incident_id="i1")

    back = next(lesson for lesson in resolution.lessons if lesson.is_undone)
    assert back.weight == pytest.approx(0.125)
    assert sum(taught.weight for taught in quiet.taught) == pytest.approx(0.875)
    assert quiet.verdict is NOISE


def test_answers_on_one_sighting_are_bounded():
    desk = Desk(one := sighting())
    for number in range(MAX_ANSWERS + 5):
        desk.hear(by=f"t{number}")

    assert len(one.answers) == MAX_ANSWERS


def test_a_technician_is_one_person_in_every_spelling():
    desk = Desk(one := sighting())
    desk.hear(by="Ann Lee")

    assert desk.hear(by=" ann  LEE ").outcome is LabelOutcome.REPEATED
    assert desk.hear(verdict="actionable", by="ANN LEE").outcome is LabelOutcome.CORRECTED
    assert len(one.answers) == 1


def test_what_a_person_says_does_not_correct_what_came_to_light_under_the_same_name():
    desk = Desk(one := sighting())
    desk.hear(None, by="psa", outcome=Outcome("srv1", utc(NOW)))

    assert desk.hear(by="psa").outcome is LabelOutcome.CONFLICTING
    assert [(answer.verdict, answer.is_outcome) for answer in one.answers] == [
        (REAL, True),
        (NOISE, False),
    ]


@pytest.mark.parametrize(("few", "many"), [("noise", "actionable"), ("actionable", "noise")])
def test_many_answers_push_out_neither_those_of_a_few_nor_what_came_to_light(few, many):
    desk = Desk(one := sighting())
    desk.hear(None, by="psa", outcome=Outcome("srv1", utc(NOW)))
    desk.hear(verdict=few, by="tess")
    for number in range(MAX_ANSWERS + 5):
        desk.hear(verdict=many, by=f"t{number}")

    assert [answer.technician for answer in one.answers[:3]] == ["psa", "tess", "t7"]
    assert len(one.answers) == MAX_ANSWERS


def test_what_came_to_light_too_often_gives_way_only_to_more_of_it():
    desk = Desk(one := sighting())
    for number in range(MAX_ANSWERS + 1):
        desk.hear(None, by=f"psa{number}", outcome=Outcome("srv1", utc(NOW)))
    before = list(one.answers)

    desk.hear(by="tess")

    assert one.answers == before
    assert len(before) == MAX_ANSWERS


def test_noise_said_of_an_incident_means_all_its_checks():
    desk = Desk(sighting("d1.c1"), sighting("d2.c2", check="cpu"))

    resolution = desk.hear(None, incident_id="i1")

    assert [lesson.weight for lesson in resolution.lessons] == [1, 1]


def test_real_said_of_an_incident_is_shared_by_suspicion():
    desk = Desk(
        sighting("d1.c1", noise_probability=0.2),
        sighting("d2.c2", check="cpu", noise_probability=0.9),
        sighting("d3.c3", check="ping", noise_probability=None),
        sighting("d4.c4", check="raid", noise_probability=1.0),
    )

    resolution = desk.hear(None, "actionable", incident_id="i1")

    weights = {lesson.facts.check: lesson.weight for lesson in resolution.lessons}
    assert weights == pytest.approx({"disk": 1, "cpu": 0.125, "ping": 0.625, "raid": 0.0125})


def test_an_outcome_is_real_for_what_the_device_said_around_that_time():
    near = sighting("d1.c1", decided_at=NOW - HOUR)
    other = sighting("d2.c2", check="cpu", decided_at=NOW + HOUR / 2)
    early = sighting("d3.c3", check="old", decided_at=NOW - 5 * HOUR)
    desk = Desk(near, other, early)

    resolution = desk.hear(None, "noise", outcome=Outcome("srv1", utc(NOW)))

    assert resolution.outcome is LabelOutcome.OUTCOME_MATCHED
    assert {lesson.facts.check for lesson in resolution.lessons} == {"disk", "cpu"}
    assert {lesson.verdict for lesson in resolution.lessons} == {REAL}


def test_an_outcome_may_name_its_check_and_may_match_nothing():
    desk = Desk(sighting(), sighting("d2.c2", check="cpu"))

    one = desk.hear(None, outcome=Outcome("srv1", utc(NOW), "cpu"))
    none = desk.hear(None, outcome=Outcome("srv9", utc(NOW)))

    assert [lesson.facts.check for lesson in one.lessons] == ["cpu"]
    assert none == Resolution(LabelOutcome.OUTCOME_UNMATCHED, [], [])
    assert desk.feedback.waiting.labels == []


def test_a_label_whose_target_is_unknown_waits_once_and_is_heard_when_it_comes():
    desk = Desk()
    assert desk.hear("d1.c1", label_id="l1").outcome is LabelOutcome.UNKNOWN_TARGET
    desk.hear("d1.c1", label_id="l1")
    assert len(desk.feedback.waiting.labels) == 1
    assert desk.feedback.waiting_changed

    one = sighting("d1.c1")
    ((heard, resolution),) = desk.feedback.recall(one, NOW)

    assert heard.label_id == "l1"
    assert resolution.outcome is LabelOutcome.LEARNED
    assert one.verdict is NOISE
    assert desk.feedback.waiting.labels == []
    assert desk.feedback.recall(one, NOW) == []


@pytest.mark.parametrize(
    ("target", "fits"),
    [
        ({"incident_id": "i1"}, True),
        ({"incident_id": "i2"}, False),
        ({"condition_key": "acme|srv1|disk|"}, True),
        ({"condition_key": "acme|srv1|cpu|"}, False),
        ({"decision_id": "d1.zz"}, False),
    ],
)
def test_what_waits_for_an_incident_or_a_condition_is_heard_as_well(target, fits):
    desk = Desk()
    desk.feedback.hear(label(**target), NOW)
    desk.feedback.waiting_changed = False

    one = sighting(f"d1.{short_key('acme|srv1|disk|')}")

    assert bool(desk.feedback.recall(one, NOW)) is fits
    assert desk.feedback.waiting_changed is fits


def test_what_nobody_waits_for_wakes_no_label():
    desk = Desk()
    desk.hear("d9.c9")

    assert desk.feedback.recall(sighting("d1.c1"), NOW) == []
    assert desk.feedback.recall(sighting("d2.c2", incident=None), NOW) == []
    assert len(desk.feedback.waiting.labels) == 1


def test_labels_that_wait_are_bounded():
    desk = Desk()
    for number in range(MAX_WAITING + 7):
        desk.hear(f"d{number}.c{number}")

    assert len(desk.feedback.waiting.labels) == MAX_WAITING
    assert desk.feedback.waiting.labels[0].decision_id == "d7.c7"


def test_beyond_the_bound_whoever_has_most_labels_waiting_loses_the_first():
    desk = Desk()
    desk.hear("d0.c0", by="tess")
    for number in range(MAX_WAITING):
        desk.hear(f"e{number}.f{number}", by=("mallory", "Mallory")[number % 2])

    assert [one.decision_id for one in desk.feedback.waiting.labels[:2]] == ["d0.c0", "e1.f1"]


def test_labels_that_wait_for_longer_than_decisions_are_kept_wait_no_more():
    desk = Desk()
    desk.hear("d1.c1")
    desk.at += Limits().days * DAY + 1

    desk.hear("d2.c2")

    assert [label.decision_id for label in desk.feedback.waiting.labels] == ["d2.c2"]


def test_a_condition_is_answered_by_its_last_sighting():
    key = short_key("acme|srv1|disk|")
    old, new = sighting(f"d1.{key}"), sighting(f"d2.{key}", decided_at=NOW + 1)
    desk = Desk(old, new)

    resolution = desk.hear(None, condition_key="acme|srv1|disk|")

    assert resolution.heard == [Heard(new, None, NOISE, None, NOISE)]


def test_a_condition_without_any_decision_left_teaches_its_names_alone():
    key = short_key("acme|srv1|disk|")
    known = Condition(key, "disk", "srv1", "HQ", "storage", NOW, NOW)
    desk = Desk(conditions={key: known})

    (lesson,) = desk.hear(None, condition_key="acme|srv1|disk|").lessons
    again = desk.hear(None, condition_key="acme|srv1|disk|", by="tom")

    assert not lesson.is_whole
    assert (lesson.facts.check, lesson.facts.site) == ("disk", "HQ")
    assert again.outcome is LabelOutcome.LEARNED
    assert len(desk.answerables) == 1


def test_a_condition_that_nobody_ever_saw_waits():
    assert Desk().hear(None, condition_key="x").outcome is LabelOutcome.UNKNOWN_TARGET


def test_what_somebody_taught_who_never_looks_is_taken_back_when_it_shows():
    first, second = sighting("d1.c1"), sighting("d2.c2", check="cpu")
    desk = Desk(first, second)
    desk.hear("d1.c1", by="blind")
    desk.hear("d2.c2", by="blind")
    desk.hear("d2.c2", "actionable", by="tess")
    for number in range(40):
        desk.answerables.remember(sighting(f"e{number}.f{number}", noise_probability=0.2))
        desk.hear(f"e{number}.f{number}", "actionable", by="tess")

    taken_back: list[Lesson] = []
    for number in range(40):
        resolution = desk.hear(f"e{number}.f{number}", by="blind")
        taken_back += [
            lesson for lesson in resolution.lessons if lesson.facts.condition in ("c1", "c2")
        ]

    assert [(lesson.facts.condition, lesson.verdict) for lesson in taken_back] == [
        ("c1", NOISE),
        ("c2", REAL),
    ]
    assert [lesson.is_undone for lesson in taken_back] == [True, False]
    assert (first.verdict, second.verdict) == (None, REAL)
    assert desk.hear("e1.f1", by="blind").outcome is LabelOutcome.REPEATED


def test_what_happened_stays_true_whoever_wrote_it_down():
    known, said = sighting("d1.c1"), sighting("d2.c2", check="cpu", device="srv2")
    desk = Desk(known, said)
    desk.hear(None, by="blind", outcome=Outcome("srv1", utc(NOW)))
    desk.hear("d2.c2", "actionable", by="blind")
    for number in range(40):
        one = sighting(f"e{number}.f{number}", noise_probability=0.8, device="srv3")
        desk.answerables.remember(one)
        desk.hear(one.decision_id, "noise", by="tess")
        desk.hear(one.decision_id, "actionable", by="blind")

    assert (known.verdict, said.verdict) == (REAL, None)


def test_real_said_of_an_incident_is_found_of_the_most_suspicious_alone():
    root = sighting("d1.c1", noise_probability=0.3)
    member = sighting("d2.c2", check="cpu", noise_probability=0.9)
    desk = Desk(root, member)

    of_incident = desk.hear(None, "actionable", incident_id="i1")
    assert of_incident.heard == [
        Heard(member, None, REAL, None, None),
        Heard(root, None, REAL, None, REAL),
    ]
    of_itself = desk.hear("d2.c2", "actionable", by="tom")
    assert of_itself.heard == [Heard(member, REAL, REAL, None, REAL)]


def test_what_came_to_light_is_found_of_all_that_spoke_of_it():
    one, other = sighting("d1.c1"), sighting("d2.c2", check="cpu", noise_probability=0.9)

    Desk(one, other).hear(None, by="desk", outcome=Outcome("srv1", utc(NOW)))

    assert (one.found, other.found) == (REAL, REAL)


def test_what_was_judged_noise_is_in_doubt_while_one_person_calls_it_real():
    one = sighting(reason=Reason.PROBE)
    desk = Desk(one)

    claimed = desk.hear(verdict="actionable")
    overruled = desk.hear(verdict="noise", by="tom")

    assert claimed.doubted == (one,)
    assert overruled.doubted == ()
    assert [heard[1:] for heard in overruled.heard] == [(REAL, None, REAL, NOISE)]


@pytest.mark.parametrize(("asks_others", "judged"), [(True, ["tess"]), (False, ["tess", "tom"])])
def test_a_second_opinion_that_was_asked_for_says_nothing_of_how_often_its_technician_errs(
    asks_others: bool, judged: list[str]
):
    desk = Desk(sighting(reason=Reason.PROBE), asks_others=asks_others)
    desk.hear(verdict="actionable")
    desk.hear(verdict="noise", by="tom")

    assert [name for name, _ in desk.people] == judged
