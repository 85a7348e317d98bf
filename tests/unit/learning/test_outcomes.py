from __future__ import annotations

from typing import Any

import pytest

from noise.alert import utc
from noise.decision import Reason
from noise.label import Outcome
from noise.learning.outcomes import HOUR, Outcomes, Surfaced
from noise.settings import Limits
from noise.state.answerable import Answerable, Answerables
from noise.state.condition import Condition
from tests.factories import sighting

NOW = 1_780_000_000.0
SHOWN: dict[str, Any] = {"reason": Reason.SCORE}
HIDDEN: dict[str, Any] = {"reason": Reason.LEARNED_NOISE, "would_suppress": True}
WAITING: dict[str, Any] = {"reason": Reason.HOLDING, "would_suppress": True}


class Desk:
    """Where outcomes meet sightings."""

    def __init__(self, *sightings: Answerable, **conditions: Condition) -> None:
        self.answerables = Answerables(Limits())
        for one in sightings:
            self.answerables.remember(one)
        self.outcomes = Outcomes(self.answerables, conditions)

    def meet(self, at: float = NOW, device: str = "srv1", check: str | None = None) -> Surfaced:
        return self.outcomes.meet(Outcome(device, utc(at), check))


def test_what_was_shown_around_it_was_told():
    shown, hidden = sighting("d1.c1", **SHOWN), sighting("d2.c2", check="cpu", **HIDDEN)

    met = Desk(shown, hidden).meet()

    assert met == Surfaced(about=[shown], hidden=[], is_missed=False, is_new=True)


def test_what_mode_observe_would_have_hidden_counts_as_hidden():
    one = sighting("d1.c1", observed=True, **HIDDEN)

    assert Desk(one).meet() == Surfaced([one], [one], is_missed=True, is_new=True)


def test_what_was_hidden_while_nothing_was_shown_was_missed():
    one = sighting("d1.c1", category="disk", noise_probability=0.95, **HIDDEN)
    other = sighting("d2.c2", check="cpu", category="performance", noise_probability=0.9, **HIDDEN)

    met = Desk(one, other).meet()

    assert met == Surfaced(about=[other, one], hidden=[other, one], is_missed=True, is_new=True)
    assert met.alert_class == "performance"


def test_what_cleared_while_it_waited_and_nobody_saw_was_missed_where_waiting_has_to_be_earned():
    unseen = sighting("d1.c1", unseen=True, scope="class/disk", **WAITING)

    met = Desk(unseen).meet()

    assert met == Surfaced(about=[unseen], hidden=[unseen], is_missed=True, is_new=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": Reason.AUDIT_SAMPLE},
        {"reason": Reason.PROBE},
    ],
)
def test_what_was_only_shown_as_a_sample_counts_as_missed_but_need_not_be_told(fields):
    met = Desk(sighting("d1.c1", **fields)).meet()

    assert (met.is_missed, met.is_new, met.hidden) == (True, True, [])


@pytest.mark.parametrize("fields", [{"told": True}, {"cleared": True, "observed": True}])
def test_what_waits_says_nothing_of_the_engine(fields):
    met = Desk(sighting("d1.c1", **WAITING, **fields)).meet()

    assert (met.is_missed, met.is_new, len(met.about)) == (False, False, 1)


def test_what_joined_a_told_incident_was_told():
    met = Desk(sighting("d1.c1", told=True, **HIDDEN)).meet()

    assert (met.is_missed, met.is_new) == (False, True)


def test_what_is_told_before_the_ticket_is_read_was_told():
    hidden = sighting("d1.c1", **HIDDEN)
    late = sighting("d2.c2", check="cpu", decided_at=NOW + 3 * HOUR, **SHOWN)

    met = Desk(hidden, late).meet()

    assert met == Surfaced(about=[late], hidden=[], is_missed=False, is_new=True)


@pytest.mark.parametrize(
    ("is_open", "raised_at", "sends_clears", "is_missed"),
    [(True, -9, True, 0), (True, -7, True, 1), (False, -9, True, 1), (True, -9, False, 1)],
)
def test_what_was_told_long_ago_counts_while_it_is_open(
    is_open, raised_at, sends_clears, is_missed
):
    told = sighting("d1.c1", decided_at=NOW - 8 * HOUR, sends_clears=sends_clears, **SHOWN)
    hidden = sighting("d2.c2", check="cpu", **HIDDEN)
    condition = Condition("c1", "disk", "srv1", None, None, NOW, NOW, is_open=is_open)
    condition.raised_at = NOW + raised_at * HOUR

    assert Desk(told, hidden, c1=condition).meet().is_missed == bool(is_missed)
    assert Desk(told, hidden).meet().is_missed


def test_outside_of_its_time_or_on_other_devices_nothing_is_met():
    desk = Desk(
        sighting("d1.c1", decided_at=NOW - 5 * HOUR, **HIDDEN),
        sighting("d2.c2", check="cpu", decided_at=NOW + 2 * HOUR, **HIDDEN),
    )

    assert desk.meet().about == []
    assert desk.meet(device="srv2").about == []


def test_a_check_that_is_named_is_the_only_one():
    desk = Desk(sighting("d1.c1", **SHOWN), sighting("d2.c2", check="cpu", **HIDDEN))

    assert desk.meet(check="cpu").is_missed


def test_of_one_incident_several_tickets_are_one():
    first = sighting("d1.c1", incident="i1", **HIDDEN)
    other = sighting("d2.c2", incident="i1", device="srv2", **HIDDEN)
    alone = sighting("d3.c3", incident=None, device="srv3", **HIDDEN)
    desk = Desk(first, other, alone)

    assert desk.meet().is_new
    assert not desk.meet().is_new
    assert not desk.meet(device="srv2").is_new
    assert desk.meet(device="srv3").is_new
    assert first.surfaced
