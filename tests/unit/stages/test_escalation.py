from __future__ import annotations

import pytest

from noise.decision import Action, Reason
from noise.stages.escalation import Escalation
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, raise_it, tell_it
from tests.factories import alert


@pytest.mark.parametrize(
    ("severity", "rises"), [("low", False), ("medium", False), ("high", True), ("critical", True)]
)
def test_an_open_condition_escalates_when_its_severity_rises(severity, rises):
    tenant = TenantState("acme")
    incident = tell_it(tenant, severity="medium").incident

    ruling = Escalation().judge(case_of(alert(severity=severity), tenant, incident=incident))

    assert (ruling is not None) is rises
    assert ruling is None or (ruling.action, ruling.reason) == (Action.UPDATE, Reason.ESCALATION)


def test_the_rise_of_what_nobody_was_told_of_is_a_notice_of_its_own():
    tenant = TenantState("acme")
    incident = raise_it(tenant, severity="low").incident

    ruling = Escalation().judge(case_of(alert(severity="high"), tenant, incident=incident))

    assert ruling is not None
    assert ruling.action is Action.NOTIFY


def test_what_comes_back_after_its_clear_does_not_escalate():
    tenant = TenantState("acme")
    raise_it(tenant, severity="low")
    clear_it(tenant, NOW + 60)

    assert Escalation().judge(case_of(alert(severity="high"), tenant)) is None
