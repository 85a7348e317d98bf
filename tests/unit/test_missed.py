"""A hidden alert, and then a ticket that says that something real happened."""

from __future__ import annotations

import pytest

from noise.alert import utc
from noise.decision import Action, DecidedAlert, Reason
from noise.engine import Engine
from noise.label import LabelSource, Outcome, Verdict
from tests.factories import alert, label
from tests.story import Story, at, enforcing

DAY = 1440
HIDDEN_AT = 9 * DAY


def a_client_that_calls_it_noise(
    mode: str = "enforce", severity: str = "low", *, clears: bool = False
) -> Story:
    story = Story(enforcing(mode=mode))
    for day in range(8):
        shown = story.push(day * DAY, alert(check="CPU", severity=severity))
        if clears:
            story.push(day * DAY + 1, alert(check="CPU", severity=severity, state="cleared"))
        if not shown.decision.would_suppress:
            story.answer(day * DAY + 30, shown, Verdict.NOISE)
    story.decided.clear()
    return story


def a_ticket(
    story: Story, minute: float, happened: float = HIDDEN_AT, number: int = 1
) -> tuple[str, list[DecidedAlert]]:
    said = label(
        None,
        "actionable",
        "desk",
        at(minute),
        outcome=Outcome("srv1", utc(at(happened))),
        source=LabelSource.TICKET,
        label_id=f"ticket {number}",
    )
    result = story.engine.learn(said, at(minute))
    story.decided += result.decisions
    return result.outcome, result.decisions


def test_what_was_hidden_is_told_when_a_ticket_speaks_of_its_device():
    story = a_client_that_calls_it_noise()
    hidden = story.push(HIDDEN_AT, alert(check="CPU", severity="low"))
    assert hidden.decision.reason is Reason.LEARNED_NOISE

    outcome, (told,) = a_ticket(story, HIDDEN_AT + 180)

    assert outcome == "outcome_missed"
    assert told.decision.supersedes == hidden.decision.id
    assert told.decision.id == f"{hidden.decision.id}+1"
    assert told.decision.action is Action.NOTIFY
    assert told.decision.reason is Reason.INCIDENT_CHANGED
    assert told.decision.explanation[0].text == (
        "hidden 3 hours ago; shown because something real happened on srv1, says a ticket"
    )


def test_it_is_told_as_well_if_it_has_cleared_since():
    story = a_client_that_calls_it_noise(severity="high", clears=True)
    hidden = story.push(HIDDEN_AT, alert(check="CPU", severity="high"))
    story.push(HIDDEN_AT + 1, alert(check="CPU", severity="high", state="cleared"))

    _, (told,) = a_ticket(story, HIDDEN_AT + 90)

    assert told.decision.supersedes == hidden.decision.id
    assert "hidden 90 minutes ago" in told.decision.explanation[0].text


def test_a_second_ticket_tells_nothing_anew_and_counts_no_second_miss():
    story = a_client_that_calls_it_noise()
    story.push(HIDDEN_AT, alert(check="CPU", severity="low"))
    a_ticket(story, HIDDEN_AT + 60)

    outcome, told = a_ticket(story, HIDDEN_AT + 70, number=2)

    assert (outcome, told) == ("repeated", [])
    (report,) = story.engine.reports()
    assert report.risk.missed_incident_ratio.value is not None
    assert report.risk.missed_incident_ratio.upper == 1


def test_the_like_of_what_was_missed_is_shown_until_somebody_answers_it():
    story = a_client_that_calls_it_noise()
    story.push(HIDDEN_AT, alert(check="CPU", severity="low"))
    a_ticket(story, HIDDEN_AT + 60)

    shown = [
        story.push(HIDDEN_AT + 10 * 60 * n, alert(check="CPU", severity="low", device=f"pc{n}"))
        for n in (1, 2)
    ]

    assert [one.decision.action for one in shown] == [Action.NOTIFY, Action.NOTIFY]
    assert "hidden when something real happened" in shown[0].decision.explanation[0].text

    story.answer(HIDDEN_AT + 21 * 60, shown[1], Verdict.NOISE)
    assert story.engine._tenants["acme"].state.checks["CPU"].missed_at == 0


