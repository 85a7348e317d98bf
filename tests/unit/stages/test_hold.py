from __future__ import annotations

from typing import Any

import pytest

from noise.alert import Alert
from noise.decision import Reason
from noise.settings import Holding
from noise.stages.hold import Hold
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, hold_it, incident, raise_it, scored, tell_it
from tests.factories import alert

MINUTE = 60.0
DAY = 86_400.0
HOLD = Hold(Holding(high_minutes=2), most_waiting=3, hide_above=0.9)


def a_client_whose_tool_sends_clears() -> TenantState:
    tenant = TenantState("acme")
    raise_it(tenant, NOW - 9000, check="ping", device="other")
    clear_it(tenant, NOW - 8940, check="ping", device="other")
    for check in ("disk", "raid"):
        raise_it(tenant, NOW - 9000, check=check, device="other")
    return tenant


def waits(one: Alert, tenant: TenantState | None = None, now: float = NOW) -> float | None:
    """The minutes that an alert waits, None if it does not."""
    ruling = HOLD.judge(case_of(one, tenant or a_client_whose_tool_sends_clears(), now))
    if ruling is None:
        return None
    assert ruling.hold_until is not None
    return (ruling.hold_until - now) / MINUTE


@pytest.mark.parametrize(
    ("severity", "minutes"), [("info", 15), ("low", 15), ("medium", 10), ("high", 2)]
)
def test_where_no_habit_is_known_the_wait_follows_from_the_severity(severity, minutes):
    ruling = HOLD.judge(case_of(alert(severity=severity), a_client_whose_tool_sends_clears()))

    assert ruling is not None
    assert ruling.reason is Reason.HOLDING
    assert ruling.hold_until == NOW + minutes * MINUTE


def test_the_highest_severity_never_waits():
    assert (
        HOLD.judge(case_of(alert(severity="critical"), a_client_whose_tool_sends_clears())) is None
    )


def test_nothing_waits_where_the_tool_never_sent_a_clear():
    tenant = a_client_whose_tool_sends_clears()

    assert HOLD.judge(case_of(alert(source="other"), tenant)) is None


def test_nothing_more_waits_when_too_much_does():
    tenant = a_client_whose_tool_sends_clears()
    for number in range(3):
        assert HOLD.judge(case_of(tenant=tenant)) is not None
        hold_it(tenant, NOW + 60, check=f"C{number}")

    assert HOLD.judge(case_of(tenant=tenant)) is None


def test_a_condition_that_seldom_clears_in_time_does_not_wait():
    slow, quick = a_client_whose_tool_sends_clears(), a_client_whose_tool_sends_clears()
    for number in range(5):
        for tenant, lasts in ((slow, 100 * MINUTE), (quick, 2 * MINUTE)):
            raise_it(tenant, NOW + number * 10_000)
            clear_it(tenant, NOW + number * 10_000 + lasts)

    assert HOLD.judge(case_of(tenant=slow, now=NOW + 90_000)) is None
    assert HOLD.judge(case_of(tenant=quick, now=NOW + 90_000)) is not None


def test_a_new_device_does_not_wait_for_what_never_cleared_elsewhere():
    tenant = a_client_whose_tool_sends_clears()
    for number in range(3):
        raise_it(tenant, NOW + number, device=f"D{number}")
    assert HOLD.judge(case_of(alert(device="new"), tenant, NOW + 9)) is not None

    raise_it(tenant, NOW + 5, device="D5")
    assert HOLD.judge(case_of(alert(device="new"), tenant, NOW + 9)) is None


def test_what_people_know_of_and_goes_on_does_not_wait_again():
    tenant = a_client_whose_tool_sends_clears()
    tell_it(tenant, NOW)
    assert HOLD.judge(case_of(tenant=tenant, now=NOW + 4000)) is None

    clear_it(tenant, NOW + 4000)
    assert HOLD.judge(case_of(tenant=tenant, now=NOW + 8000)) is not None


def test_what_was_real_before_waits_only_if_it_is_likely_noise():
    tenant = a_client_whose_tool_sends_clears()

    def judged(noise: float) -> object:
        case = case_of(tenant=tenant, score=scored(noise))
        case.check.actionable_answers = 1
        return HOLD.judge(case)

    assert judged(0.8) is None
    assert judged(0.95) is not None


def test_what_was_real_before_waits_for_a_quarter_of_its_habit_if_it_is_more_likely_real():
    tenant = a_client_whose_tool_sends_clears()

    def minutes(noise: float, *, real: int) -> float | None:
        case = case_of(load(99.0), tenant, score=scored(noise))
        case.check.actionable_answers = real
        ruling = HOLD.judge(case)
        assert ruling is not None
        assert ruling.hold_until is not None
        return (ruling.hold_until - NOW) / MINUTE

    assert minutes(0.49, real=1) == 90 / 4
    assert minutes(0.5, real=1) == 90
    assert minutes(0.49, real=0) == 90


