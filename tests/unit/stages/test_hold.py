from __future__ import annotations

import pytest

from noise.decision import Reason
from noise.settings import Holding
from noise.stages.hold import Hold
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, hold_it, raise_it, scored, tell_it
from tests.factories import alert

MINUTE = 60.0
HOLD = Hold(Holding(high_minutes=2), most_waiting=3, hide_above=0.9)


def a_client_whose_tool_sends_clears() -> TenantState:
    tenant = TenantState("acme")
    raise_it(tenant, NOW - 9000, check="ping", device="other")
    clear_it(tenant, NOW - 8940, check="ping", device="other")
    return tenant


@pytest.mark.parametrize(
    ("severity", "minutes"), [("info", 15), ("low", 15), ("medium", 10), ("high", 2)]
)
def test_the_wait_follows_from_the_severity(severity, minutes):
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
    for number in range(4):
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
