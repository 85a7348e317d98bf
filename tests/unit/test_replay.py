from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from noise.alert import utc
from noise.decision import Action, DecidedAlert, Reason, encode_decided
from noise.directory import Directory
from noise.engine import Engine, LabelResult
from noise.label import Label, Outcome, Verdict
from noise.mode_change import Change, ModeChange
from noise.recorded import Answer, Recorded
from noise.replay import MAX_WAITING, Replay, TrueAnswers, WrittenAnswers
from noise.settings import Settings
from tests.factories import label, mode_change
from tests.story import START, enforcing

NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE
MINUTE = 60.0


class Spy(Engine):
    """An engine that notes what it showed, and which answers it was given."""

    def __init__(self, **tree: Any) -> None:
        super().__init__(enforcing(**tree))
        self.shown: dict[str, DecidedAlert] = {}
        self.given: list[tuple[float, Label]] = []

    def handle(self, *args: Any) -> list[DecidedAlert]:
        return self._note(super().handle(*args))

    def tick(self, now: float) -> list[DecidedAlert]:
        return self._note(super().tick(now))

    def learn(self, label: Label, now: float) -> LabelResult:
        is_answer = label.outcome is None
        assert not is_answer or label.decision_id in self.shown, "an answer to what nobody saw"
        self.given.append((now, label))
        result = super().learn(label, now)
        self._note(result.decisions)
        return result

    def _note(self, decided: list[DecidedAlert]) -> list[DecidedAlert]:
        visible = [one for one in decided if one.decision.action is not Action.SUPPRESS]
        self.shown |= {one.decision.id: one for one in visible}
        return decided


def recorded(
    minute: float, event: str, truth: Verdict | None = NOISE, tenant: str = "acme", **fields: Any
) -> Recorded:
    body = {
        "tenant": tenant,
        "device": "srv1",
        "check": "disk",
        "title": "disk is bad",
        "category": "other",
        "severity": "medium",
        "state": "raised",
    } | fields
    at = START + minute * MINUTE
    return Recorded(at, None, tenant, event, msgspec.json.encode(body), f"r-{event}", truth)


def clears(until: float = -10) -> list[Recorded]:
    """Deliveries that show that the tool sends clears and has the check, so that it is held."""
    return [
        recorded(until - 90, "c0", None, check="ping", device="a"),
        recorded(until - 80, "c1", None, check="ping", device="a", state="cleared"),
        recorded(until - 70, "c2", None, device="b"),
    ]


def run(engine: Engine, deliveries: Iterable[Recorded], technicians: Any = None) -> list[Any]:
    return list(Replay(engine, Directory(), technicians).run(deliveries))


def truth(errors: float = 0.0, seed: int = 0, delay: float = 30 * MINUTE) -> TrueAnswers:
    return TrueAnswers(delay, errors, seed)


def test_each_delivery_comes_back_with_what_was_decided_in_order():
    steps = run(Spy(), [recorded(0, "a"), recorded(1, "b")])

    own = [step for step in steps if step.recorded is not None]
    assert [step.recorded.event for step in own] == ["a", "b"]
    assert [step.decided[-1].decision.reason for step in own] == [Reason.NOVEL, Reason.REPEAT]
    assert own[0].decided[0].decision.id.startswith("r-a-0.")


def test_a_delivery_that_cannot_be_read_is_reported_and_stops_nothing():
    broken = msgspec.structs.replace(recorded(1, "b"), body=b"{")
    steps = run(Spy(), [recorded(0, "a"), broken, recorded(2, "c")])

    own = [step for step in steps if step.recorded is not None]
    assert [step.error is None for step in own] == [True, False, True]
    assert own[1].error is not None
    assert own[1].error.reason == "not_json"
    assert own[1].decided == []


def test_what_is_shown_is_answered_after_its_delay():
    engine = Spy()
    run(engine, [recorded(0, "a"), recorded(29, "b"), recorded(31, "c")], truth())

    ((at, label),) = engine.given
    assert at == START + 30 * MINUTE
    assert label.labelled_at.timestamp() == at
    assert label.verdict is NOISE
    assert engine.shown[label.decision_id or ""].alert.event_key == "a"


def test_what_is_hidden_is_never_answered():
    engine = Spy()
    deliveries = [recorded(minute / 10, f"e{minute}", REAL) for minute in range(50)]
    run(engine, [*deliveries, recorded(500, "last", None)], truth())

    assert [label.decision_id for _, label in engine.given] == [next(iter(engine.shown))]