def test_in_a_surge_nothing_waits():
    tenant = a_client_whose_tool_sends_clears()
    tenant.core.surge.usual = 0.0
    tenant.core.surge.add(NOW, 3.0)

    assert HOLD.judge(case_of(tenant=tenant)) is None


def test_a_value_worse_than_all_that_was_called_noise_does_not_wait():
    tenant = a_client_whose_tool_sends_clears()
    case = case_of(alert(value=190.0, threshold=100.0, bad_when="above"), tenant)
    case.check.noise_excess = 0.2

    assert HOLD.judge(case) is None


def load(value: float, **fields: Any) -> Alert:
    given: dict[str, Any] = {
        "category": "performance", "device_class": "server", "severity": "high",
        "threshold": 90.0, "bad_when": "above", "title": f"CPU is {value}%", "check": "cpu",
    }  # fmt: skip
    return alert(value=value, **given | fields)


def test_what_is_known_to_pass_waits_as_long_as_it_takes_though_nobody_answered():
    assert waits(load(99.0)) == 90
    assert waits(load(99.0, device_class="laptop")) == 240
    assert waits(load(99.0, severity="critical")) is None


def test_it_says_why_it_waits():
    ruling = HOLD.judge(case_of(load(99.0), a_client_whose_tool_sends_clears()))

    assert ruling is not None
    assert "shown in 90 minutes unless it clears by itself: backups" in ruling.text


@pytest.mark.parametrize(
    "unusual", [load(9.0, threshold=5.0), load(20.0, threshold=5.0), load(130.0)]
)
def test_a_value_that_is_not_ordinary_does_not_wait_before_technicians_called_it_noise(unusual):
    tenant = a_client_whose_tool_sends_clears()
    assert waits(unusual, tenant) is None

    raise_it(tenant, NOW - 9000, check="cpu", device="other")
    tenant.checks["cpu"].noise_excess = 5.0
    assert waits(unusual, tenant) == 2


def test_a_value_that_was_real_before_waits_all_the_same_if_it_is_ordinary():
    tenant = a_client_whose_tool_sends_clears()
    raise_it(tenant, NOW - 9000, check="cpu", device="other")
    tenant.checks["cpu"].actionable_answers = 1

    assert waits(load(99.0), tenant) == 90


def test_a_check_that_nobody_knows_and_that_never_came_before_does_not_wait():
    tenant = a_client_whose_tool_sends_clears()

    assert waits(alert(check="new"), tenant) is None
    assert waits(load(99.0, check="new"), tenant) == 90


def test_a_short_calm_does_not_make_it_wait_anew():
    tenant = a_client_whose_tool_sends_clears()
    raise_it(tenant, NOW, check="cpu", category="performance", device_class="server")
    clear_it(tenant, NOW + 40 * MINUTE, check="cpu")

    assert waits(load(99.0), tenant, NOW + 50 * MINUTE) == 40
    assert waits(load(99.0), tenant, NOW + 60 * MINUTE) == 90


def test_it_waits_anew_where_its_clear_was_lost():
    tenant = a_client_whose_tool_sends_clears()
    told = tell_it(tenant, NOW, check="cpu", alert_key="episode 1")
    assert told.condition.is_open

    assert waits(load(99.0, alert_key="episode 1"), tenant, NOW + 300 * MINUTE) is None
    assert waits(load(99.0, alert_key="episode 2"), tenant, NOW + 300 * MINUTE) == 90
    assert waits(load(99.0, alert_key="episode 2"), tenant, NOW + 5 * MINUTE) is None


def backup(**fields: Any) -> Alert:
    return alert(check="job", category="backup", **fields)


def test_a_backup_that_fails_again_without_a_success_between_has_waited_long_enough():
    tenant = a_client_whose_tool_sends_clears()
    raise_it(tenant, NOW, check="job", category="backup", alert_key="try 1")

    assert waits(backup(alert_key="try 2"), tenant, NOW + 30 * MINUTE) == 26 * 60 - 30
    assert waits(backup(alert_key="try 3"), tenant, NOW + 27 * 60 * MINUTE) is None


def test_a_backup_that_fails_on_the_third_night_in_a_row_does_not_wait():
    tenant = a_client_whose_tool_sends_clears()
    for night in range(2):
        assert waits(backup(), tenant, NOW + night * DAY) == 26 * 60
        raise_it(tenant, NOW + night * DAY, check="job", category="backup")
        clear_it(tenant, NOW + night * DAY + 600, check="job")

    assert waits(backup(), tenant, NOW + 2 * DAY) is None


