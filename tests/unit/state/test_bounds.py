from __future__ import annotations

from noise.settings import Limits
from noise.state.bounds import keep_within
from noise.state.tenant import TenantState
from tests.cases import NOW, clear_it, hold_it, incident, raise_it
from tests.factories import alert

DAY = 86_400.0
LIMITS = Limits(conditions=100, incidents=10, days=2)


def test_what_did_not_speak_for_long_is_forgotten_once_a_day():
    tenant = TenantState("acme")
    raise_it(tenant, NOW, check="old", device="old")
    keep_within(tenant, LIMITS, NOW)
    raise_it(tenant, NOW + 2.5 * DAY, check="new", device="new")
    tenant.core.swept_at = NOW + 2 * DAY
    keep_within(tenant, LIMITS, NOW + 2.5 * DAY)
    assert len(tenant.conditions) == 2

    keep_within(tenant, LIMITS, NOW + 3 * DAY)

    assert [one.check for one in tenant.conditions.values()] == ["new"]
    assert list(tenant.checks) == list(tenant.devices) == ["new"]
    assert len(tenant.incidents) == 1


def test_of_too_many_the_oldest_are_forgotten_with_their_checks_and_devices():
    tenant = TenantState("acme")
    for number in range(101):
        raise_it(tenant, NOW + number, check=f"C{number}", device=f"D{number}")

    keep_within(tenant, LIMITS, NOW + 101)

    assert min(one.seen_at for one in tenant.conditions.values()) == NOW + 11
    assert "C0" not in tenant.checks
    assert "D0" not in tenant.devices
    assert max(len(tenant.checks), len(tenant.devices)) == 100
    assert len(tenant.open_keys) == len(tenant.conditions) == 90
    assert len(tenant.incidents) <= 10


def test_what_holds_an_alert_back_is_never_forgotten():
    tenant = TenantState("acme")
    held = hold_it(tenant, NOW + 9000, check="held").condition
    for number in range(150):
        raise_it(tenant, NOW + number, check=f"C{number}")

    keep_within(tenant, LIMITS, NOW + 150)
    keep_within(tenant, LIMITS, NOW + 10 * DAY)

    assert list(tenant.conditions) == [held.key]


def test_an_incident_waits_for_no_member_that_was_forgotten():
    tenant, together = TenantState("acme"), incident()
    old = raise_it(tenant, NOW, together, check="old").condition
    new = raise_it(tenant, NOW + DAY, together, check="new").condition
    tenant.changed.clear()

    keep_within(tenant, LIMITS, NOW + 2.5 * DAY)

    assert together.open_members == [new.key]
    assert {("c", old.key), ("i", "i1")} <= tenant.changed


def test_a_forgotten_condition_takes_only_its_own_alert_key_with_it():
    tenant = TenantState("acme")
    raise_it(tenant, NOW, check="old", alert_key="k")
    clear_it(tenant, NOW + 1, check="old", alert_key="k")
    new = raise_it(tenant, NOW + 2 * DAY, check="new", alert_key="k").condition

    keep_within(tenant, LIMITS, NOW + 2.5 * DAY)

    assert tenant.open_keys == {alert(alert_key="k").alert_key: new.key}