def test_an_answer_about_an_earlier_alert_does_not_end_it():
    story = a_client_that_calls_it_noise()
    earlier = story.push(HIDDEN_AT - 5 * 60, alert(check="CPU", severity="low"))
    story.push(HIDDEN_AT, alert(check="CPU", severity="low", device="srv1", object="2"))
    a_ticket(story, HIDDEN_AT + 60)

    story.answer(HIDDEN_AT + 70, earlier, Verdict.NOISE)

    assert story.engine._tenants["acme"].state.checks["CPU"].missed_at > 0


def test_the_ledger_goes_on_counting_that_it_was_hidden():
    story = a_client_that_calls_it_noise()
    story.push(HIDDEN_AT, alert(check="CPU", severity="low"))
    a_ticket(story, HIDDEN_AT + 60)

    (report,) = story.engine.reports()

    assert report.risk.cells.hidden_real == pytest.approx(1, abs=0.01)
    assert report.risk.cells.shown_real == 0
    assert report.risk.missed_incident_ratio.value == pytest.approx(1, abs=0.5)


def test_another_outcome_shows_what_else_of_the_incident_was_hidden():
    story = Story(enforcing())
    for day in range(8):
        for minute, check in enumerate(("CPU", "RAM")):
            shown = story.push(day * DAY + 180 * minute, alert(check=check, severity="low"))
            story.answer(day * DAY + 180 * minute + 30, shown, Verdict.NOISE)
    for minute, check in enumerate(("CPU", "RAM")):
        hidden = story.push(HIDDEN_AT + minute, alert(check=check, severity="low"))
        assert hidden.decision.reason is Reason.LEARNED_NOISE

    told = []
    for number, check in enumerate(("CPU", "RAM")):
        said = label(
            None,
            "actionable",
            "desk",
            at(HIDDEN_AT + 10 + number),
            outcome=Outcome("srv1", utc(at(HIDDEN_AT)), check),
            source=LabelSource.TICKET,
            label_id=f"ticket {check}",
        )
        told += story.engine.learn(said, at(HIDDEN_AT + 10 + number)).decisions

    assert [one.alert.check for one in told] == ["CPU", "RAM"]


def test_in_mode_observe_it_counts_as_a_miss_all_the_same():
    story = a_client_that_calls_it_noise("observe")
    seen = story.push(HIDDEN_AT, alert(check="CPU", severity="low"))
    assert seen.decision.would_suppress

    outcome, (told,) = a_ticket(story, HIDDEN_AT + 60)

    assert outcome == "outcome_missed"
    assert told.decision.explanation[0].text.startswith("would have been hidden 60 minutes ago;")
    (report,) = story.engine.reports()
    assert report.risk.missed_incident_ratio.upper == 1
    assert report.risk.cells.hidden_real == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("forgotten", ["condition", "incident", "check"])
def test_what_is_forgotten_meanwhile_does_no_harm(forgotten):
    story = a_client_that_calls_it_noise()
    hidden = story.push(HIDDEN_AT, alert(check="CPU", severity="low"))
    state = story.engine._tenants["acme"].state
    assert hidden.incident is not None
    pieces = {
        "condition": state.conditions,
        "incident": state.incidents,
        "check": state.checks,
    }[forgotten]
    pieces.clear()

    outcome, told = a_ticket(story, HIDDEN_AT + 60)

    assert outcome == "outcome_missed"
    assert len(told) == (forgotten != "condition")


def test_a_restored_engine_meets_the_ticket_with_the_same_decision():
    story = a_client_that_calls_it_noise()
    story.push(HIDDEN_AT, alert(check="CPU", severity="low"))
    copy = Story(engine=Engine(enforcing()))
    for key, value in story.engine.export():
        copy.engine.load(key, value)

    assert a_ticket(copy, HIDDEN_AT + 60) == a_ticket(story, HIDDEN_AT + 60)
    later = alert(check="CPU", severity="low", device="pc1")
    assert copy.push(HIDDEN_AT + 300, later).decision.reason is Reason.SCORE
