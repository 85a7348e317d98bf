from __future__ import annotations

from typing import Any

import msgspec
import pytest

from noise.label import Verdict
from noise.learning.counts import Counts
from noise.learning.explanation import MOST, Judgement, answers_needed, explain, topic_of
from noise.learning.model import TenantModel
from noise.learning.shared import Said
from noise.settings import Scoring
from noise.state.facts import Facts

NOW = 1_780_000_000.0
HERE = Facts(check="disk", condition="c1", severity=2)
NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE


def said_of(topic: str, effect: float = 1.0, counts: Counts | None = None, **facts: Any) -> str:
    """The sentence on one topic, empty if there is none."""
    known = msgspec.structs.replace(HERE, **facts)
    estimate = (counts or Counts(60)).estimate(known, NOW)
    judged = Judgement(known, estimate, 0.0, 0.5, {topic: effect})
    return " ".join(one.text for one in explain(judged, 0.95) if one.feature == topic)


def answered(noise: int, real: int, known: Facts = HERE) -> Counts:
    counts = Counts(60)
    for verdict, times in ((NOISE, noise), (REAL, real)):
        for _ in range(times):
            counts.learn(known, verdict, NOW, 1.0)
    return counts


def test_answers_are_named_with_their_place_and_number():
    other = msgspec.structs.replace(HERE, condition="c2", site="HQ", device_class="laptop")

    assert said_of("answers", counts=answered(3, 1)) == (
        "technicians called this check on this device noise 3 of 4 times"
    )
    assert said_of("answers", counts=answered(0, 1, other)) == (
        "technicians called this check real once"
    )
    assert said_of("answers") == ""


@pytest.mark.parametrize(
    ("topic", "facts", "sentence"),
    [
        ("kind", {"category": "cpu"}, "cpu alerts of severity medium are mostly noise as a rule"),
        ("kind", {"severity": 4}, "alerts of severity critical are mostly noise as a rule"),
        (
            "cleared",
            {"episodes": 9, "cleared": 8, "typical_seconds": 300.0},
            "it cleared by itself 8 of 9 times, usually within 5 minutes",
        ),
        (
            "cleared",
            {"check_episodes": 1, "check_cleared": 0},
            "this check cleared by itself 0 of 1 times",
        ),
        ("pace", {"flips": 3}, "raised 3 times before within the last hour"),
        ("pace", {"gap_seconds": 86_400.0}, "last raised 1 day ago"),
        ("pace", {"gap_seconds": 7200.0}, "last raised 2 hours ago"),
        ("pace", {"gap_seconds": 5.0}, "last raised a minute ago"),
        ("pace", {}, ""),
        ("novelty", {}, "the first alert of this check at this client"),
        (
            "novelty",
            {"check_episodes": 1, "is_known_device": False},
            "the first alert of this device",
        ),
        ("novelty", {"check_episodes": 1}, "the first alert of this check on this device"),
        ("value", {}, ""),
        ("value", {"value": 91.0}, ""),
        (
            "value",
            {"value": 99.0, "excess": 0.1, "unit": "%"},
            "value 99 % is 10% beyond its limit",
        ),
        ("value", {"value": 81.0, "excess": -0.1}, "value 81 is 10% inside its limit"),
        (
            "value",
            {"value": 99.0, "usual": 50.0, "spread": 5.0, "unit": "%"},
            "value 99 % against a usual 45 to 55 %",
        ),
        (
            "company",
            {"device_company": 1.2, "client_company": 9.0},
            "about 1 other alert on this device in the last ten minutes",
        ),
        (
            "company",
            {"site_company": 2.0},
            "about 2 other alerts at this site in the last ten minutes",
        ),
        ("company", {}, "hardly any other alert at this client in the last minutes"),
        ("heat", {}, "there is other trouble at this client right now"),
    ],
)
def test_each_topic_has_its_sentence(topic, facts, sentence):
    assert said_of(topic, **facts) == sentence


@pytest.mark.parametrize(
    ("real", "sentence"),
    [
        (
            0,
            "technicians of 5 clients that share, perhaps this one too, call such alerts noise",
        ),
        (2, "2 of 5 clients that share, perhaps this one too, found such alerts real"),
    ],
)
def test_what_other_clients_hold_is_said_by_their_number_alone(real, sentence):
    estimate = Counts(60).estimate(HERE, NOW, (9.0, float(real)))
    judged = Judgement(HERE, estimate, 0.0, 0.5, {"others": 1.0}, Said(9.0, real, 5, real))

    assert sentence in [one.text for one in explain(judged, 0.95)]


def test_where_no_client_shares_nothing_is_said_of_others():
    assert said_of("others") == ""


def test_what_speaks_against_noise_says_so():
    assert said_of("kind", -1.0) == "alerts of severity medium are often real as a rule"


def test_what_holds_for_a_kind_is_said_of_this_client_only_where_it_has_answered():
    assert (
        said_of("kind", counts=answered(3, 0)) == "alerts of severity medium are mostly noise here"
    )


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("=disk", "answers"),
        ("severity:2", "kind"),
        ("source:", "kind"),
        ("prior", "kind"),
        ("gap", "pace"),
        ("surprise", "value"),
    ],
)
def test_each_input_belongs_to_a_topic(name, topic):
    assert topic_of(name) == topic


def test_the_strongest_comes_first_weak_ones_are_left_out_and_few_are_said():
    effects = {"kind": 0.5, "novelty": -0.9, "heat": 0.01, "company": 0.2, "cleared": 0.3}
    judged = Judgement(HERE, Counts(60).estimate(HERE, NOW), 0.0, 0.5, effects)

    said = [one.feature for one in explain(judged, 0.95)]
    more = explain(judged._replace(effects=effects | {"pace": 2.0, "heat": 2.0}), 0.95)

    assert said == ["novelty", "kind", "cleared", "company", "answers_needed"]
    assert len(more) == MOST


@pytest.mark.parametrize(
    ("noise", "real", "sentence"),
    [
        (0, 40, "more than 20 answers that it is noise would make it likely enough to be hidden"),
        (30, 0, " that it is real would have it shown"),
        (6, 0, " that it is noise would make it likely enough to be hidden"),
    ],
)
def test_the_last_sentence_says_what_would_change_the_verdict(noise, real, sentence):
    model = TenantModel(Scoring(hide_above=0.98))
    for verdict, times in ((NOISE, noise), (REAL, real)):
        for _ in range(times):
            model.learn(HERE, verdict, NOW)

    assert sentence in model.score(HERE, NOW).explanation[-1].text


@pytest.mark.parametrize("first", [NOISE, REAL])
def test_so_many_answers_are_needed_by_the_counts_alone(first):
    counts = Counts(60)
    for _ in range(12):
        counts.learn(HERE, first, NOW, 1.0)

    def judged() -> Judgement:
        estimate = counts.estimate(HERE, NOW)
        return Judgement(HERE, estimate, 0.0, estimate.posterior.mean, {})

    before = judged()
    needed = answers_needed(before, 0.6)
    other = REAL if before.probability >= 0.6 else NOISE
    for _ in range(needed):
        counts.learn(HERE, other, NOW, 1.0)

    assert needed > 1
    assert judged().probability != before.probability
