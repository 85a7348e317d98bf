from __future__ import annotations

import pytest

from noise.decision import Reason
from noise.errors import SettingsError
from noise.settings import Flapping as Settings
from noise.settings import load_settings
from noise.stages.flapping import Flapping
from noise.state.condition import MAX_FLIPS
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, hold_it, raise_it, tell_it
from tests.factories import alert

MINUTE = 60.0


def flapping(raises: int, changes: int = 5) -> tuple[Flapping, TenantState]:
    """A stage, and a client of which one condition was told first and then came and went."""
    tenant = TenantState("acme")
    tell_it(tenant, NOW, severity="high")
    for number in range(1, raises):
        clear_it(tenant, NOW + number * MINUTE)
        raise_it(tenant, NOW + number * MINUTE, severity="high")
    clear_it(tenant, NOW + raises * MINUTE)
    return Flapping(Settings(changes=changes), most_waiting=2), tenant


def test_only_after_so_many_raises_a_condition_flaps():
    few, tenant = flapping(4)
    assert few.judge(case_of(tenant=tenant, now=NOW + 9 * MINUTE)) is None

    many, tenant = flapping(5)
    ruling = many.judge(case_of(tenant=tenant, now=NOW + 9 * MINUTE))
    assert ruling is not None
    assert ruling.reason is Reason.FLAPPING
    assert ruling.hold_until == NOW + 60 * MINUTE


def test_raises_before_the_window_do_not_count():
    stage, tenant = flapping(5)
    condition = case_of(tenant=tenant).condition
    condition.told_at = NOW + 50 * MINUTE

    assert stage.judge(case_of(tenant=tenant, now=NOW + 59 * MINUTE)) is not None
    assert stage.judge(case_of(tenant=tenant, now=NOW + 62 * MINUTE)) is None


def test_what_nobody_was_told_of_within_the_window_is_told():
    stage, tenant = flapping(5)
    condition = case_of(tenant=tenant).condition

    condition.told_at = NOW - 60 * MINUTE
    assert stage.judge(case_of(tenant=tenant, now=NOW + 9 * MINUTE)) is None
    condition.told_at = 0.0
    assert stage.judge(case_of(tenant=tenant, now=NOW + 9 * MINUTE)) is None


def test_what_is_worse_than_what_was_told_is_told():
    stage, tenant = flapping(5)

    worse = case_of(alert(severity="critical"), tenant, NOW + 9 * MINUTE)

    assert stage.judge(worse) is None


def test_nothing_more_waits_when_too_much_does():
    stage, tenant = flapping(5)
    for number in range(2):
        hold_it(tenant, NOW + 90 * MINUTE, check=f"C{number}")

    assert stage.judge(case_of(tenant=tenant, now=NOW + 9 * MINUTE)) is None


def test_no_more_raises_can_be_asked_for_than_are_remembered():
    assert load_settings({"flapping": {"changes": 30}}).flapping.changes < MAX_FLIPS
    with pytest.raises(SettingsError, match="changes"):
        load_settings({"flapping": {"changes": MAX_FLIPS + 1}})
