"""What the owner ordered: maintenance windows and policies."""

from __future__ import annotations

import pytest

from noise.alert import utc
from noise.decision import Action, Reason
from noise.matcher import Matcher
from noise.settings import MaintenanceWindow
from noise.settings import Policy as PolicySettings
from noise.stages.maintenance import Maintenance
from noise.stages.policy import Policy
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, hold_it
from tests.factories import alert

ON_SRV1 = (Matcher("device", "srv1"),)
WINDOW = MaintenanceWindow(
    name="patching", starts_at=utc(NOW), ends_at=utc(NOW + 3600), matchers=ON_SRV1
)
PLANNED = Maintenance([WINDOW], most_waiting=2)


@pytest.mark.parametrize(
    ("seconds", "device", "hidden"),
    [
        (-1, "srv1", False),
        (0, "srv1", True),
        (3599, "srv1", True),
        (3600, "srv1", False),
        (5, "srv2", False),
    ],
)
def test_a_window_hides_what_fits_from_its_start_until_its_end(seconds, device, hidden):
    ruling = PLANNED.judge(case_of(alert(device=device), now=NOW + seconds))

    assert (ruling is not None) is hidden
    assert ruling is None or ruling.hold_until == NOW + 3600


def test_security_is_never_planned():
    assert PLANNED.judge(case_of(alert(category="security"))) is None


def test_when_too_much_waits_a_window_hides_repeats_alone():
    tenant = TenantState("acme")
    for number in range(2):
        hold_it(tenant, NOW + 3600, check=f"C{number}")

    assert PLANNED.judge(case_of(tenant=tenant)) is None
    assert PLANNED.judge(case_of(tenant=tenant, repeats=True)) is not None


def test_the_first_policy_that_fits_is_followed():
    lab = PolicySettings(name="lab", matchers=ON_SRV1)
    vip = PolicySettings(name="vip", show=True, matchers=(Matcher("check", "disk"),))

    hides, shows = Policy([lab, vip]).judge(case_of()), Policy([vip, lab]).judge(case_of())

    assert hides is not None
    assert (hides.action, hides.reason) == (Action.SUPPRESS, Reason.POLICY)
    assert shows is not None
    assert (shows.action, shows.reason) == (Action.NOTIFY, Reason.FIRST_OF_INCIDENT)


def test_a_repeat_of_what_is_always_shown_is_left_to_others():
    vip = PolicySettings(name="vip", show=True, matchers=ON_SRV1)

    assert Policy([vip]).judge(case_of(repeats=True)) is None
    assert Policy([vip]).judge(case_of(alert(device="srv2"))) is None