def test_what_is_held_is_answered_when_it_is_told_and_not_if_it_clears():
    engine = Spy()
    stays = recorded(0, "stays", REAL, device="x")
    goes = recorded(100, "goes", REAL, device="y")
    gone = recorded(102, "gone", REAL, device="y", state="cleared")
    run(engine, [*clears(), stays, goes, gone, recorded(900, "last", None)], truth(delay=60))

    answered = {engine.shown[label.decision_id or ""].alert.event_key for _, label in engine.given}
    assert "stays" in answered
    assert not answered & {"goes", "gone"}
    (told,) = [one for one in engine.shown.values() if one.decision.reason is Reason.PERSISTED]
    at = next(at for at, label in engine.given if label.decision_id == told.decision.id)
    assert at == told.decision.decided_at.timestamp() + 60


def test_clients_with_the_same_event_keys_are_not_mixed_up():
    engine = Spy()
    deliveries = [
        *clears(),
        recorded(0, "same", REAL, device="x"),
        recorded(1, "same", NOISE, tenant="bolt"),
        recorded(600, "last", None),
    ]
    run(engine, deliveries, truth())

    verdicts = {(label.tenant, label.verdict) for _, label in engine.given}
    assert verdicts == {("acme", REAL), ("bolt", NOISE)}


def test_without_truth_or_technicians_nobody_answers():
    for technicians, known in ((None, REAL), (truth(), None)):
        engine = Spy()
        run(engine, [recorded(0, "a", known), recorded(99, "b", None)], technicians)
        assert engine.given == []


def test_written_answers_are_given_as_they_were_written():
    engine = Spy()
    written = WrittenAnswers({"a": Answer(REAL, 60.0, "tess")})
    run(engine, [recorded(0, "a", NOISE), recorded(90, "b", NOISE)], written)

    ((at, label),) = engine.given
    assert (at, label.verdict, label.technician) == (START + 60, REAL, "tess")


def test_errors_are_about_as_many_as_asked_for_and_follow_from_the_seed():
    def wrong(seed: int) -> list[str]:
        technician = truth(errors=0.2, seed=seed)
        events = [f"e{number}" for number in range(1000)]
        answers = {event: technician.answer(event, REAL) for event in events}
        return [event for event, one in answers.items() if one and one.verdict is NOISE]

    assert 150 < len(wrong(1)) < 250
    assert wrong(1) == wrong(1)
    assert wrong(1) != wrong(2)
    assert truth(errors=1.0).answer("e", NOISE) == Answer(REAL, 30 * MINUTE, "truth")


def test_who_is_asked_again_is_another_technician_who_errs_on_other_alerts():
    technician = truth(errors=0.2)
    events = [f"e{number}" for number in range(1000)]

    def wrong(number: int) -> set[str]:
        answers = {event: technician.second_opinion(event, REAL, number) for event in events}
        return {event for event, one in answers.items() if one and one.verdict is NOISE}

    assert 150 < len(wrong(1)) < 250
    assert wrong(1) != wrong(2)
    assert truth().second_opinion("e", NOISE, 2) == Answer(NOISE, 30 * MINUTE, "truth 3")
    assert truth().second_opinion("e", None, 1) is None
    assert WrittenAnswers({}).second_opinion("e", NOISE, 1) is None


class Doubting(Spy):
    """An engine that asks once about each answer, and about something that was never shown."""

    def mode_changes(self) -> list[ModeChange]:
        asked = [one.decision_id for _, one in self.given if one.technician == "truth"]
        return [mode_change(), *(question(str(one)) for one in (*asked, "unknown.c"))]


def question(decision_id: str) -> ModeChange:
    asked_at = utc(START + 60 * MINUTE)
    return mode_change(Change.ASKED, decisions=(decision_id,), at=asked_at)


def test_a_claim_is_put_to_somebody_else_and_what_was_called_noise_is_not():
    engine = Doubting()
    deliveries = [
        recorded(0, "a", REAL),
        recorded(1, "b", check="cpu"),
        recorded(90, "c", check="x"),
    ]

    run(engine, [*deliveries, recorded(200, "d", None, check="y")], truth())

    again = [one for _, one in engine.given if one.technician == "truth 2"]
    assert [(one.decision_id, one.verdict) for one in again] == [
        (engine.given[0][1].decision_id, REAL)
    ]


