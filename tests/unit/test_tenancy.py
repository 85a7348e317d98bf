from __future__ import annotations

from noise.alert import short_key, utc
from noise.decision import Action, Decision, InForce, Reason
from noise.label import Label, Verdict
from noise.settings import Settings
from noise.state import recording
from noise.state.case import Case
from noise.tenancy import Tenancy
from tests.cases import NOW, case_of, incident
from tests.factories import alert, label
from tests.story import Story

CONDITION = "acme|srv1|disk|"


def a_client_with_a_decision(
    *, is_recorded: bool = True, answered_before: Label | None = None
) -> tuple[Tenancy, Case]:
    tenancy = Tenancy("acme", Settings())
    if answered_before is not None:
        assert tenancy.learn(answered_before, NOW).outcome == "unknown_target"
    case = case_of(alert(), tenancy.state)
    if is_recorded:
        case.incident = tenancy.state.incidents["i1"] = incident()
        recording.raised(tenancy.state, case, case.incident, "d1.c1")
    score = tenancy.score(case)
    decision = Decision(
        id="d1.c1",
        action=Action.NOTIFY,
        reason=Reason.SCORE,
        decided_at=utc(NOW),
        mode=InForce.ENFORCE,
        would_suppress=False,
        noise_probability=score.noise_probability,
    )
    tenancy.remember(case, decision, case.incident)
    return tenancy, case


def counts(tenancy: Tenancy) -> list[tuple[int, int]]:
    """Answers noise and actionable of the condition, the check and the incident."""
    state = tenancy.state
    answered = (
        state.conditions[short_key(CONDITION)],
        state.checks["disk"],
        state.incidents["i1"],
    )
    return [(one.noise_answers, one.actionable_answers) for one in answered]


def test_an_answer_is_counted_with_its_condition_check_and_incident():
    tenancy, _ = a_client_with_a_decision()

    assert tenancy.learn(label("d1.c1", "noise"), NOW).outcome == "learned"
    assert counts(tenancy) == [(1, 0)] * 3

    assert tenancy.learn(label("d1.c1", "actionable", at=NOW + 9), NOW).outcome == "corrected"
    assert counts(tenancy) == [(0, 1)] * 3

    assert tenancy.learn(label("d1.c1", "noise", by="tom"), NOW).outcome == "conflicting"
    assert counts(tenancy) == [(0, 0)] * 3


def test_an_answer_on_what_was_forgotten_meanwhile_is_learned_all_the_same():
    tenancy, _ = a_client_with_a_decision(is_recorded=False)

    assert tenancy.learn(label("d1.c1"), NOW).outcome == "learned"
    assert tenancy.risk().cells.shown_noise == 1


def test_an_answer_that_waited_is_counted_when_its_decision_comes():
    tenancy, _ = a_client_with_a_decision(answered_before=label("d1.c1"))

    assert counts(tenancy) == [(1, 0)] * 3


def test_all_pieces_restore_state_and_learning_and_changes_are_told_once():
    tenancy, case = a_client_with_a_decision()
    tenancy.learn(label("d1.c1"), NOW)
    changes = dict(tenancy.changed_pieces())
    assert changes.items() <= dict(tenancy.all_pieces()).items()
    assert list(tenancy.changed_pieces()) == []

    again = Tenancy("acme", Settings())
    for key, value in tenancy.all_pieces():
        again.load(key, value)

    assert dict(again.all_pieces()) == dict(tenancy.all_pieces())
    assert again.score(case) == tenancy.score(case)
    assert again.risk() == tenancy.risk()


def test_changes_that_nobody_will_save_are_dropped_with_the_news():
    tenancy, _ = a_client_with_a_decision()
    tenancy.learn(label("d1.c1"), NOW)

    tenancy.forget_changes()

    assert list(tenancy.changed_pieces()) == []
    assert tenancy.state.take_incident_news() == []


def test_the_worst_value_that_was_called_noise_is_remembered():
    story = Story()
    noise, real = Verdict.NOISE, Verdict.ACTIONABLE
    answers = ((110.0, noise), (150.0, noise), (130.0, noise), (300.0, real))
    for day, (value, verdict) in enumerate(answers):
        one = alert(severity="critical", value=value, threshold=100.0, bad_when="above")
        story.answer(day * 1440 + 30, story.push(day * 1440, one), verdict)

    state = story.engine._tenants["acme"].state
    assert [c.noise_excess for c in state.conditions.values()] == [0.5]
    assert state.checks["disk"].noise_excess == 0.5
