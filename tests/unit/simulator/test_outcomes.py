"""What comes to light by itself."""

from __future__ import annotations

import msgspec

from noise.label import LabelSource, Verdict, decode_label
from noise.simulator import Problem, outcomes
from tests.unit.simulator.worlds import MONDAY


def problem(kind: str, number: int = 0) -> Problem:
    return Problem(
        f"acme/{kind}/{number}", "acme", kind, MONDAY, MONDAY + 1800, ("srv1", "srv2"), "It is down"
    )


def surfacing(kind: str, count: int = 400) -> float:
    return sum(bool(list(outcomes(problem(kind, number)))) for number in range(count)) / count


def test_an_outcome_is_a_valid_label_that_names_device_and_time() -> None:
    label = next(label for number in range(9) for label in outcomes(problem("site_down", number)))

    assert decode_label(msgspec.json.encode(label)) == label
    assert label.outcome is not None
    assert label.outcome.device in ("srv1", "srv2")
    assert MONDAY <= label.outcome.at.timestamp() <= MONDAY + 1800
    assert label.labelled_at.timestamp() > MONDAY + 1800
    assert (label.verdict, label.source) == (Verdict.ACTIONABLE, LabelSource.OUTAGE)


def test_an_outage_surfaces_nearly_always_and_a_failing_backup_seldom() -> None:
    assert surfacing("site_down") > 0.9
    assert surfacing("backup_failing") < 0.4
    assert 0.4 < surfacing("never heard of") < 0.6


def test_the_same_problem_always_surfaces_in_the_same_way() -> None:
    assert list(outcomes(problem("disk_fills"))) == list(outcomes(problem("disk_fills")))
