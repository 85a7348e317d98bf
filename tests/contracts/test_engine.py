"""What the engine promises whatever comes."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noise.alert import Alert
from noise.decision import HIDDEN, SHOWN, Action, DecidedAlert, Mode
from noise.engine import Engine
from noise.label import Verdict
from noise.state.answerable import sighting_of
from tests.contracts.events import DAY, HOUR, Event, decisions, events, happen, play, restless
from tests.factories import alert, label
from tests.story import START, Story, enforcing

seeds = st.integers(0, 10**6)
bounded = settings(max_examples=25, deadline=None, derandomize=True)


def all_decided(happened: list[Event], ticks: Random | None, *, often: bool = False) -> list[bytes]:
    """Play all events with ticks between them, and tick once long after the last."""
    engine, decided, before = Engine(restless()), [], START
    for number, event in enumerate(happened):
        if ticks is not None and (often or ticks.random() < 0.5):
            decided += engine.tick(before + (event.at - before) * ticks.random())
            decided += engine.tick(event.at)
        decided += happen(engine, event, number)[1]
        before = event.at
    return decisions(decided + engine.tick(before + 30 * DAY))


@bounded
@given(seeds)
def test_how_often_the_clock_ticks_changes_no_decision(seed):
    happened = events(seed, 100)

    never = all_decided(happened, None)

    assert all_decided(happened, Random(seed)) == never
    assert all_decided(happened, Random(seed), often=True) == never


@bounded
@given(seeds)
def test_each_alert_has_one_first_decision_and_later_ones_name_what_they_supersede(seed):
    engine, open_ends, ids = Engine(restless()), set(), set()
    for number, event in enumerate(events(seed, 150)):
        decided = happen(engine, event, number)[1]
        if isinstance(event.what, Alert):
            *decided, own = decided
            assert own.alert == event.what
            assert own.decision.supersedes is None
            assert own.decision.decided_at.timestamp() == pytest.approx(event.at)
            check_one(own, ids)
        open_ends |= {own.decision.id} if isinstance(event.what, Alert) else set()
        for later in decided:
            check_one(later, ids)
            assert later.decision.supersedes in open_ends
            open_ends.remove(later.decision.supersedes)
            open_ends.add(later.decision.id)


def check_one(one: DecidedAlert, ids: set[str]) -> None:
    decision = one.decision
    assert decision.id not in ids
    ids.add(decision.id)
    assert decision.reason in (HIDDEN if decision.action is Action.SUPPRESS else SHOWN)
    assert decision.would_suppress is (decision.action is Action.SUPPRESS)
    assert decision.explanation[0].feature == decision.reason
    assert (decision.hold_until is None) or decision.hold_until > decision.decided_at


@bounded
@given(seeds)
def test_whatever_waits_clears_or_is_decided_again(seed):
    engine, waiting = Engine(restless()), {}
    for number, event in enumerate(events(seed, 150)):
        for one in happen(engine, event, number)[1]:
            end_of_wait(waiting, one)
    for one in engine.tick(START + 400 * DAY):
        end_of_wait(waiting, one)

    assert waiting == {}


def end_of_wait(waiting: dict[str, DecidedAlert], one: DecidedAlert) -> None:
    """Keep by condition what waits; its clear, and whatever is shown of it, ends the wait."""
    decision, condition = one.decision, sighting_of(one.decision.id).rpartition(".")[2]
    shown = decision.action is not Action.SUPPRESS
    cleared = one.alert.state == "cleared" and "earlier raise" not in decision.explanation[0].text
    if decision.supersedes or shown or cleared:
        waiting.pop(condition, None)
    if decision.hold_until is not None and (one.repeat is None or condition in waiting):
        waiting[condition] = one


@bounded
@given(seeds)
def test_observing_decides_the_same_and_hides_nothing(seed):
    happened = events(seed, 100)
    observing = msgspec.structs.replace(restless(), mode=Mode.OBSERVE)
    hiding, watching = Engine(restless()), Engine(observing)

    for number, event in enumerate(happened):
        hidden, shown = happen(hiding, event, number)[1], happen(watching, event, number)[1]
        wants = [one.decision.would_suppress for one in shown]
        assert wants == [one.decision.action is Action.SUPPRESS for one in hidden]
        assert all(one.decision.action is not Action.SUPPRESS for one in shown)


def test_two_runs_say_the_same_bytes():
    happened = events(11, 400)

    assert play(Engine(restless()), happened) == play(Engine(restless()), happened)


def test_clients_never_touch_each_others_state():
    happened = events(5, 300)
    alone = [event for event in happened if event.what.tenant == "acme"]
    numbers = [n for n, event in enumerate(happened) if event.what.tenant == "acme"]
    together, single = Engine(restless()), Engine(restless())

    mixed = [happen(together, event, n)[1] for n, event in enumerate(happened)]
    apart = [happen(single, event, n)[1] for n, event in zip(numbers, alone, strict=True)]

    assert [decisions(mixed[n]) for n in numbers] == [decisions(one) for one in apart]


def size(engine: Engine) -> int:
    return sum(len(key) + len(value) for key, value in engine.export())


@pytest.mark.parametrize("state", ["raised", "cleared", "acknowledged"])
def test_memory_stops_growing_in_a_flood_of_alerts_that_were_never_seen_before(state):
    limits = {"conditions": 100, "incidents": 10, "unanswered": 100}
    engine, sizes = Engine(enforcing(limits=limits)), []
    for number in range(1500):
        flood: dict[str, Any] = {
            name: f"{name} {number:06}" for name in ("check", "device", "site", "source")
        }
        engine.handle(alert(state=state, **flood), START + number, f"s-{number}")
        if number % 500 == 499:
            sizes.append(size(engine))

    assert sizes[2] < sizes[1] * 1.05


def test_what_has_been_silent_for_long_is_forgotten():
    engine = Engine(enforcing(limits={"days": 2}))
    for number in range(50):
        engine.handle(alert(check=f"C{number}", device=f"D{number}"), START, f"s-{number}")
    full = size(engine)

    engine.handle(alert(), START + 3 * DAY, "s-50")

    assert size(engine) < full / 5
    assert sum(1 for _, value in engine.changes() if value is None) > 50 * 4


def test_the_model_alone_never_hides_the_highest_severity_however_sure_it_is():
    sure = {"guard_labels": 1, "hide_above": 0.5, "certain_above": 0.0}
    story = Story(enforcing(scoring=sure))
    for day in range(20):
        shown = story.push(day * 1440, alert(severity="critical"))
        assert shown.decision.action is not Action.SUPPRESS
        story.answer(day * 1440 + 1, shown, Verdict.NOISE)

    assert story.push(21 * 1440, alert(severity="high")).decision.action is Action.SUPPRESS


@bounded
@given(st.permutations(range(6)))
def test_the_order_in_which_technicians_answer_is_irrelevant(order):
    def answered(numbers: list[int]) -> Story:
        story = Story(enforcing())
        shown = [story.push(n / 10, alert(check=f"C{n}", device=f"D{n}")) for n in range(2)]
        verdicts = ["noise", "noise", "actionable", "noise", "actionable", "actionable"]
        for n in numbers:
            one = label(shown[n % 2].decision.id, verdicts[n], by=f"t{n}", at=START + 60 + n)
            story.engine.learn(one, START + HOUR)
        return story

    first, other = answered(list(range(6))), answered(list(order))

    one, two = next(first.engine.reports()).risk, next(other.engine.reports()).risk
    assert one.cells == two.cells
    models = [s.push(120, alert(check="C0", device="D9")).decision.model for s in (first, other)]
    assert models[0] == models[1]