def test_without_technicians_nobody_is_asked_again():
    assert run(Doubting(), [recorded(0, "a", REAL)])


def test_where_one_answer_was_written_nobody_else_gives_another():
    engine = Doubting()
    written = WrittenAnswers({"a": Answer(REAL, 60, "truth")})

    run(engine, [recorded(0, "a"), recorded(90, "b", check="cpu"), recorded(200, "c")], written)

    assert [one.technician for _, one in engine.given] == ["truth"]


def test_time_never_runs_backwards():
    steps = run(Spy(), [recorded(10, "a"), recorded(5, "b", check="cpu")])

    assert steps[-2].decided[-1].decision.decided_at.timestamp() == START + 600


def test_what_falls_due_between_deliveries_is_told_with_its_own_time():
    steps = run(Spy(), [*clears(), recorded(0, "a", device="x"), recorded(500, "b", check="new")])

    between = [one for step in steps if step.recorded is None for one in step.decided]
    assert [one.decision.reason for one in between] == [Reason.PERSISTED]
    assert between[0].decision.decided_at.timestamp() == START + 600


@pytest.mark.parametrize(("most", "answered"), [(MAX_WAITING, True), (3, False)])
def test_answers_to_what_still_waits_are_bounded(most, answered, monkeypatch):
    monkeypatch.setattr("noise.replay.MAX_WAITING", most)
    engine = Spy(holding={"hopeless_share": 0.0})
    held = [recorded(n / 10, f"h{n}", REAL, device=f"x{n}") for n in range(9)]
    run(engine, [*clears(), *held, recorded(600, "last", None)], truth())

    given = [engine.shown[label.decision_id or ""].alert.event_key for _, label in engine.given]
    assert ("h0" in given) is answered


def test_two_replays_give_the_same_bytes():
    def replay() -> bytes:
        deliveries = [
            recorded(n * 7 % 400, f"e{n}", REAL if n % 3 else NOISE, device=f"d{n % 5}")
            for n in range(200)
        ]
        ordered = sorted(deliveries, key=lambda one: one.at)
        steps = run(Spy(sampling={"audit_share": 0.1}), ordered, truth(errors=0.1, seed=3))
        return b"\n".join(encode_decided(one) for step in steps for one in step.decided)

    assert replay() == replay()


def test_state_that_nobody_saves_is_not_collected():
    engine = Spy()
    run(engine, [recorded(0, "a")])

    assert sum(1 for _ in engine.changes()) < 3


def test_what_comes_to_light_is_heard_at_its_time_whatever_was_shown():
    engine = Hearing(enforcing())
    early, late = (
        label(verdict="actionable", at=START + minute * MINUTE, outcome=Outcome("srv1", utc(START)))
        for minute in (5, 30)
    )
    replay = Replay(engine, Directory(), outcomes=[late, early])

    list(replay.run([recorded(0, "e1"), recorded(40, "e2")]))

    assert engine.heard == [(START + 5 * MINUTE, early), (START + 30 * MINUTE, late)]
    assert replay.surfaced.total() == 2
    assert replay.labels_given == 0


def test_what_was_hidden_as_noise_is_answered_when_it_is_shown_after_all():
    engine = Spy()
    day = 24 * 60.0
    days = [recorded(number * day, f"e{number}", severity="low") for number in range(10)]
    ticket = label(
        verdict="actionable",
        at=START + (9 * day + 60) * MINUTE,
        outcome=Outcome("srv1", utc(START + 9 * day * MINUTE)),
    )
    last = recorded(11 * day, "last", None, check="ping")
    steps = list(Replay(engine, Directory(), truth(), outcomes=[ticket]).run([*days, last]))

    decided = {one.decision.id: one for step in steps for one in step.decided}
    (freed,) = [one for one in decided.values() if one.decision.supersedes is not None]
    assert decided[freed.decision.supersedes or ""].decision.reason is Reason.LEARNED_NOISE
    at = freed.decision.decided_at.timestamp()
    assert (at + 30 * MINUTE, freed.decision.id) in [
        (heard, given.decision_id) for heard, given in engine.given
    ]


class Hearing(Engine):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.heard: list[tuple[float, Label]] = []

    def learn(self, label: Label, now: float) -> LabelResult:
        self.heard.append((now, label))
        return super().learn(label, now)
