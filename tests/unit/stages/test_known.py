"""What follows from what is known of a condition: repeats, acknowledgements, and novelty."""

from __future__ import annotations

from noise.decision import Action, Reason
from noise.settings import load_settings
from noise.stages import stages_for_arrivals
from noise.stages.acknowledged import Acknowledged
from noise.stages.novel import Novel
from noise.stages.repeat import Repeat
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, incident, raise_it
from tests.factories import alert


def test_a_repeat_says_how_often_it_was_heard():
    tenant = TenantState("acme")
    raise_it(tenant)

    ruling = Repeat().judge(case_of(tenant=tenant, repeats=True))

    assert ruling is not None
    assert (ruling.reason, ruling.text) == (
        Reason.REPEAT,
        "said 2 times since it was first decided",
    )
    assert Repeat().judge(case_of(tenant=tenant)) is None


def test_an_acknowledgement_is_hidden_while_its_condition_is_open():
    tenant, acknowledged = TenantState("acme"), alert(state="acknowledged")
    assert Acknowledged().judge(case_of(acknowledged, tenant)) is None

    raise_it(tenant)
    assert Acknowledged().judge(case_of(acknowledged, tenant)) is not None
    assert Acknowledged().judge(case_of(alert(), tenant)) is None

    clear_it(tenant, NOW + 60)
    assert Acknowledged().judge(case_of(acknowledged, tenant)) is None


def test_only_the_first_alert_of_a_check_at_a_client_is_novel():
    tenant = TenantState("acme")
    first = Novel().judge(case_of(tenant=tenant))
    joining = Novel().judge(case_of(tenant=tenant, incident=incident(told_at=NOW)))
    raise_it(tenant)

    assert first is not None
    assert first.action is Action.NOTIFY
    assert joining is not None
    assert joining.action is Action.UPDATE
    assert Novel().judge(case_of(alert(device="other"), tenant)) is None


def test_orders_come_before_severity_and_severity_before_all_that_is_guessed():
    # An escalation passes what we guess: repeats, flapping, holds, the model. It does not pass
    # what the owner ordered; what a maintenance window hides of it is told when the window ends.
    matchers = [{"field": "device", "value": "srv1"}]
    window = {"name": "w", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-02T00:00:00Z"}
    settings = load_settings({
        "maintenance": [window | {"matchers": matchers}],
        "policies": [{"name": "p", "matchers": matchers}],
    })  # fmt: skip

    order = [type(stage).__name__ for stage in stages_for_arrivals(settings)]

    assert order == [
        "Clear",
        "Acknowledged",
        "Maintenance",
        "Policy",
        "Escalation",
        "Repeat",
        "Flapping",
        "Recurring",
        "Hold",
        "Novel",
        "Learned",
        "Member",
    ]
