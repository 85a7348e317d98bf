from __future__ import annotations

from noise.state.tenant import HOLD, QUIET, REVIEW, SPARE_DEADLINES, Deadline, TenantState
from tests.cases import NOW, clear_it, hold_it, incident, raise_it
from tests.factories import alert


def test_deadlines_come_out_in_order_up_to_a_time():
    tenant = TenantState("acme")
    assert tenant.soonest == float("inf")
    for at in (NOW + 3, NOW + 1, NOW + 2):
        tenant.remember_deadline(Deadline(at, HOLD, "k"))

    assert tenant.soonest == NOW + 1
    assert [tenant.next_due(NOW + 2) for _ in range(3)] == [
        Deadline(NOW + 1, HOLD, "k"),
        Deadline(NOW + 2, HOLD, "k"),
        None,
    ]


def test_deadlines_of_what_is_over_are_dropped_before_there_are_many():
    tenant = TenantState("acme")
    kept = hold_it(tenant, NOW + 9999, check="kept").condition
    tenant.incidents["i1"] = incident(look_at=NOW + 9999)
    tenant.incidents["i2"] = incident("i2", look_at=NOW + 5, is_quiet=True)
    tenant.core.review_at = NOW + 777
    for number in range(3 * SPARE_DEADLINES):
        hold_it(tenant, NOW + 9000, NOW + number, check="flaps", of=incident("i3"))
        clear_it(tenant, NOW + number, check="flaps")

    due = []
    while (one := tenant.next_due(NOW + 99_999)) is not None:
        due.append(one)

    assert len(due) < 2 * SPARE_DEADLINES
    assert Deadline(NOW + 9999, HOLD, kept.key) in due
    assert Deadline(NOW + 9999, QUIET, "i1") in due
    assert Deadline(NOW + 777, REVIEW, "") in due
    assert Deadline(NOW + 5, QUIET, "i2") not in due


def test_an_alert_key_leads_to_one_condition():
    tenant = TenantState("acme")
    first = raise_it(tenant, NOW, check="a", alert_key="k").condition
    second = raise_it(tenant, NOW + 1, check="b", alert_key="k").condition
    assert tenant.open_keys == {"k": second.key}
    assert first.alert_key == ""

    clear_it(tenant, NOW + 2, check="a", alert_key="other")
    assert tenant.open_keys == {"k": second.key}
    assert not first.is_open

    clear_it(tenant, NOW + 3, check="?", alert_key="k")
    assert tenant.open_keys == {}
    assert not second.is_open


def test_a_condition_that_comes_under_a_new_alert_key_gives_up_the_old_one():
    tenant = TenantState("acme")
    one = raise_it(tenant, NOW, alert_key="k1").condition
    raise_it(tenant, NOW + 1, alert_key="k2")

    assert tenant.open_keys == {alert(alert_key="k2").alert_key: one.key}


def test_news_of_incidents_are_taken_once_and_not_of_forgotten_ones():
    tenant = TenantState("acme")
    tenant.incidents["i1"] = incident()
    tenant.mark("i", "i1")
    tenant.mark("i", "gone")

    assert tenant.take_incident_news() == [tenant.incidents["i1"]]
    assert tenant.take_incident_news() == []
