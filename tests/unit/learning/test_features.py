from __future__ import annotations

from typing import Any

import msgspec
import pytest

from noise.alert import Alert, BadWhen, utc
from noise.decision import Score
from noise.learning.features import CORE, MAX_NAME, facts, inputs, levels, name, part_of
from noise.learning.features import typical_seconds as typical
from noise.state import recording
from noise.state.case import Case
from noise.state.condition import DURATION_EDGES, Condition
from noise.state.facts import Facts
from noise.state.tenant import IncidentMemory, TenantState
from tests.cases import HABITS
from tests.factories import alert

NOW = 1_780_000_000.0


def unscored(case: Case) -> Score:
    raise AssertionError("facts must not ask for a score")


def case_of(tenant: TenantState, one: Alert, now: float = NOW) -> Case:
    return Case(
        alert=one,
        tenant=tenant,
        condition=recording.condition_of(tenant, one, now),
        check=recording.check_of(tenant, one, now),
        device=recording.device_of(tenant, one, now),
        incident=None,
        repeats=False,
        now=now,
        habits=HABITS,
        scorer=unscored,
        hiding_rate=lambda _: 0.0,
    )


def raise_it(tenant: TenantState, now: float, **fields: Any) -> None:
    case = case_of(tenant, alert(**fields), now)
    incident = IncidentMemory("i1", "t", "d1", now, now, 2)
    recording.raised(tenant, case, incident, f"d{now}")


def clear_it(tenant: TenantState, now: float, **fields: Any) -> None:
    recording.cleared(tenant, case_of(tenant, alert(state="cleared", **fields), now))


def test_of_a_clients_first_alert_nothing_is_known_but_what_it_says():
    known = facts(case_of(TenantState("acme"), alert(category="disk", site="HQ")))

    assert known == Facts(
        check="disk",
        condition=known.condition,
        site="HQ",
        category="disk",
        source="canonical",
        severity=2,
        is_known_device=False,
    )
    assert {"first_here", "first_of_check", "first_of_device"} <= inputs(known).keys()


def test_what_came_and_went_before_is_counted():
    tenant = TenantState("acme")
    for minute in (0, 10, 20):
        raise_it(tenant, NOW + minute * 60, site="HQ")
        clear_it(tenant, NOW + minute * 60 + 120, site="HQ")

    known = facts(case_of(tenant, alert(site="HQ"), NOW + 1800))

    assert (known.episodes, known.cleared, known.flips) == (3, 3, 3)
    assert (known.check_episodes, known.check_cleared) == (3, 3)
    assert known.typical_seconds == 180
    assert known.gap_seconds == 600
    assert known.sends_clears
    assert known.is_known_device
    assert 0 < known.device_company < 3
    assert known.device_company == known.site_company == known.client_company
    assert {"cleared", "brief", "flips", "gap", "device_company"} <= inputs(known).keys()


def test_a_tool_that_sends_no_clears_is_not_blamed_for_it():
    tenant = TenantState("acme")
    raise_it(tenant, NOW - 90_000)

    named = inputs(facts(case_of(tenant, alert())))

    assert not named.keys() & {"cleared", "check_cleared", "brief", "flips"}
    assert "gap" in named


def test_a_check_known_from_other_devices_is_new_only_here():
    tenant = TenantState("acme")
    raise_it(tenant, NOW - 60)
    clear_it(tenant, NOW - 30)

    named = inputs(facts(case_of(tenant, alert(device="srv2"))))

    assert named["first_here"] == 1
    assert named["first_of_device"] == 1
    assert named["check_cleared"] > 0
    assert "first_of_check" not in named


def test_of_a_check_whose_tool_sends_no_clears_nothing_is_said_on_clearing():
    tenant = TenantState("acme")
    raise_it(tenant, NOW - 60)

    named = inputs(facts(case_of(tenant, alert(device="srv2"))))

    assert "check_cleared" not in named


