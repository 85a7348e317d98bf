from __future__ import annotations

from typing import Any

import msgspec

from noise.alert import utc
from noise.decision import Action, Decision, Explanation, InForce, Reason
from noise.label import Verdict
from noise.settings import Limits
from noise.state import recording
from noise.state.answerable import DAY, Answer, Answerable, Answerables, Taught, answerable
from noise.state.case import Case
from noise.state.facts import Facts
from noise.state.tenant import IncidentMemory, TenantState
from tests.cases import HABITS, scored
from tests.factories import alert, sighting

NOW = 1_780_000_000.0


def remembered(*sightings: Answerable, **limits: Any) -> Answerables:
    kept = Answerables(Limits(**limits))
    for one in sightings:
        kept.remember(one)
    return kept


def test_what_a_decision_leaves_behind():
    tenant, one = TenantState("acme"), alert()
    case = Case(
        alert=one,
        tenant=tenant,
        condition=recording.condition_of(tenant, one, NOW),
        check=recording.check_of(tenant, one, NOW),
        device=None,
        incident=None,
        repeats=False,
        now=NOW,
        habits=HABITS,
        scorer=lambda _: None,  # type: ignore[arg-type,return-value]
        hiding_rate=lambda _: 0.0,
    )
    decision = Decision(
        id="d1",
        action=Action.NOTIFY,
        reason=Reason.OBSERVE_MODE,
        decided_at=utc(NOW),
        mode=InForce.OBSERVE,
        would_suppress=True,
        noise_probability=0.9,
    )
    incident = IncidentMemory("i1", "t", "d0", NOW, NOW, 2, told_at=NOW - 60)
    facts = Facts(check="disk", condition=case.condition.key)

    kept = answerable(case, decision, facts, incident, scope="class/disk")
    waits = (Explanation("waits", Reason.HOLDING),)
    held = answerable(case, msgspec.structs.replace(decision, explanation=waits), facts, None)

    case.known_score = scored(0.4)
    own = answerable(case, decision, facts, incident)

    assert kept.condition == case.condition.key
    assert (kept.incident, kept.told, kept.observed) == ("i1", True, True)
    assert kept.noise_probability == 0.9
    assert own.noise_probability == 0.4, "the model is judged by what it said itself"
    assert (held.incident, held.told, held.reason) == (None, False, Reason.HOLDING)


def test_a_later_decision_on_the_same_sighting_takes_over_its_answers():
    first = sighting("d1.c1", answers=[Answer("tess", Verdict.NOISE, "l1", NOW)])
    first.taught = [Taught(1.0, NOW)]
    kept = remembered(first)

    later = sighting("d1.c1+1", decided_at=NOW + 60)
    replaced = kept.remember(later)

    assert replaced is first
    assert len(kept) == 1
    assert kept.get("d1.c1") is kept.get("d1.c1+1") is kept.get("d1.c1+2") is later
    assert later.answers == first.answers
    assert later.taught == first.taught


def test_the_latest_sighting_stands_for_its_condition():
    old, new = sighting("d1.c1"), sighting("d2.c1", decided_at=NOW + 1)

    assert remembered(old, new).latest("c1") is new
    assert remembered(new, old).latest("c1") is new
    assert remembered(old).latest("c2") is None


def test_an_incident_is_answered_by_its_last_sighting_of_each_check():
    old, new = sighting("d1.c1"), sighting("d2.c1", decided_at=NOW + 1)
    other = sighting("d3.c2", check="cpu")
    elsewhere = sighting("d4.c3", incident=None, device=None)

    kept = remembered(old, new, other, elsewhere)

    assert kept.of_incident("i1") == [other, new]
    assert kept.of_incident("i2") == []


def test_sightings_of_a_device_are_found_the_oldest_first():
    late, early = sighting("d2.c2", check="cpu", decided_at=NOW + 100), sighting("d1.c1")
    kept = remembered(late, early)

    assert kept.of_device("srv1") == [early, late]
    assert kept.of_device("srv2") == []


def test_too_many_sightings_make_the_oldest_be_forgotten():
    numbered = [sighting(f"d{n}.c{n % 7}", decided_at=NOW + n) for n in range(150)]

    kept = remembered(*numbered, unanswered=100)

    assert len(kept) <= 100
    assert kept.get("d0.c0") is None
    assert kept.get("d149.c2") is numbered[-1]
    assert all(one.decided_at > NOW + 10 for one in kept.of_incident("i1"))


def test_what_is_too_old_is_forgotten_and_leaves_no_trace():
    kept = remembered(sighting("d1.c1"), sighting("d2.c2", device="srv2", incident="i2"))
    kept.take_changed()

    kept.remember(sighting("d3.c3", device="srv3", decided_at=NOW + 36 * DAY))

    assert len(kept) == 1
    assert kept.latest("c1") is None
    assert kept.of_incident("i2") == []
    assert kept.of_device("srv2") == []
    assert [(key, one is None) for key, one in kept.take_changed()] == [
        ("d1.c1", True),
        ("d2.c2", True),
        ("d3.c3", False),
    ]
    assert kept.take_changed() == []


