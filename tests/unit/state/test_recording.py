from __future__ import annotations

import pytest

from noise.alert import utc
from noise.state import recording
from noise.state.condition import DURATION_EDGES, MAX_FLIPS, Condition
from noise.state.recording import MOST_SEEN
from noise.state.tenant import MAX_SITES, MAX_SOURCES, TenantState
from tests.cases import NOW, case_of, clear_it, hold_it, incident, raise_it, scored
from tests.factories import alert


def test_a_condition_is_remembered_only_once_something_is_recorded():
    tenant = TenantState("acme")
    case_of(tenant=tenant)

    assert tenant.conditions == tenant.checks == tenant.devices == {}


@pytest.mark.parametrize(("seconds", "index"), [(60, 0), (61, 1), (86_400, 8), (86_401, 9)])
def test_a_clear_notes_how_long_it_lasted(seconds, index):
    tenant = TenantState("acme")
    one = raise_it(tenant, NOW).condition
    clear_it(tenant, NOW + seconds)

    assert one.durations[index] == sum(one.durations) == one.self_cleared == 1
    assert tenant.checks["disk"].self_cleared == 1


def test_a_clear_whose_check_and_incident_were_forgotten_closes_its_condition():
    tenant = TenantState("acme")
    one = raise_it(tenant, NOW).condition
    tenant.checks.clear()
    tenant.incidents.clear()

    clear_it(tenant, NOW + 1)

    assert not one.is_open
    assert tenant.incidents == {}


def test_a_clear_resolves_its_incident_when_nothing_else_is_open():
    tenant, together = TenantState("acme"), incident()
    raise_it(tenant, NOW, together)
    raise_it(tenant, NOW, together, check="cpu")

    clear_it(tenant, NOW + 1)
    assert not together.resolved_at
    clear_it(tenant, NOW + 2, check="cpu")
    assert together.resolved_at == NOW + 2


def test_the_share_that_cleared_in_time_is_of_finished_episodes():
    one = Condition("k", "disk", None, None, None, NOW, NOW)
    assert one.share_cleared_within(600) == 0

    one.durations[0], one.durations[3], one.durations[9] = 1, 2, 1

    assert one.share_cleared_within(60) == 0.25
    assert one.share_cleared_within(DURATION_EDGES[3]) == 0.75
    assert one.share_cleared_within(10**9) == 0.75


def test_flips_sites_and_sources_are_bounded_and_the_least_is_dropped():
    tenant = TenantState("acme")
    for number in range(MAX_SITES + 5):
        one = raise_it(tenant, NOW + number, site=f"S{number}").condition
        clear_it(tenant, NOW + number, source=f"T{number}")
        clear_it(tenant, NOW + number, source="often")

    assert len(one.flips) == MAX_FLIPS
    assert len(tenant.core.sites) == MAX_SITES
    assert "S0" not in tenant.core.sites
    assert len(tenant.core.clears) == MAX_SOURCES
    assert tenant.core.clears["often"] == MAX_SITES + 5


def test_an_incident_names_a_bounded_number_of_members_and_counts_all():
    tenant, together = TenantState("acme"), incident()
    for number in range(recording.MAX_MEMBERS + 5):
        raise_it(tenant, NOW, together, device=f"D{number}")
    raise_it(tenant, NOW, together, device=None)

    assert len(together.members) == recording.MAX_MEMBERS
    assert together.member_count == recording.MAX_MEMBERS + 6
    assert together.device_count == len(together.devices) == recording.MAX_MEMBERS + 5
    assert together.checks == ["disk"]


def test_a_member_that_comes_again_is_open_once():
    tenant, together = TenantState("acme"), incident()
    one = raise_it(tenant, NOW, together).condition
    raise_it(tenant, NOW + 1, together)

    assert together.open_members == [one.key]


def test_telling_ends_the_wait():
    tenant = TenantState("acme")
    case = hold_it(tenant, NOW + 600)
    assert case.incident is not None

    recording.told(tenant, case, case.incident)

    assert case.condition.hold is None
    assert tenant.holds == 0


