"""A monitor has one state, and a dead device reports nothing."""

from __future__ import annotations

from noise.alert import Severity
from noise.simulator.checks import AVAILABILITY, BACKUP, CHECK_IN, CPU, FILE_INTEGRITY
from noise.simulator.estate import build_clients
from noise.simulator.events import Event, Turn, ended
from noise.simulator.monitors import Monitors
from noise.simulator.policy import Policy
from tests.unit.simulator.worlds import MONDAY, SEED, client, event

ACME = client()


def watched(*events: Event) -> list[Event]:
    monitors = Monitors()
    return [said for one in events for said in monitors.watch(one)]


def test_what_is_open_is_not_raised_again_by_noise() -> None:
    first, second = event(ACME), event(ACME, at=MONDAY + 60)

    assert watched(first, second, ended(second, MONDAY + 90), ended(first, MONDAY + 99)) == [
        first,
        ended(first, MONDAY + 99),
    ]


def test_another_object_is_another_condition() -> None:
    first, second = event(ACME, obj="C:"), event(ACME, obj="D:")

    assert watched(first, second) == [first, second]


def test_a_problem_takes_an_open_condition_over() -> None:
    noise, real = event(ACME), event(ACME, at=MONDAY + 60, problem="p1")

    assert watched(noise, real) == [noise, ended(noise, real.at, real.value), real]


def test_a_failed_backup_is_taken_over_as_a_retry() -> None:
    noise, real = event(ACME, BACKUP), event(ACME, BACKUP, at=MONDAY + 60, problem="p1")

    assert [one.turn for one in watched(noise, real)] == [Turn.RAISE, Turn.RETRY, Turn.RAISE]


def test_a_dead_device_reports_only_that_it_is_dead() -> None:
    dead, load, overdue = event(ACME, AVAILABILITY), event(ACME), event(ACME, CHECK_IN)
    changed, real = event(ACME, FILE_INTEGRITY), event(ACME, problem="p1")

    assert watched(dead, load, changed, overdue, real) == [dead, overdue, real]
    assert watched(dead, ended(dead, MONDAY + 60), load) == [dead, ended(dead, MONDAY + 60), load]


def test_what_has_no_clear_is_said_each_time() -> None:
    first = event(ACME, FILE_INTEGRITY)

    assert watched(first, first) == [first, first]


def test_clients_grade_the_same_check_differently_by_kind_of_device() -> None:
    found = {
        (
            device_class,
            Policy(SEED, one).grade(event(one, check, device_class=device_class)).severity,
        )
        for one in build_clients(SEED, 60)
        for check in (CPU, BACKUP, AVAILABILITY)
        for device_class in ("server", "laptop", "switch")
        if one.of_class(device_class)
    }

    assert {severity for kind, severity in found if kind == "server"} == {
        Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL,
    }  # fmt: skip
    assert {severity for kind, severity in found if kind == "laptop"} == {
        Severity.LOW, Severity.MEDIUM, Severity.HIGH,
    }  # fmt: skip
    assert {severity for kind, severity in found if kind == "switch"} == {
        Severity.MEDIUM, Severity.HIGH,
    }  # fmt: skip


def test_a_client_keeps_its_grades() -> None:
    policy = Policy(SEED, ACME)

    assert policy.grade(event(ACME)) == policy.grade(event(ACME))
