"""What clients that agreed to share teach the others, from end to end of the engine."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import pytest

from noise.decision import Action, DecidedAlert, Reason, encode_decided
from noise.directory import Directory
from noise.engine import Engine
from noise.label import Verdict
from noise.learning.shared import Said, SharedModel, encode_shared
from noise.learning.trainer import HandedOut, Trainer
from noise.recorded import Recorded
from noise.replay import Replay, TrueAnswers
from noise.settings import Settings
from tests.factories import alert
from tests.story import START, Story, at, enforcing
from tests.unit.learning.test_shared import lesson
from tests.unit.test_replay import recorded

NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE
DAY = 1440.0
SHARING = ("ann", "bob", "cid")


class Handing(Trainer):
    """A trainer that keeps what it hands out."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.handed_out: list[HandedOut] = []

    def advance(self, now: float) -> list[HandedOut]:
        handed_out = super().advance(now)
        self.handed_out += handed_out
        return handed_out


def sharing(*tenants: str, **tree: Any) -> Settings:
    return enforcing(sharing={"tenants": tenants}, **tree)


def days(tenants: Iterable[str], truth: Verdict = NOISE) -> list[Recorded]:
    """Two days of a check that every client has on many devices, one an hour."""
    return [
        recorded(
            hour * 60 + number, f"{tenant} {hour}", truth, tenant, device=f"srv{hour}", check="fan"
        )
        for hour in range(48)
        for number, tenant in enumerate(tenants)
    ]


def replay(
    settings: Settings, deliveries: Iterable[Recorded]
) -> tuple[list[DecidedAlert], Handing]:
    trainer = Handing(settings)
    technicians = TrueAnswers(3 * 3600.0, 0.0, 0)
    played = Replay(Engine(settings), Directory(), technicians, trainer).run(deliveries)
    return [one for replayed in played for one in replayed.decided], trainer


def newcomer() -> list[Recorded]:
    return [
        recorded(
            3 * DAY + 20 * number, f"new {number}", NOISE, "new", device=f"d{number}", check="fan"
        )
        for number in range(3)
    ]


def of(tenant: str, decided: Iterable[DecidedAlert]) -> list[Reason]:
    return [one.decision.reason for one in decided if one.alert.tenant == tenant]


def model(counts_from: float, clients: int = 3, real: int = 0) -> SharedModel:
    said = {"=fan": Said(5.0 * clients, float(real), clients, real)}
    return SharedModel(version=f"shared-{counts_from:.0f}", counts_from=counts_from, said=said)


def test_a_new_client_is_shown_each_kind_once_and_then_spared_what_is_noise_everywhere():
    alone, _ = replay(sharing(), [*days(SHARING), *newcomer()])
    together, _ = replay(sharing(*SHARING), [*days(SHARING), *newcomer()])

    assert Reason.LEARNED_NOISE not in of("new", alone)
    assert of("new", together) == [Reason.NOVEL, Reason.LEARNED_NOISE, Reason.LEARNED_NOISE]


def test_the_decision_says_who_taught_it():
    decided, trainer = replay(sharing(*SHARING), [*days(SHARING), *newcomer()])

    (decision, *_) = (one.decision for one in decided if one.alert.tenant == "new")
    assert decision.model is not None
    assert trainer.handed_out[-1].model is not None
    assert decision.model.version.endswith(f"+{trainer.handed_out[-1].model.version}")
    assert "technicians of 3 clients that share, perhaps this one too, call such alerts noise" in [
        one.text for one in decision.explanation
    ]


def test_nobody_shares_unless_asked():
    settings = sharing()
    decided, trainer = replay(settings, [*days(SHARING), *newcomer()])

    assert settings.sharing.tenants == ()
    assert trainer.handed_out == []
    assert not any("shared" in one.decision.model.version for one in decided if one.decision.model)


def test_the_answers_of_a_client_that_did_not_agree_teach_nobody():
    _, with_it = replay(sharing(*SHARING, mode="observe"), days([*SHARING, "silent"], REAL))
    _, without = replay(sharing(*SHARING, mode="observe"), days(SHARING, REAL))

    assert with_it.handed_out == without.handed_out
    assert len(with_it.handed_out) > 20


def test_what_was_real_anywhere_is_not_hidden_on_the_word_of_others():
    mixed = sorted([*days(SHARING), *days(["dan"], REAL)], key=attrgetter("at"))

    decided, _ = replay(sharing(*SHARING, "dan"), [*mixed, *newcomer()])

    assert Reason.LEARNED_NOISE not in of("new", decided)


def test_without_a_client_a_replay_makes_the_very_model_that_is_left_when_it_leaves():
    # Mode observe: everybody is asked the same whatever others say.
    everybody = (*SHARING, "dan", "eve")
    deliveries = sorted([*days((*SHARING, "dan")), *days(["eve"], REAL)], key=attrgetter("at"))
    _, joined = replay(sharing(*everybody, mode="observe"), deliveries)
    settings = sharing(*everybody[:-1], mode="observe")
    _, never = replay(settings, [one for one in deliveries if one.tenant != "eve"])

    left = Trainer(settings)
    for key, value in joined.export():
        left.load(key, value)
    end = START + 49 * 3600
    for trainer in (left, never, joined):
        trainer.advance(end)
        trainer.take(lesson("ann", check="fan", device_class="", at=end, learned_at=end))
    (remade,), (expected,), (with_it,) = (t.advance(end + 7200) for t in (left, never, joined))

    assert dict(left.export()) == dict(never.export())
    assert remade.model is not None
    assert expected.model is not None
    assert with_it.model is not None
    assert encode_shared(remade.model) == encode_shared(expected.model)
    assert remade.model.said["=fan"].clients == 4
    assert with_it.model.said["=fan"].clients == 5


