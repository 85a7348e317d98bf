from __future__ import annotations

from collections.abc import Iterable

import pytest

from noise.learning.shared import SharedLesson
from noise.learning.trainer import (
    GRACE_SECONDS,
    HOUR,
    LEAD_SECONDS,
    MOST_WAITING,
    SLOTS,
    HandedOut,
    Trainer,
)
from noise.settings import load_settings
from noise.state.facts import Facts
from tests.unit.learning.test_shared import HERE, lesson

NOON = 1_780_012_800.0
ALL = ("a", "b", "c", "d")


def trainer(*tenants: str) -> Trainer:
    return Trainer(load_settings({"sharing": {"tenants": tenants or ALL}}))


def heard(lessons: Iterable[SharedLesson], *tenants: str) -> Trainer:
    by = trainer(*tenants)
    for one in lessons:
        by.take(one)
    return by


def everybody(at: float) -> list[SharedLesson]:
    return [lesson(tenant, at=at, learned_at=at) for tenant in ALL]


def restored(saved: dict[bytes, bytes], *tenants: str) -> Trainer:
    by = trainer(*tenants)
    for key, value in saved.items():
        by.load(key, value)
    assert by.unreadable == 0
    return by


def noise(handed_out: HandedOut) -> float:
    assert handed_out.model is not None
    said = handed_out.model.about(HERE)
    return 0.0 if said is None else round(said.noise, 2)


def test_what_came_until_the_hour_is_handed_out_a_little_later_with_the_time_it_counts_from():
    by = heard([*everybody(NOON), *everybody(NOON + 1)])

    assert by.advance(NOON + GRACE_SECONDS - 1) == []
    (first,) = by.advance(NOON + GRACE_SECONDS)
    (second,) = by.advance(NOON + HOUR + GRACE_SECONDS)

    assert first.model is not None
    assert first.model.counts_from == NOON + GRACE_SECONDS + LEAD_SECONDS
    assert (noise(first), noise(second)) == (4, 8)
    assert first.slot != second.slot


def test_hours_without_lessons_hand_nothing_out():
    by = heard(everybody(NOON))
    by.advance(NOON + HOUR)

    assert by.advance(NOON + 9 * HOUR) == []


def test_hours_that_are_closed_late_are_the_same_as_in_time():
    lessons = [one for hour in range(5) for one in everybody(NOON + hour * HOUR)]
    late, in_time = heard(lessons), heard(lessons)

    at_once = late.advance(NOON + 5 * HOUR)

    assert at_once == [
        model for minute in range(301) for model in in_time.advance(NOON + minute * 60)
    ]
    assert len(at_once) == 5
    assert dict(late.export()) == dict(in_time.export())


def test_a_lesson_that_comes_after_its_hour_was_closed_counts_in_the_next():
    by = heard(everybody(NOON))
    by.advance(NOON + HOUR)
    for one in everybody(NOON - 60):
        by.take(one)

    (handed_out,) = by.advance(NOON + 2 * HOUR)

    assert noise(handed_out) == 8


def test_who_does_not_share_is_not_heard():
    by = trainer("a", "b", "c")

    assert by.take(lesson("a", at=NOON))
    assert not by.take(lesson("stranger", at=NOON))
    by.advance(NOON + HOUR)
    assert not any(b"stranger" in key for key, _ in by.export())


def test_a_client_that_left_is_forgotten_with_all_models_that_it_had_a_part_in():
    lessons = [one for hour in range(3) for one in everybody(NOON + hour * HOUR)]
    before = heard(lessons)
    before.advance(NOON + 3 * HOUR)
    for one in everybody(NOON + 3 * HOUR):
        before.take(one)
    never = heard([one for one in lessons if one.tenant != "d"], "a", "b", "c")
    expected = never.advance(NOON + 3 * HOUR)[-1]

    after = restored(dict(before.export()), "a", "b", "c")
    *withdrawn, left = after.advance(NOON + 3 * HOUR)

    assert withdrawn == [HandedOut(f"{number:02d}", None) for number in range(SLOTS)]
    assert left == expected
    forgotten = {key for key, value in after.changes() if value is None}
    assert len(forgotten) == 2
    assert all(key.startswith(b"d\0") for key in forgotten)
    assert after.advance(NOON + 3 * HOUR) == []
    assert not any(key.startswith(b"d\0") for key, _ in after.export())


def test_a_trainer_that_crashes_all_the_time_hands_out_what_an_undisturbed_one_does():
    lessons = [one for hour in range(6) for one in everybody(NOON + 0.7 * hour * HOUR)]
    undisturbed, saved = trainer(), {}
    for number, one in enumerate(lessons):
        crashing = restored(saved)
        crashing.take(one)
        undisturbed.take(one)
        if number % 3 == 0:
            assert crashing.advance(one.at) == undisturbed.advance(one.at)
        for key, value in crashing.changes():
            if value is None:
                saved.pop(key, None)
            else:
                saved[key] = value
        assert saved == dict(undisturbed.export()) or number < 3

    assert restored(saved).advance(NOON + 9 * HOUR) == undisturbed.advance(NOON + 9 * HOUR)


def test_what_changed_is_told_once():
    by = heard(everybody(NOON))

    assert len(list(by.changes())) == 4
    assert list(by.changes()) == []


def test_what_waits_for_its_hour_is_bounded():
    by = trainer()
    for number in range(MOST_WAITING + 10):
        by.take(lesson("a", at=NOON, check=f"check {number}"))

    by.advance(NOON + HOUR)

    (kept,) = [value for key, value in by.export() if key.startswith(b"a\0")]
    assert b"check 9\x1f" not in kept
    assert b"check 5009" in kept


@pytest.mark.parametrize("value", [b"", b"9", b"1\xc1", b"1\xa1x"])
@pytest.mark.parametrize("key", [b"a\0p\0", b"a\0w\0", b"\0c\0", b"no key"])
def test_a_record_that_cannot_be_read_is_counted_and_left_out(key, value):
    by = trainer()

    by.load(key, value)

    assert by.unreadable == 1
    assert by.advance(NOON) == []


def test_a_kind_that_nobody_has_is_not_said():
    by = heard(everybody(NOON))
    (handed_out,) = by.advance(NOON + HOUR)

    assert handed_out.model is not None
    assert handed_out.model.about(Facts(check="cpu", condition="c")) is None