def test_a_certificate_waits_until_a_week_is_left():
    def certificate(days: float | None) -> Alert:
        return alert(check="expiry", category="certificate", value=days, unit="d")

    assert waits(certificate(30.0)) == 23 * 24 * 60
    assert waits(certificate(400.0)) == 30 * 24 * 60
    assert waits(certificate(7.5)) == 12 * 60
    assert waits(certificate(7.0)) is None
    assert waits(certificate(None)) == 24 * 60
    assert waits(certificate(float("nan"))) == 24 * 60


def test_several_troubles_that_begin_on_a_device_at_once_wait_no_longer_than_a_restart():
    tenant = a_client_whose_tool_sends_clears()
    raise_it(tenant, NOW - 40 * MINUTE, check="web", category="availability")
    raise_it(tenant, NOW - 20 * MINUTE, check="memory", category="performance")
    assert waits(load(99.0), tenant) == 90

    raise_it(tenant, NOW - 10 * MINUTE, check="dns", category="directory")
    assert waits(load(99.0), tenant) == 15
    assert waits(load(99.0, device="other"), tenant) == 90


def test_what_another_tool_says_of_the_same_kind_is_no_company():
    tenant = a_client_whose_tool_sends_clears()
    for check, kind in (("cpu.util", "performance"), ("cpu.load", "performance")):
        raise_it(tenant, NOW, check=check, category=kind, source="zabbix")

    assert waits(load(99.0), tenant) == 90


def test_many_devices_that_go_at_once_wait_no_longer_than_one_that_restarts():
    def offline(device: str) -> Alert:
        return alert(check="ping", category="availability", device=device, device_class="laptop")

    tenant = a_client_whose_tool_sends_clears()
    crowd = incident("i1", device_count=3)
    assert waits(offline("D9"), tenant) == 3 * 24 * 60

    for number in range(3):
        raise_it(tenant, NOW, of=crowd, check="ping", device=f"D{number}")
    crowded = case_of(offline("D9"), tenant, NOW, incident=crowd)
    ruling = HOLD.judge(crowded)

    assert ruling is not None
    assert ruling.hold_until == NOW + 5 * MINUTE


def test_a_service_that_stops_on_a_third_device_within_minutes_is_a_crowd():
    def stopped(device: str) -> Alert:
        fields = {"category": "service", "device_class": "laptop", "device": device}
        return alert(check="stopped", **fields)

    tenant = a_client_whose_tool_sends_clears()
    two = incident("i1", device_count=2)
    for number in range(2):
        raise_it(tenant, NOW, of=two, check="stopped", device=f"D{number}")
    ruling = HOLD.judge(case_of(stopped("D9"), tenant, NOW + 60, incident=two))
    later = HOLD.judge(case_of(stopped("D9"), tenant, NOW + 3600, incident=two))

    assert ruling is not None
    assert ruling.hold_until == NOW + 60 + 10 * MINUTE
    assert later is not None
    assert later.hold_until == NOW + 3600 + 60 * MINUTE


@pytest.mark.parametrize(("category", "began"), [("backup", 0.0), ("memory", 3.0)])
def test_a_nightly_job_that_fails_again_within_hours_had_not_succeeded(category, began):
    tenant, kind = a_client_whose_tool_sends_clears(), {"check": "job", "category": category}
    raise_it(tenant, NOW, **kind)
    clear_it(tenant, NOW + 3600, **kind)

    again = case_of(alert(**kind), tenant, NOW + 3 * 3600)

    assert again.began == NOW + began * 3600


def test_days_that_are_left_are_waited_for_even_if_no_clears_are_sent_or_it_was_real():
    def days(left: float) -> float | None:
        case = case_of(
            alert(category="certificate", value=left, threshold=60.0, bad_when="below"),
            score=scored(0.1),
        )
        case.check.actionable_answers = 1
        ruling = HOLD.judge(case)
        if ruling is None:
            return None
        assert ruling.hold_until is not None
        return (ruling.hold_until - NOW) / DAY

    assert days(20.0) == 13.0
    assert days(7.0) is None


def test_a_tool_that_calls_most_things_critical_says_nothing_by_it():
    tenant = a_client_whose_tool_sends_clears()
    critical = alert(severity="critical", category="memory")

    assert waits(critical, tenant) is None
    for number in range(60):
        severity = "critical" if number % 3 else "high"
        raise_it(tenant, NOW - 8000, check="other", device=f"d{number}", severity=severity)
    assert waits(critical, tenant) == 4 * 60
