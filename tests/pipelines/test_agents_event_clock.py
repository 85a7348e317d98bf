from __future__ import annotations

from pipelines.agents.event_clock import GRACE_SECONDS, RECENT_SECONDS, EventClock

LAST_YEAR = 1_000_000.0
TODAY = 9_000_000.0


class Wall:
    def __init__(self, now: float = TODAY) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_nobody_knows_the_time_before_the_first_record():
    assert EventClock(Wall()).now(caught_up=True) is None


def test_while_records_come_it_is_a_little_before_the_oldest_recent_one():
    wall = Wall()
    clock = EventClock(wall)
    clock.saw(LAST_YEAR, LAST_YEAR + 60)

    assert clock.now(caught_up=True) == LAST_YEAR - GRACE_SECONDS


def test_old_arrivals_are_forgotten_when_newer_ones_keep_coming():
    wall = Wall()
    clock = EventClock(wall)
    clock.saw(LAST_YEAR, LAST_YEAR)
    for _ in range(3):
        wall.now += RECENT_SECONDS
        clock.saw(LAST_YEAR + 600, LAST_YEAR + 600)

    assert clock.now(caught_up=True) == LAST_YEAR + 600 - GRACE_SECONDS


def test_time_goes_on_in_silence_once_all_has_been_read():
    wall = Wall()
    clock = EventClock(wall)
    clock.saw(LAST_YEAR, LAST_YEAR)
    wall.now += 600

    assert clock.now(caught_up=True) == LAST_YEAR + 600 - GRACE_SECONDS


def test_time_stands_still_while_records_wait_to_be_read():
    wall = Wall()
    clock = EventClock(wall)
    clock.saw(LAST_YEAR, LAST_YEAR)
    wall.now += 600

    assert clock.now(caught_up=False) == LAST_YEAR - GRACE_SECONDS


def test_a_second_file_of_an_earlier_day_takes_the_clock_back():
    wall = Wall()
    clock = EventClock(wall)
    clock.saw(LAST_YEAR + 86_400, LAST_YEAR + 86_400)
    wall.now += 1
    clock.saw(LAST_YEAR, LAST_YEAR)

    assert clock.now(caught_up=True) == LAST_YEAR - GRACE_SECONDS


def test_a_file_of_an_earlier_day_leaves_nothing_of_the_later_one_waiting():
    wall = Wall()
    clock = EventClock(wall)
    clock.saw(LAST_YEAR + 86_400, LAST_YEAR + 86_400)
    clock.saw(LAST_YEAR, LAST_YEAR)
    wall.now += 600

    assert clock.now(caught_up=True) == LAST_YEAR + 86_400 + 600 - GRACE_SECONDS


def test_after_a_restart_the_downtime_has_passed_as_well():
    wall = Wall()
    before = EventClock(wall)
    before.saw(LAST_YEAR, LAST_YEAR)
    anchor = before.anchor()
    assert anchor is not None
    wall.now += 3600

    after = EventClock(wall)
    after.restore(anchor)

    assert after.now(caught_up=True) == LAST_YEAR + 3600 - GRACE_SECONDS


def test_a_wall_clock_that_was_set_back_does_not_turn_time_back():
    wall = Wall()
    clock = EventClock(wall)
    clock.saw(LAST_YEAR, LAST_YEAR)
    wall.now -= 7200

    assert clock.now(caught_up=True) == LAST_YEAR - GRACE_SECONDS


def test_an_anchor_of_another_version_is_left_alone():
    clock = EventClock(Wall())

    clock.restore(b"\x09something else")

    assert clock.anchor() is None
