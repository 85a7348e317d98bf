from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noise.alert import Severity
from noise.label import Verdict
from noise.learning.knowledge import CATEGORIES, INPUTS, SEVERITIES
from noise.learning.model import TenantModel
from noise.learning.shared import Said, SharedModel
from noise.learning.snapshot import all_parts
from noise.learning.tallies import DAY
from noise.settings import Scoring
from noise.state.facts import Facts

NOW = 1_780_000_000.0
NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE
HERE = Facts(check="disk", condition="c1", severity=2, check_episodes=3, episodes=3)

names = st.sampled_from(["", "a", "b", "heat", "=a", "\x1f"])
numbers = st.floats(0, 1e9)
some_facts = st.builds(
    Facts,
    check=names,
    condition=names,
    site=names,
    device_class=names,
    category=st.sampled_from(["", "disk", "cpu"]),
    severity=st.integers(0, 4),
    episodes=st.integers(0, 10**6),
    cleared=st.integers(0, 10**6),
    typical_seconds=numbers,
    check_episodes=st.integers(0, 10**6),
    check_cleared=st.integers(0, 10**6),
    sends_clears=st.booleans(),
    flips=st.integers(0, 32),
    is_known_device=st.booleans(),
    device_company=numbers,
    heat=numbers,
    gap_seconds=st.none() | numbers,
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    usual=st.none() | numbers,
    spread=numbers,
    excess=st.none() | st.floats(allow_nan=False),
    surprise=st.none() | st.floats(allow_nan=False),
)
answers = st.lists(st.tuples(some_facts, st.sampled_from(list(Verdict))), max_size=15)


def taught(*lessons: tuple[Facts, Verdict, int], **limits: Any) -> TenantModel:
    model = TenantModel(Scoring(), **limits)
    for known, verdict, times in lessons:
        for _ in range(times):
            model.learn(known, verdict, NOW)
    return model


def test_before_any_answer_severity_and_category_speak():
    model = TenantModel(Scoring())

    def score(category: str, severity: Severity) -> float:
        known = msgspec.structs.replace(HERE, category=category, severity=severity.rank)
        return model.score(known, NOW).noise_probability

    assert score("performance", Severity.INFO) > score("performance", Severity.CRITICAL)
    assert score("performance", Severity.MEDIUM) > score("hardware", Severity.MEDIUM)
    assert 0.2 < score("never heard of", Severity.MEDIUM) < 0.95


def test_every_piece_of_day_one_knowledge_has_its_reason():
    known = [*SEVERITIES, *CATEGORIES.values(), *INPUTS.values()]

    assert all(len(one.reason) > 10 for one in known)
    assert len(SEVERITIES) == len(Severity)


def test_answers_move_the_score_at_once():
    model = taught()
    before = model.score(HERE, NOW)
    model.learn(HERE, REAL, NOW)
    after = model.score(HERE, NOW)

    assert after.noise_probability < before.noise_probability
    assert (before.model.labels_seen, after.model.labels_seen) == (0, 1)


def test_many_answers_make_it_sure_and_one_real_one_makes_it_doubt():
    model = taught((HERE, NOISE, 12))
    sure = model.score(HERE, NOW)
    model.learn(HERE, REAL, NOW)
    doubting = model.score(HERE, NOW)

    assert sure.noise_probability > 0.95
    assert sure.confidence.low > 0.7
    assert doubting.noise_probability < 0.95


def test_what_the_regression_learned_elsewhere_widens_the_interval():
    alone = TenantModel(Scoring()).score(HERE, NOW).confidence
    mixed = ((HERE, NOISE, 1), (HERE, REAL, 1)) * 12
    calm = taught(*mixed)
    other = msgspec.structs.replace(HERE, check="cpu", condition="c2")
    noisy = taught(*mixed, (other, NOISE, 60))
    worried = taught(*mixed, (other, REAL, 60))

    base, up, down = (one.score(HERE, NOW).confidence for one in (calm, noisy, worried))

    assert (alone.low, alone.high) == (0, 1)
    assert up.high > base.high
    assert down.low < base.low
    for model in (calm, noisy, worried):
        score = model.score(HERE, NOW)
        assert score.confidence.low <= score.noise_probability <= score.confidence.high


