"""Chance, estates, days and events: what the simulated world is made of."""

from __future__ import annotations

import re

import msgspec
import pytest

from noise.simulator.chance import chance, hours, minutes, moments, stream, trait
from noise.simulator.checks import CHECKS, DISK, UNSEEN
from noise.simulator.estate import build_clients, directory_tree, uid
from noise.simulator.events import Turn, ended
from noise.simulator.scene import When
from tests.unit.simulator.worlds import DAY, MONDAY, client, event, scene, scenes


def test_names_decide_the_numbers_that_a_stream_gives() -> None:
    assert stream(1, "a").random() == stream(1, "a").random()
    assert stream(1, "a").random() != stream(1, "b").random()


def test_moments_are_about_as_many_as_asked_for_and_in_order() -> None:
    found = list(moments(stream("moments"), 1000, 0, DAY))

    assert 900 < len(found) < 1100
    assert found == sorted(found)
    assert 0 < found[0] < found[-1] < DAY


def test_there_are_no_moments_in_no_time_or_for_no_count() -> None:
    assert not list(moments(stream("moments"), 10, 5, 5))
    assert not list(moments(stream("moments"), 0, 0, 5))


def test_durations_are_given_in_seconds() -> None:
    rng = stream("durations")

    assert 60 <= minutes(rng, 1, 2) <= 120
    assert 3600 <= hours(rng, 1, 2) <= 7200
    assert chance(rng, 1.0)
    assert not chance(rng, 0.0)


def test_a_trait_belongs_to_its_share_of_all_for_good() -> None:
    having = [number for number in range(2000) if trait(0.25, "tall", number)]

    assert 0.2 < len(having) / 2000 < 0.3
    assert having == [number for number in range(2000) if trait(0.25, "tall", number)]


def test_clients_have_names_numbers_and_devices_of_their_own() -> None:
    clients = build_clients(3, 40)
    devices = [device for one in clients for device in one.devices]

    assert len({one.tenant for one in clients}) == 40
    assert len({device.number for device in devices}) == len(devices)
    for one in clients:
        assert len({device.name for device in one.devices}) == len(one.devices)
        assert len({device.ip for device in one.devices}) == len(one.devices)


def test_each_site_has_a_firewall_a_core_switch_a_printer_and_a_ups() -> None:
    for one in build_clients(3, 20):
        for site in one.sites:
            there = one.at_site(site)
            assert {"firewall", "switch", "printer", "ups"} <= {d.device_class for d in there}
            assert any(device.role == "core" for device in there)
        assert len(one.of_role("dc")) >= 1


def test_the_directory_leaves_out_a_few_devices() -> None:
    clients = build_clients(3, 20)
    listed = sum(len(entry["devices"]) for entry in directory_tree(clients))

    assert 0.9 < listed / sum(len(one.devices) for one in clients) < 1


def test_a_uid_belongs_to_its_names_and_looks_like_one() -> None:
    assert uid("a", 1) == uid("a", 1) != uid("a", 2)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uid("a", 1))


def test_days_are_local_and_know_weekdays_and_hours() -> None:
    one = msgspec.structs.replace(client(), zone="-05:00", hours=(8, 17), working_days="mon-fri")
    days = list(one.days(MONDAY, MONDAY + 7 * DAY))

    assert days[0].midnight == MONDAY - DAY + 5 * 3600  # it is still Sunday there
    assert [day.weekday for day in days] == [6, 0, 1, 2, 3, 4, 5, 6]
    assert [day.works for day in days] == [False, True, True, True, True, True, False, False]
    assert days[1].opens == days[1].midnight + 8 * 3600
    assert days[1].at(26) == days[2].at(2)


def test_saturday_is_a_working_day_where_people_work_on_it() -> None:
    one = msgspec.structs.replace(client(), zone="+00:00", working_days="mon-sat")

    assert [day.works for day in one.days(MONDAY, MONDAY + 7 * DAY)] == [True] * 6 + [False]


@pytest.mark.parametrize("when", list(When))
def test_each_part_of_a_day_has_a_beginning_and_an_end_near_that_day(when: When) -> None:
    for day in scenes(client(), 3):
        begins, ends = day.span(when)
        assert day.day.midnight <= begins < ends < day.day.midnight + 1.5 * DAY


def test_what_stands_at_a_client_is_found_by_class_and_by_role() -> None:
    today = scene()

    assert {device.device_class for device in today.of("server", "ups")} == {"server", "ups"}
    assert {device.role for device in today.of("dc", "core")} == {"dc", "core"}
    assert not today.of("mainframe")


def test_events_speak_english_with_object_and_value() -> None:
    first = event(client(), DISK, obj="D:", value=4.26)

    assert first.text == "Disk volume D: free space is 4.3%, below 10%"
    assert ended(first, MONDAY + 60, 12.0).text == "Disk volume D: free space is 12.0%, above 10%"
    assert ended(first, MONDAY + 60, 12.0, Turn.RETRY).text.endswith("above 10%")


def test_checks_have_keys_of_their_own() -> None:
    keys = [check.key for check in (*CHECKS, *UNSEEN)]

    assert len(set(keys)) == len(keys)
