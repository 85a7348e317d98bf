from __future__ import annotations

import io
from typing import Any

import pytest
from msgspec.structs import asdict
from rich.console import Console

from noise.alert import utc
from noise.decision import Action, Decision, DecisionRecord, Explanation, Mode, Reason
from noise.label import Verdict
from noise.simulator import Problem, Sent
from pipelines.demo.screen import picture
from pipelines.demo.summary import Summary
from tests.factories import alert
from tests.story import at

LONG = "MED-DC01 has a memory check that takes far more than one line of a terminal to say so " * 2


def decided(action: Action, reason: Reason, id: str = "0-7.c1", **fields: Any) -> DecisionRecord:
    verdict = Decision(
        id=id,
        action=action,
        reason=reason,
        decided_at=utc(at(0)),
        mode=Mode.ENFORCE,
        would_suppress=action is Action.SUPPRESS,
        explanation=(Explanation(LONG, "why"),),
        **fields,
    )
    return DecisionRecord(**asdict(alert("c06-meditech", title=LONG)), decision=verdict)


def shown(summary: Summary, width: int) -> list[str]:
    """What a terminal of that width shows."""
    console = Console(file=io.StringIO(), width=width)
    console.print(picture(summary))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120])
def test_a_long_title_leaves_room_for_the_time_the_client_and_the_score(width: int):
    summary = Summary(at(0), went_on=False)
    summary.decide(decided(Action.NOTIFY, Reason.NOVEL, noise_probability=0.97))

    (row,) = (line for line in shown(summary, width) if "97%" in line)

    assert f"{utc(at(0)):%H:%M}" in row
    assert "c06-meditech" in row
    assert "MED-DC01" in row


def test_no_line_is_wider_than_the_terminal():
    summary = Summary(at(0), went_on=False)
    summary.decide(decided(Action.NOTIFY, Reason.NOVEL))

    assert max(map(len, shown(summary, 80))) <= 80


def test_what_was_held_and_then_shown_is_counted_as_shown_after_all():
    summary = Summary(at(0), went_on=False)
    summary.decide(decided(Action.SUPPRESS, Reason.HOLDING))
    summary.decide(decided(Action.NOTIFY, Reason.PERSISTED, "later-1", supersedes="0-7.c1"))
    summary.decide(decided(Action.SUPPRESS, Reason.REPEAT, "later-2", supersedes="0-8.c1"))

    picture_of = "\n".join(shown(summary, 120))

    assert "1 = 0 shown + 0 updates of what was shown + 1 hidden" in picture_of
    assert "2, 1 of them shown after all" in picture_of


# -- problems


def problem(began: float, tell_by: float) -> Problem:
    return Problem("acme/disk/1", "acme", "disk", at(began), at(tell_by), ("srv1",), "A disk fails")


def with_one_alert_of(problem: Problem, began: float) -> Summary:
    summary = Summary(at(began), went_on=True)
    summary.know([problem])
    summary.send(
        Sent(at(began), "e1", "acme", "canonical", b"{}", (Verdict.ACTIONABLE,), (problem.id,))
    )
    summary.now = at(600)
    return summary


def test_a_problem_of_which_nobody_was_told_in_time_is_missed():
    summary = with_one_alert_of(problem(began=10, tell_by=90), began=0)

    assert summary.missed() == ["acme: A disk fails"]


def test_a_problem_that_began_in_an_earlier_run_is_not_called_missed():
    summary = with_one_alert_of(problem(began=-10, tell_by=90), began=0)

    assert summary.missed() == []
    assert summary.problems()["missed"] == 0