def test_an_answer_taken_back_no_longer_counts():
    model = taught((HERE, NOISE, 3))
    before = model.score(HERE, NOW + DAY)
    step = model.learn(HERE, REAL, NOW + 10)
    model.unlearn(HERE, REAL, NOW + 10, NOW + 20, step=step)

    after = model.score(HERE, NOW + DAY)

    assert after.model == before.model
    assert after.evidence == pytest.approx(before.evidence)
    assert after.noise_probability == pytest.approx(before.noise_probability)


@pytest.mark.parametrize("first", [NOISE, REAL])
def test_a_corrected_answer_is_as_good_as_one_that_was_right_at_once(first):
    corrected, straight = taught(), taught()
    last = REAL if first is NOISE else NOISE
    step = corrected.learn(HERE, first, NOW)
    corrected.unlearn(HERE, first, NOW, NOW, step=step)
    corrected.learn(HERE, last, NOW)
    straight.learn(HERE, last, NOW)

    ours, theirs = corrected.score(HERE, NOW), straight.score(HERE, NOW)

    assert ours.noise_probability == pytest.approx(theirs.noise_probability)
    assert ours.confidence.low == pytest.approx(theirs.confidence.low)


def test_an_answer_of_which_only_names_are_known_goes_to_the_counts_alone():
    model, untouched = taught(), taught()
    model.learn(HERE, NOISE, NOW, counts_only=True)
    learned = model.score(HERE, NOW)
    model.unlearn(HERE, NOISE, NOW, NOW)

    assert learned.evidence == 1
    assert model.regression.river.weights == untouched.regression.river.weights
    assert model.score(HERE, NOW) == untouched.score(HERE, NOW)


@settings(max_examples=40, deadline=None)
@given(answers, some_facts)
def test_scoring_changes_nothing_and_repeats_itself(lessons, known):
    model = TenantModel(Scoring())
    for lesson, verdict in lessons:
        model.learn(lesson, verdict, NOW)
    before = all_parts(model)

    first, second = model.score(known, NOW), model.score(known, NOW)

    assert first == second
    assert all_parts(model) == before


@settings(max_examples=60, deadline=None)
@given(answers, some_facts, st.floats(0, 1e9))
def test_any_score_is_a_probability_within_its_interval(lessons, known, later):
    model = TenantModel(Scoring())
    for lesson, verdict in lessons:
        model.learn(lesson, verdict, NOW)

    score = model.score(known, NOW + later)

    low, high = score.confidence.low, score.confidence.high
    assert 0 <= low <= score.noise_probability <= high <= 1
    assert score.evidence >= 0
    assert 1 <= len(score.explanation) <= 5
    effects = [abs(one.effect) for one in score.explanation]
    assert effects == sorted(effects, reverse=True)


def test_memory_is_bounded_however_many_checks_answer():
    model = TenantModel(Scoring(), most_tallies=200, most_weights=300)
    for number in range(1000):
        known = Facts(check=f"check {number}", condition=f"c{number}", source=f"s{number}")
        model.learn(known, NOISE if number % 3 else REAL, NOW + number)

    assert len(model.counts.tallies) <= 200
    assert len(model.regression.river.weights) <= 300
    assert set(INPUTS) <= set(model.regression.river.weights)
    assert sum(len(value) for _, value in all_parts(model)) < 60_000


