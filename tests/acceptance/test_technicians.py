"""One technician among several who never looks: the others are heard all the same."""

from __future__ import annotations

from random import Random

import pytest

from noise.decision import Action
from noise.label import Verdict
from tests.factories import alert
from tests.story import Story, enforcing

NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE
DAY = 1440.0
# How often each kind is real; technicians know, but for the one who never looks.
KINDS = {"raid": 0.35, "ping": 0.0, "cpu": 0.0, "backup": 0.0}
PATIENT = enforcing(scoring={"guard_labels": 60})


def month(careless: Verdict) -> Story:
    """Fifty days in which somebody answers ``careless`` to everything, three alerts in five."""
    chance, story = Random(3), Story(PATIENT)
    for slot in range(50 * 24):
        kind = chance.choice(sorted(KINDS))
        is_real = chance.random() < KINDS[kind]
        seen = story.push(slot * 60.0, alert(check=kind, device=f"srv{chance.randrange(8)}"))
        by = chance.choice(["careless"] * 3 + ["tess", "tom"])
        if seen.decision.action is Action.SUPPRESS:
            continue
        verdict = careless if by == "careless" else REAL if is_real else NOISE
        story.answer(slot * 60.0 + 20, seen, verdict, by)
    return story


def shown_in_the_last_week(story: Story, kind: str) -> float:
    """The share of a kind's alerts that people saw."""
    late = [
        one
        for one in story.decided
        if one.alert.check == kind
        and one.decision.decided_at.timestamp() > story.decided[0].decision.decided_at.timestamp()
        + 43 * DAY * 60
    ]  # fmt: skip
    return sum(one.decision.action is not Action.SUPPRESS for one in late) / len(late)


def test_who_calls_everything_noise_hides_no_kind_that_is_often_real():
    story = month(NOISE)

    assert shown_in_the_last_week(story, "raid") > 0.95
    assert shown_in_the_last_week(story, "ping") < 0.1


@pytest.mark.parametrize("kind", ["ping", "cpu"])
def test_who_calls_everything_real_does_not_keep_noise_shown_for_ever(kind):
    assert shown_in_the_last_week(month(REAL), kind) < 0.1