def test_an_alert_without_a_device_is_of_no_new_device():
    named = inputs(facts(case_of(TenantState("acme"), alert(device=None))))

    assert "first_of_device" not in named


@pytest.mark.parametrize(
    ("value", "threshold", "bad_when", "excess"),
    [
        (99.0, 90.0, BadWhen.ABOVE, 0.1),
        (5.0, 10.0, BadWhen.BELOW, 0.5),
        (5.0, 10.0, BadWhen.ABOVE, -0.5),
        (5.0, 10.0, None, 0.5),
        (3.0, 0.0, BadWhen.ABOVE, 3.0),
        (None, 10.0, BadWhen.ABOVE, None),
        (5.0, None, BadWhen.ABOVE, None),
        (float("nan"), 10.0, BadWhen.ABOVE, None),
        (5.0, float("inf"), BadWhen.ABOVE, None),
        (1e308, -1e308, BadWhen.ABOVE, 1e9),
        (1e308, -1e308, BadWhen.BELOW, -1e9),
    ],
)
def test_excess_is_the_share_by_which_a_value_is_beyond_its_limit(
    value, threshold, bad_when, excess
):
    one = alert(value=value, threshold=threshold, bad_when=bad_when)

    known = facts(case_of(TenantState("acme"), one))

    assert known.excess == pytest.approx(excess)
    assert ("excess" in inputs(known)) == (excess is not None)


def test_a_value_is_compared_with_the_devices_own_past_once_there_is_one():
    tenant = TenantState("acme")
    for minute in range(4):
        raise_it(tenant, NOW + minute, value=90.0 + minute % 2, bad_when=BadWhen.ABOVE)
    assert facts(case_of(tenant, alert(value=99.0))).surprise is None
    raise_it(tenant, NOW + 9, value=90.0, bad_when=BadWhen.ABOVE)

    worse = facts(case_of(tenant, alert(value=99.0, bad_when=BadWhen.ABOVE)))
    usual = facts(case_of(tenant, alert(value=90.5, bad_when=BadWhen.ABOVE)))
    unsaid = facts(case_of(tenant, alert()))

    assert worse.surprise is not None
    assert usual.surprise is not None
    assert worse.surprise > 4 > abs(usual.surprise)
    assert inputs(worse)["surprise"] > inputs(usual)["surprise"]
    assert unsaid.surprise is None


def test_the_typical_duration_is_the_edge_of_the_median_bin():
    condition = Condition("k", "disk", None, None, None, 0, 0)
    assert typical(condition) == 0

    condition.durations[1] = 2
    condition.durations[3] = 1
    assert typical(condition) == DURATION_EDGES[1]

    condition.durations[-1] = 9
    assert typical(condition) == 2 * DURATION_EDGES[-1]


def test_long_names_are_cut_but_stay_apart():
    assert name(None) == ""
    assert name("disk") == "disk"
    assert len(name("x" * 500)) == MAX_NAME
    assert name("x" * 500) != name("x" * 501)


def test_levels_go_from_the_check_to_the_condition_and_are_saved_together():
    keys = levels(Facts(check="disk", condition="c1", device_class="server", site="HQ"))

    assert len(set(keys)) == 4
    assert len({part_of(key) for key in keys}) == 1
    assert part_of(keys[0]) != CORE
    assert part_of("heat") == part_of("severity:2") == CORE
    assert part_of("=broken \ud800 name") != CORE


def test_a_check_named_like_an_input_is_not_taken_for_it():
    assert not set(levels(Facts(check="heat", condition="c1"))) & {"heat"}


def test_facts_are_small_and_survive_being_saved():
    tenant = TenantState("acme")
    raise_it(tenant, NOW, value=1.5, site="s" * 500, category="c" * 500)
    known = facts(case_of(tenant, alert(check="x" * 500, site="s" * 500, occurred_at=utc(NOW))))

    saved = msgspec.msgpack.encode(known)

    assert len(saved) < 800
    assert msgspec.msgpack.decode(saved, type=Facts) == known
