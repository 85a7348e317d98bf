"""Noise: what happens every day and needs nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec
import pytest

from noise.simulator.checks import (
    AVAILABILITY,
    BACKUP,
    CERTIFICATE,
    CHECK_IN,
    MEMORY,
    PENDING_REBOOT,
)
from noise.simulator.estate import Client, build_clients
from noise.simulator.events import Event, Turn
from noise.simulator.quiet import PATTERNS, quiet_events
from noise.simulator.quiet.habits import (
    button_presses,
    certificate_reminders,
    laptops_asleep,
    memory_always_high,
)
from noise.simulator.quiet.nightly import backup_retries, patch_night, planned_work
from noise.simulator.quiet.passing import ROWS, passing
from noise.simulator.quiet.storms import new_rules, vendor_cloud
from noise.simulator.scene import Scene
from tests.unit.simulator.worlds import DAY, MONDAY, SEED, client, empty, scene, scenes

Pattern = Callable[[Scene], Iterator[Event]]


def over(pattern: Pattern, of: Client, days: int) -> list[Event]:
    return [event for day in scenes(of, days) for event in pattern(day)]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.__name__)
def test_a_pattern_is_noise_of_its_day_and_repeats_itself(pattern: Pattern) -> None:
    for day in scenes(client(), 20):
        events = list(pattern(day))
        assert events == list(pattern(day))
        assert all(event.problem is None for event in events)
        assert all(day.day.midnight <= event.opened_at <= event.at for event in events)
        assert all(event.opened_at < day.day.midnight + 1.5 * DAY for event in events)


def test_a_client_without_devices_is_silent() -> None:
    nobody = msgspec.structs.replace(client(), devices=client().of_class("printer")[:1])

    assert not [event for day in scenes(empty(), 9) for event in passing(day)]
    assert {event.device.device_class for event in over(quiet_events, nobody, 20)} <= {"printer"}


def test_days_off_are_quieter() -> None:
    per_day = Counter[bool]()
    days = Counter[bool]()
    for day in scenes(client(), 28):
        per_day[day.day.works] += len(list(quiet_events(day)))
        days[day.day.works] += 1

    assert per_day[False] / days[False] < 0.8 * per_day[True] / days[True]


def test_rows_have_names_of_their_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_a_retired_rule_falls_silent_for_good() -> None:
    spoke: dict[str, list[int]] = {}
    which = client()
    for day in scenes(which, 60):
        for row in ROWS:
            if list(row.happens(day)):
                spoke.setdefault(row.name, []).append(day.age)

    last = scene(which)
    retired = [row.name for row in ROWS if last.has(0.1, "retired", row.name)]
    assert retired
    assert all(max(spoke[name], default=0) < 50 for name in retired if name in spoke)


def test_a_try_of_a_backup_ends_by_the_next_and_the_last_by_success() -> None:
    nights = over(backup_retries, client(), 14)
    turns = Counter(event.turn for event in nights)

    assert {event.check for event in nights} == {BACKUP}
    assert turns[Turn.RAISE] == turns[Turn.CLEAR] + turns[Turn.RETRY]
    assert turns[Turn.RETRY] > 0


def test_servers_restart_on_the_patch_night_only() -> None:
    nights = {
        day.day.weekday: sum(event.check is AVAILABILITY for event in patch_night(day))
        for day in scenes(client(), 7)
    }

    assert [weekday for weekday, count in nights.items() if count] == [client().patch_weekday]


def test_planned_work_touches_one_device_in_the_evening() -> None:
    worked = [
        (day, list(planned_work(day)))
        for which in (client(), client("tactical"))
        for day in scenes(which, 120)
        if list(planned_work(day))
    ]

    assert len(worked) < 30
    for day, events in worked:
        assert len({event.device for event in events}) == 1
        assert all(event.at > day.day.closes for event in events)
    assert {event.device.device_class for _, events in worked for event in events} == {
        "server",
        "switch",
    }


def test_laptops_sleep_until_the_next_working_day() -> None:
    watched = next(one for one in build_clients(SEED, 30) if list(laptops_asleep(scene(one))))
    clears = [event for event in over(laptops_asleep, watched, 7) if event.turn is Turn.CLEAR]

    assert all(4 * 3600 < event.at - event.opened_at < 4 * DAY for event in clears)
    assert max(event.at - event.opened_at for event in clears) > 1.5 * DAY  # a weekend


def test_a_machine_that_is_always_full_says_the_same_every_morning() -> None:
    events = [event for event in over(memory_always_high, client(), 5) if event.turn is Turn.RAISE]
    days = Counter(event.device.name for event in events)

    assert len(set(days.values())) == 1
    assert {event.check for event in events} == {MEMORY}
    assert all(90 < event.value < 97 for event in events)


def test_certificate_reminders_come_at_milestones_and_end_with_the_renewal() -> None:
    events = [
        event
        for event in over(certificate_reminders, client(), 180)
        if event.turn is Turn.RAISE and event.check is CERTIFICATE
    ]
    device = events[0].device

    assert {event.value for event in events} == {60, 30, 21, 14, 10}
    mine = [event.at for event in events if event.device == device]
    assert len(mine) >= 5
    assert all(later - earlier > 3 * DAY for earlier, later in pairwise(sorted(mine)))


def test_somebody_presses_the_test_button_now_and_then() -> None:
    pressed = over(button_presses, client(), 200)

    assert {event.turn for event in pressed} == {Turn.TEST}
    assert len(pressed) < 30


def test_a_vendor_loses_half_of_the_agents_of_all_its_clients_at_once() -> None:
    times: dict[str, set[float]] = {}
    for one in (client(number=1), client(number=2), client("datto")):
        lost = over(vendor_cloud, one, 120)
        assert {event.check for event in lost} == {CHECK_IN}
        key = f"{one.rmm} {one.tenant}"
        times[key] = {event.at // 7200 for event in lost if event.turn is Turn.RAISE}

    first, second, other = times.values()
    assert any({hour, hour - 1, hour + 1} & second for hour in first)
    assert first != other


def test_a_new_rule_reaches_all_clients_in_the_same_hour() -> None:
    first = [
        min(event.at for event in over(new_rules, one, 20) if event.check is PENDING_REBOOT)
        for one in (client(), client("datto"), client("tactical"))
    ]

    assert max(first) - min(first) < 3600
    assert min(first) > MONDAY + 3 * DAY


def test_a_device_that_joins_later_is_not_there_before() -> None:
    later = [
        (one, len(list(one.of("server", "workstation", "laptop"))))
        for one in scenes(client(size=90), 50)
    ]

    counts = [count for _, count in later]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
