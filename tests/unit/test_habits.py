from __future__ import annotations

import msgspec
import pytest

from noise.errors import SettingsError
from noise.habits import HABITS, UNKNOWN, Habit, Habits
from noise.settings import Settings, load_settings
from tests.factories import alert


def name_of(**fields: object) -> str | None:
    known = Habits(HABITS).of(alert(**fields))
    return next((name for name, row in HABITS.items() if row is known), None)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("desk_offline", {"category": "availability", "device_class": "Laptop"}),
        ("offline", {"category": "availability", "device_class": "server"}),
        ("offline", {"category": "availability"}),
        ("line_offline", {"category": "availability", "device_class": "firewall"}),
        ("agent_silent", {"category": "availability", "title": "Agent check-in overdue"}),
        ("web_check", {"category": "availability", "check": "HTTP check"}),
        ("processor", {"category": "performance", "title": "CPU is at 97%"}),
        ("memory", {"category": "performance", "title": "Memory is at 97%"}),
        ("desk_space", {"category": "disk", "device_class": "workstation"}),
        ("temperature", {"category": "hardware", "check": "sensor.temp"}),
        ("mains", {"category": "hardware", "check": "ups.battery.charge"}),
        ("wear", {"category": "hardware", "title": "Disk 0 reports 5 sectors (SMART)"}),
        ("hardware", {"category": "hardware", "check": "raid"}),
        ("port", {"category": "network", "title": "Interface Gi1/0/3 is down"}),
        ("network", {"category": "network", "title": "wan link", "device_class": "firewall"}),
        ("desk_login", {"category": "security", "title": "Failed logins", "device_class": "pc"}),
        ("security", {"category": "security", "title": "Failed logins", "device_class": "server"}),
        ("space", {"category": "Storage"}),
        ("update", {"category": "patching"}),
        ("mains", {"category": "power", "title": "UPS on battery"}),
        (None, {"category": "licence"}),
        (None, {}),
    ],
)
def test_an_alert_has_the_habit_of_its_kind(name, fields):
    assert name_of(**fields) == name


def test_of_what_nobody_has_written_down_nothing_is_ordinary_and_the_severity_decides():
    assert Habits(HABITS).of(alert(category="licence")) is UNKNOWN
    assert UNKNOWN.minutes is None
    assert not UNKNOWN.is_ordinary(0.0, 1.0)


def test_a_value_is_ordinary_only_for_limits_that_mean_what_the_row_is_about():
    habit = Habit(reason="as a technician says", ordinary=0.2, limit_from=75, limit_to=95)

    assert habit.is_ordinary(0.1, 90)
    assert not habit.is_ordinary(0.3, 90)
    assert not habit.is_ordinary(0.1, 5)
    assert not habit.is_ordinary(0.1, 96)


def test_what_must_be_seen_at_once_does_not_wait_and_desks_wait_longer_than_servers():
    assert HABITS["security"].minutes == HABITS["hardware"].minutes == 0
    for name, row in HABITS.items():
        if name.startswith("desk_") and name.removeprefix("desk_") in HABITS:
            assert (row.minutes or 0) > (HABITS[name.removeprefix("desk_")].minutes or 0), name


def test_every_row_has_a_reason_of_its_own():
    reasons = [row.reason for row in HABITS.values()]

    assert len(set(reasons)) == len(reasons)


def test_the_configuration_changes_a_row_in_part_and_adds_rows_that_come_first():
    settings = load_settings({
        "habits": {
            "processor": {"minutes": 20},
            "build_servers": {
                "category": "performance", "words": "BUILD", "minutes": 600,
                "reason": "build servers are busy all day",
            },
        }
    })  # fmt: skip
    habits = Habits(settings.habits)

    assert habits.of(alert(category="cpu", check="CPU")).minutes == 20
    assert habits.of(alert(category="cpu", check="CPU")).ordinary == HABITS["processor"].ordinary
    assert habits.of(alert(category="performance", check="build load")).minutes == 600
    assert settings.habits["service"] == HABITS["service"]
    assert next(iter(settings.habits)) == "build_servers"


@pytest.mark.parametrize(
    ("habits", "says"),
    [
        ({"x": {"minutes": 5}}, "reason"),
        ({"processor": {"minute": 5}}, "minute"),
        ({"processor": 5}, "habits"),
        ({"processor": {"words": "("}}, "processor"),
        ([], "habits"),
    ],
)
def test_a_wrong_row_is_named(habits, says):
    with pytest.raises(SettingsError, match=says):
        load_settings({"habits": habits})


def test_the_rows_survive_being_written_down():
    tree = msgspec.to_builtins(Settings())

    assert load_settings(tree) == Settings()


@pytest.mark.parametrize(
    ("excess", "limit", "expected"), [(0.02, 90.0, 0.18), (0.02, 10.0, 0.02), (0.5, 100.0, 0.5)]
)
def test_of_what_is_used_of_a_hundred_the_rest_counts(excess, limit, expected):
    space = HABITS["space"]

    assert space.beyond(excess, limit) == pytest.approx(expected)
    assert HABITS["processor"].beyond(excess, limit) == excess


def test_a_disk_hops_over_a_limit_of_what_is_used_as_over_one_of_what_is_free():
    space = HABITS["space"]

    assert space.is_ordinary(0.02, 90.0)  # 91.8 % used
    assert not space.is_ordinary(0.03, 90.0)  # 92.7 % used
    assert not space.is_ordinary(0.1, 60.0)


def test_a_category_in_words_of_its_own_means_what_its_words_say():
    habits = Habits(HABITS)

    assert habits.of(alert(category="Disk Monitor")) is HABITS["space"]
    assert habits.of(alert(category="Sonstiges")) is UNKNOWN