def test_saved_sightings_come_back_in_any_order():
    sightings = [sighting(f"d{n}.c{n % 3}", decided_at=NOW + n) for n in range(9)]
    live, restored = remembered(*sightings), Answerables(Limits())

    for one in reversed(list(live)):
        restored.load(msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=Answerable))

    assert {one.sighting for one in restored} == {one.sighting for one in live}
    assert all(restored.latest(f"c{n}") == live.latest(f"c{n}") for n in range(3))
    assert restored.take_changed() == []


def test_what_is_forgotten_depends_on_age_alone_and_not_on_a_restart():
    sightings = [sighting(f"d{n}.c{n}", decided_at=NOW + n * 3600) for n in range(60)]
    live, restored = remembered(*sightings, days=1), Answerables(Limits(days=1))
    for one in reversed(list(live)):
        restored.load(one)

    live.remember(sighting("e1.c1", decided_at=NOW + 61 * 3600))
    restored.remember(sighting("e1.c1", decided_at=NOW + 61 * 3600))

    assert {one.sighting for one in live} == {one.sighting for one in restored}
    assert min(one.decided_at for one in live) >= NOW + 37 * 3600


def test_a_decision_that_was_replaced_is_not_forgotten_with_the_earlier_one():
    kept = remembered(sighting("d1.c1"), sighting("d1.c1+1", decided_at=NOW + DAY), days=1)

    kept.remember(sighting("d2.c2", decided_at=NOW + 1.5 * DAY))

    assert kept.get("d1.c1") is not None


def test_the_verdict_is_the_balance_of_the_answers():
    one = sighting()
    assert one.verdict is None

    one.answers = [Answer("tess", Verdict.NOISE, "l1", NOW)]
    assert one.verdict is Verdict.NOISE

    one.answers.append(Answer("tom", Verdict.ACTIONABLE, "l2", NOW))
    assert one.verdict is None

    one.answers.append(Answer("tim", Verdict.ACTIONABLE, "l3", NOW, 0.5))
    assert one.verdict is Verdict.ACTIONABLE


def judged_noise(*said: str, **fields: Any) -> Answerable:
    """Judged noise, then answered by so many people: ``r`` for real, ``n`` for noise."""
    verdicts = {"r": Verdict.ACTIONABLE, "n": Verdict.NOISE}
    answers = [
        Answer(f"t{number}", verdicts[one], f"l{number}", NOW + number)
        for number, one in enumerate(said)
    ]
    return sighting(reason=Reason.LEARNED_NOISE, would_suppress=True, answers=answers, **fields)


def test_of_what_was_judged_noise_one_who_says_noise_outweighs_two_slips():
    found = {said: judged_noise(*said).found for said in ("r", "rr", "rn", "rrn", "rrr", "rrrn")}

    assert found == {
        "r": Verdict.ACTIONABLE,
        "rr": Verdict.ACTIONABLE,
        "rn": Verdict.NOISE,
        "rrn": Verdict.NOISE,
        "rrr": Verdict.ACTIONABLE,
        "rrrn": Verdict.ACTIONABLE,
    }


def test_of_what_was_shown_as_real_the_balance_of_the_answers_counts():
    one = judged_noise(*"rrn")
    one.reason, one.would_suppress = Reason.SCORE, False

    assert one.found is Verdict.ACTIONABLE
    assert one.doubted_since is None


def test_a_claim_is_in_doubt_until_three_make_it_or_one_denies_it():
    since = [judged_noise(*said).doubted_since for said in ("", "n", "r", "rr", "rn", "rrr")]

    assert since == [None, None, NOW, NOW + 1, None, None]


def test_who_is_not_trusted_overrules_nobody_and_what_came_to_light_is_in_no_doubt():
    doubtful, certain = judged_noise(*"rn"), judged_noise(*"rn")
    doubtful.answers[1].weight = 0.5
    certain.answers[0].is_outcome = True

    assert (doubtful.found, doubtful.doubted_since) == (Verdict.ACTIONABLE, NOW)
    certain.answers[1].weight = 0.9
    assert (certain.found, certain.doubted_since) == (Verdict.ACTIONABLE, None)
    certain.answers.pop()
    assert certain.doubted_since is None


def test_what_somebody_else_says_of_a_claim_is_a_second_opinion():
    assert judged_noise("r").is_second_opinion("t1")
    assert not judged_noise("r").is_second_opinion("t0")
    assert not judged_noise("n").is_second_opinion("t1")
