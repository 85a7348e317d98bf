"""What mode earn promises whatever comes; in these settings it goes live and back all the time."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noise.alert import short_key, utc
from noise.decision import Action, InForce, Mode, Reason
from noise.engine import Engine
from noise.label import Outcome
from noise.learning.earning import EARNED
from noise.mode_change import Change, ModeChange, encode_mode_change
from tests.contracts.events import DAY, MINUTE, Event, decisions, happen, restless
from tests.factories import alert, label
from tests.story import START

seeds = st.integers(0, 10**6)
bounded = settings(max_examples=6, deadline=None, derandomize=True)


def earning() -> Engine:
    return Engine(restless(Mode.EARN))


def moody(seed: int, count: int) -> list[Event]:
    """Days of a client whose people call nearly everything noise for a time, then much real."""
    chance, at, happened = Random(seed), START, []
    while len(happened) < count:
        at += chance.choice((1.0, 5.0, 20.0)) * MINUTE
        number, place = len(happened), chance.randrange(8)
        one = alert(
            check=f"C{place % 3}",
            device=f"D{place}",
            category=chance.choice(("disk", "printer")),
            state=chance.choice(("raised", "raised", "cleared")),
            severity=chance.choice(("low", "high", "high", "critical")),
            event_key=f"e{number}",
        )
        happened.append(Event(at, one))
        mood = 0.03 if number % 500 < 350 else 0.6
        verdict = "actionable" if chance.random() < mood else "noise"
        of = f"s-{number}.{short_key(one.condition_key)}"
        given = label(of, verdict, at=at + MINUTE, label_id=f"l{number}")
        if chance.random() < 0.05:
            given = label(outcome=Outcome(f"D{place}", utc(at)), at=at, label_id=f"l{number}")
        happened.append(Event(at + MINUTE / 2, given))
    return happened


def lived(engine: Engine, happened: list[Event], first: int = 0) -> tuple[list[bytes], list[bytes]]:
    """Play all events; return the decisions and the records of what mode earn changed."""
    decided, changes = [], []
    for number, event in enumerate(happened, first):
        decided += happen(engine, event, number)[1]
        changes += engine.mode_changes()
    return decisions(decided), [encode_mode_change(change) for change in changes]


def test_these_settings_promote_demote_and_release():
    kinds = set()
    for seed in range(3):
        engine = earning()
        for number, event in enumerate(moody(seed, 2500)):
            happen(engine, event, number)
            kinds |= {change.change for change in engine.mode_changes()}

    assert kinds == set(Change)


@bounded
@given(seeds, st.integers(1, 1500))
def test_an_engine_that_crashed_goes_on_as_if_nothing_had_happened(seed, crash):
    happened = moody(seed, 1500)
    undisturbed, changelog = earning(), {}
    for number, event in enumerate(happened[:crash]):
        happen(undisturbed, event, number)
        undisturbed.mode_changes()
        for key, value in undisturbed.changes():
            changelog.pop(key, None)
            if value is not None:
                changelog[key] = value
    recovered = earning()
    for key, value in changelog.items():
        recovered.load(key, value)

    assert recovered.unreadable == 0
    assert dict(recovered.export()) == dict(undisturbed.export())
    assert lived(recovered, happened[crash:], crash) == lived(undisturbed, happened[crash:], crash)
    assert dict(recovered.export()) == dict(undisturbed.export())


@bounded
@given(seeds)
def test_how_often_the_clock_ticks_changes_neither_decisions_nor_what_is_in_force(seed):
    happened, chance = moody(seed, 1200), Random(seed)
    never, ticked = earning(), earning()
    decided, changes, before = [], [], START
    for number, event in enumerate(happened):
        decided += ticked.tick(before + (event.at - before) * chance.random())
        decided += happen(ticked, event, number)[1]
        changes += ticked.mode_changes()
        before = event.at
    decided += ticked.tick(before + DAY)
    changes += ticked.mode_changes()

    quiet, changed = lived(never, happened)
    late = never.tick(before + DAY)

    assert sorted(decisions(decided)) == sorted([*quiet, *decisions(late)])
    assert records(changes) == sorted([*changed, *map(encode_mode_change, never.mode_changes())])


def records(changes: list[ModeChange]) -> list[bytes]:
    return sorted(map(encode_mode_change, changes))


@bounded
@given(seeds)
def test_in_shadow_it_judges_as_mode_enforce_does_and_hides_nothing_that_is_to_be_earned(seed):
    hiding, shadow = Engine(restless()), earning()
    for number, event in enumerate(moody(seed, 800)):
        hidden, shown = happen(hiding, event, number)[1], happen(shadow, event, number)[1]
        if any(change.change is Change.PROMOTED for change in shadow.mode_changes()):
            return
        assert [one.decision.would_suppress for one in shown] == [
            one.decision.action is Action.SUPPRESS for one in hidden
        ]
        for one in shown:
            decision = one.decision
            if decision.action is Action.SUPPRESS:
                assert decision.reason not in EARNED
                assert decision.mode is InForce.ENFORCE
            elif decision.would_suppress:
                assert (decision.reason, decision.mode) == (Reason.OBSERVE_MODE, InForce.OBSERVE)


@pytest.mark.parametrize("seed", range(3))
def test_a_client_that_observes_after_it_has_earned_hides_nothing(seed):
    happened, engine = moody(seed, 1500), earning()
    for number, event in enumerate(happened[:1200]):
        happen(engine, event, number)
    watching = Engine(restless(Mode.OBSERVE))
    for key, value in engine.export():
        watching.load(key, value)

    decided, changes = lived(watching, happened[1200:], 1200)

    assert not any(b'"action":"suppress"' in one for one in decided)
    assert changes == []