@pytest.mark.parametrize("wrong_answers", [0.0, 0.05])
def test_the_interval_holds_the_true_share_nine_times_in_ten(wrong_answers):
    chance = random.Random(7)
    early, all_of_them = [], []
    for run in range(240):
        share = (0.3, 0.5, 0.8, 0.9, 0.97, 1.0)[run % 6]
        model = TenantModel(Scoring())
        for seen in range(25):
            confidence = model.score(HERE, NOW).confidence
            held = confidence.low <= share <= confidence.high
            all_of_them.append(held)
            if 0 < seen < 5:
                early.append(held)
            is_noise = chance.random() < share
            if chance.random() < wrong_answers:
                is_noise = not is_noise
            model.learn(HERE, NOISE if is_noise else REAL, NOW)

    assert sum(early) / len(early) >= 0.9
    assert sum(all_of_them) / len(all_of_them) >= 0.9


def test_the_interval_holds_where_devices_differ():
    chance = random.Random(8)
    held = []
    for run in range(60):
        model = TenantModel(Scoring())
        usual = (0.6, 0.9, 0.98)[run % 3]
        for number in range(15):
            share = chance.betavariate(3 * usual, 3 * (1 - usual))
            known = Facts(check="disk", condition=f"c{number}", severity=2)
            for _ in range(4):
                confidence = model.score(known, NOW).confidence
                held.append(confidence.low <= share <= confidence.high)
                verdict = NOISE if chance.random() < share else REAL
                model.learn(known, verdict, NOW)

    assert sum(held) / len(held) >= 0.9


def said_by_others(noise: float, real: float, clients: int = 4) -> SharedModel:
    said = {"=disk": Said(noise, real, clients, int(real > 0))}
    return SharedModel(version="shared-1", counts_from=NOW, said=said)


def test_other_clients_move_both_opinions_and_the_decision_names_their_model():
    model = taught()

    alone = model.score(HERE, NOW)
    noisy = model.score(HERE, NOW, said_by_others(20, 0))
    real = model.score(HERE, NOW, said_by_others(0, 20))

    assert real.noise_probability < alone.noise_probability < noisy.noise_probability
    assert noisy.confidence.low > 0.3 > alone.confidence.low
    assert noisy.model.version == f"{alone.model.version}+shared-1"
    assert (alone.vouchers, noisy.vouchers, real.vouchers) == (0, 4, 0)


def test_the_less_is_answered_here_the_more_others_count():
    def moved(answers: int) -> float:
        model = taught((HERE, REAL, answers))
        alone = model.score(HERE, NOW).noise_probability
        return model.score(HERE, NOW, said_by_others(20, 0)).noise_probability - alone

    assert moved(1) > moved(3) > moved(12) > 0
    assert moved(12) < 0.1


def test_what_others_know_nothing_about_is_scored_as_if_there_were_none():
    cpu = msgspec.structs.replace(HERE, check="cpu")
    model = taught()

    score = model.score(cpu, NOW, said_by_others(20, 0))

    assert score.noise_probability == model.score(cpu, NOW).noise_probability
    assert score.vouchers == 0


def test_scoring_with_others_leaves_no_trace_in_the_model():
    apart, together = taught(), taught()
    together.score(HERE, NOW, said_by_others(20, 0))
    for model in (apart, together):
        model.learn(HERE, NOISE, NOW)

    assert all_parts(apart) == all_parts(together)


def test_doubt_lowers_what_was_learned_says_so_and_leaves_the_day_one_knowledge():
    sure, doubting, fresh = taught((HERE, NOISE, 30)), taught((HERE, NOISE, 30)), taught()
    doubting.doubt = 0.9

    before, after = sure.score(HERE, NOW), doubting.score(HERE, NOW)

    assert fresh.score(HERE, NOW).noise_probability < after.noise_probability
    assert after.noise_probability < before.noise_probability - 0.03
    assert after.confidence.low < before.confidence.low - 0.2
    assert after.evidence < before.evidence / 5
    assert "answers lately differ from what was learned, which counts for less now" in [
        one.text for one in after.explanation
    ]