@pytest.mark.parametrize(("noise", "heat"), [(0.9, 0), (0.2, 0.8)])
def test_only_what_is_likely_to_be_real_heats(noise, heat):
    tenant, together = TenantState("acme"), incident()
    case = case_of(tenant=tenant, score=scored(noise))
    assert case.score.noise_probability == noise

    recording.told(tenant, case, together)

    assert tenant.core.heat.level_at(NOW) == pytest.approx(heat)
    assert together.told_noise == noise


def test_holding_longer_is_one_hold():
    tenant = TenantState("acme")
    case = hold_it(tenant, NOW + 600)
    recording.held(tenant, case, NOW + 900, "later")

    assert tenant.holds == 1
    recording.end_hold(tenant, case.condition)
    recording.end_hold(tenant, case.condition)
    assert tenant.holds == 0


def test_an_older_raise_that_comes_late_does_not_take_over():
    tenant = TenantState("acme")
    one = raise_it(tenant, NOW, alert_key="new", occurred_at=utc(NOW)).condition

    recording.repeated(tenant, case_of(alert(alert_key="old", occurred_at=utc(NOW - 60)), tenant))

    assert one.alert_key == "new"
    assert one.count == 2
    assert recording.is_overtaken(
        case_of(alert(state="cleared", alert_key="old", occurred_at=utc(NOW - 30)), tenant)
    )


def test_a_value_that_is_no_number_is_not_remembered():
    tenant = TenantState("acme")
    for value in (float("inf"), float("nan"), 5.0):
        one = raise_it(tenant, NOW, value=value).condition

    assert (one.values, one.value_mean) == (1, 5.0)


def test_values_are_remembered_as_a_mean_and_a_spread():
    tenant = TenantState("acme")
    for number, value in enumerate((10.0, 20.0, 10.0, 20.0)):
        one = raise_it(tenant, NOW + number, value=value).condition

    assert one.values == 4
    assert one.value_mean == pytest.approx(15, abs=1)
    assert 0 < one.value_spread < 10


def test_how_long_a_check_lasts_is_remembered_for_a_bounded_number_of_classes():
    tenant = TenantState("acme")
    for number in range(40):
        named = {"device": f"D{number}", "device_class": f"class {number}"}
        raise_it(tenant, NOW + number, **named)
        clear_it(tenant, NOW + number + 0.5, **named)

    assert 0 < len(tenant.checks["disk"].lasted) < 40


def test_a_raise_from_a_clock_that_runs_ahead_does_not_make_the_clears_after_it_look_overtaken():
    tenant = TenantState("acme")
    one = raise_it(tenant, NOW, alert_key="u1", occurred_at=utc(NOW + 1e9)).condition
    raise_it(tenant, NOW + 10, alert_key="u2", occurred_at=utc(NOW + 10))

    clear_it(tenant, NOW + 20, alert_key="u2", occurred_at=utc(NOW + 20))

    assert not one.is_open


def test_values_too_large_to_be_summed_leave_numbers_behind():
    tenant = TenantState("acme")
    for number in range(4):
        one = raise_it(tenant, NOW + number, value=1e308 * (-1) ** number).condition

    assert abs(one.value_mean) <= one.value_spread < 1e102


def test_of_how_much_is_critical_the_latest_thousand_or_so_count_for_a_few_sources():
    tenant = TenantState("acme")
    tenant.core.graveness = {"canonical": (MOST_SEEN, MOST_SEEN)}
    raise_it(tenant, severity="high")
    assert tenant.core.graveness["canonical"] == (MOST_SEEN // 2 + 1, MOST_SEEN // 2)

    tenant.core.graveness = {f"s{number}": (1, 0) for number in range(MAX_SOURCES)}
    raise_it(tenant, severity="critical")
    assert "canonical" not in tenant.core.graveness