def test_engines_change_at_the_models_own_time_of_their_stream():
    story = Story(sharing())
    story.engine.offer("b", model(at(200), real=1))
    story.engine.offer("a", model(at(100)))

    versions = []
    for minute in (10, 99, 100, 199, 201):
        decided = story.push(minute, alert(check="fan", device=f"d{minute}"))
        assert decided.decision.model is not None
        versions.append(decided.decision.model.version.partition("+")[2])

    assert versions == ["", "", *[model(at(100)).version] * 2, model(at(200)).version]
    assert [one.decision.action for one in story.decided][2:] == [
        Action.SUPPRESS,
        Action.SUPPRESS,
        Action.NOTIFY,
    ]


def test_what_waited_is_judged_by_the_model_of_the_time_when_its_waiting_ended():
    story = Story(sharing(holding={"medium_minutes": 10}))
    for minute, state in ((0, "raised"), (1, "cleared"), (70, "raised"), (71, "cleared")):
        story.push(minute, alert(check="fan", device="d0", state=state))
    held = story.push(150, alert(check="fan", device="d1"))
    story.engine.offer("a", model(at(155)))
    story.engine.offer("b", model(at(165), real=1))

    over, *_ = story.pass_time(1000)

    assert held.decision.reason is Reason.HOLDING
    assert over.decision.supersedes == held.decision.id
    assert over.decision.model is not None
    assert over.decision.model.version.endswith(model(at(155)).version)


def test_a_withdrawn_model_counts_no_more():
    story = Story(sharing())
    story.engine.offer("a", model(at(0)))
    story.push(1, alert(check="fan", device="d1"))

    story.engine.offer("a", None)
    story.push(99, alert(check="fan", device="d2"))

    first, second = (one.decision.model for one in story.decided)
    assert first is not None
    assert second is not None
    assert "shared" in first.version
    assert "shared" not in second.version


def test_a_restored_engine_that_is_offered_the_same_models_goes_on_the_same_way():
    def play(engine: Engine, hours: Iterable[int]) -> list[bytes]:
        decided = []
        for hour in hours:
            one = alert(tenant="new", check="fan", device=f"d{hour}")
            decided += engine.handle(one, at(60 * hour), f"s-{hour}")
        return [encode_decided(one) for one in decided]

    undisturbed, before = Engine(sharing()), Engine(sharing())
    offers = [("a", model(at(100))), ("b", model(at(400), 5)), ("c", model(at(700), real=1))]
    for engine in (undisturbed, before):
        for slot, one in offers:
            engine.offer(slot, one)
    play(undisturbed, range(6))
    play(before, range(6))
    after = Engine(sharing())
    for slot, one in reversed(offers):
        after.offer(slot, one)
    for key, value in before.export():
        after.load(key, value)

    assert play(after, range(6, 20)) == play(undisturbed, range(6, 20))


def test_lessons_that_nobody_takes_are_dropped_with_the_other_news():
    story = Story(sharing("acme"))
    shown = story.push(0, alert(check="fan"))
    story.answer(1, shown, NOISE)
    story.engine.forget_changes()
    assert story.engine.lessons() == []

    story.answer(2, shown, REAL)
    back, again = story.engine.lessons()
    assert (back.is_undone, back.verdict, again.verdict) == (True, NOISE, REAL)
    assert (back.learned_at, back.at, again.at) == (at(1), at(2), at(2))
    assert story.engine.lessons() == []


@pytest.mark.parametrize("clients", [3, 30])
def test_a_value_worse_than_all_that_was_called_noise_here_is_shown_whatever_others_say(clients):
    story = Story(sharing())
    story.engine.offer("a", model(at(-1), clients))
    story.push(0, alert(check="fan", device="d0"))

    fields = {"value": 97.0, "threshold": 90.0, "bad_when": "above"}
    worse = story.push(100, alert(check="fan", device="d1", **fields))

    assert worse.decision.action is not Action.SUPPRESS


def test_what_is_noise_everywhere_else_is_shown_again_as_soon_as_it_was_real_here():
    story = Story(sharing())
    story.engine.offer("a", model(at(-1), 30))

    first = story.push(0, alert(check="fan", device="d0"))
    spared = story.push(100, alert(check="fan", device="d1"))
    story.answer(110, first, REAL)
    after = story.push(220, alert(check="fan", device="d2"))

    assert first.decision.reason is Reason.NOVEL
    assert spared.decision.reason is Reason.LEARNED_NOISE
    assert after.decision.action is not Action.SUPPRESS


def test_what_must_never_be_hidden_is_shown_whatever_others_say():
    story = Story(sharing())
    story.engine.offer("a", model(at(-1), 30))

    shown = [
        story.push(100 * n, alert(check="fan", device=f"d{n}", severity="critical"))
        for n in range(4)
    ]

    assert all(one.decision.action is not Action.SUPPRESS for one in shown)
