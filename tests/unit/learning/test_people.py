from __future__ import annotations

import random

import msgspec
import pytest

from noise.label import Verdict
from noise.learning.people import MOST_PEOPLE, People, Person
from noise.state.answerable import Answer, Answerable
from noise.state.slips import MOST_SLIPS, SLIPS
from tests.factories import sighting

NOW = 1_780_000_000.0
NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE


def said(by: str, verdict: Verdict, **fields: object) -> Answer:
    return Answer(by, verdict, f"{by}/{verdict}", NOW, **fields)


def hear(people: People, target: Answerable, *answers: Answer, now: float = NOW) -> None:
    for answer in answers:
        target.answers = [*target.answers, answer]
        people.heard(target, [], now)


def desk(count: int, seed: int = 1, **people: tuple[float, float]) -> People:
    """``people`` say how often each misses and frets; each alert is answered by one of them."""
    chance, heard = random.Random(seed), People()
    for number in range(count):
        score = chance.choice([0.4, 0.75, 0.92, 0.96, 0.99])
        is_real = chance.random() < {0.4: 0.6, 0.75: 0.25, 0.92: 0.08}.get(score, 0.0)
        by = chance.choice(sorted(people))
        misses, frets = people[by]
        errs = chance.random() < (misses if is_real else frets)
        verdict = REAL if is_real is not errs else NOISE
        one = sighting(f"d{number}.c{number}", noise_probability=score)
        hear(heard, one, said(by, verdict), now=NOW + number)
    return heard


CAREFUL = (0.03, 0.03)


def test_an_unknown_technician_counts_fully():
    assert People().weight("tess", NOISE) == People().weight("tess", REAL) == 1


def test_who_answers_alone_cannot_be_held_against_anybody():
    alone = desk(400, tess=(1.0, 0.0))

    assert alone.weight("tess", NOISE) == 1
    assert alone.slips == SLIPS


def test_usual_care_goes_on_counting_fully():
    people = desk(600, tess=CAREFUL, tom=(0.05, 0.08), tim=(0.1, 0.03))

    for by in ("tess", "tom", "tim"):
        assert people.weight(by, NOISE) > 0.8
        assert people.weight(by, REAL) == 1


def test_who_calls_everything_noise_teaches_no_noise_and_the_others_are_believed():
    people = desk(600, tess=CAREFUL, tom=CAREFUL, poison=(1.0, 0.0))

    assert people.weight("poison", NOISE) == 0
    assert people.weight("tess", NOISE) > 0.8
    assert people.weight("tess", REAL) == people.weight("tom", REAL) == 1


def test_who_calls_everything_real_teaches_nothing_real():
    people = desk(600, tess=CAREFUL, tom=CAREFUL, panic=(0.0, 1.0))

    assert people.weight("panic", REAL) == 0
    assert people.weight("tess", NOISE) == 1


def test_who_answers_by_chance_teaches_nothing():
    people = desk(800, tess=CAREFUL, tom=CAREFUL, coin=(0.5, 0.5))

    assert people.weight("coin", NOISE) == people.weight("coin", REAL) == 0


def test_one_who_answers_most_does_not_outvote_the_others():
    people = desk(900, tess=CAREFUL, tom=CAREFUL, tim=CAREFUL, poison=(1.0, 0.0))
    chance = random.Random(5)
    for number in range(2000):
        one = sighting(f"p{number}.p{number}", noise_probability=chance.choice([0.4, 0.92]))
        hear(people, one, said("poison", NOISE))

    assert people.weight("poison", NOISE) == 0
    assert people.weight("tess", REAL) == 1


def test_who_denies_what_comes_to_light_is_believed_less():
    people = People()
    for number in range(12):
        one = sighting(f"d{number}.c{number}")
        outcome = said("service-desk", REAL, is_outcome=True)
        hear(people, one, said("tess", REAL), said("greg", NOISE), outcome)

    assert people.weight("greg", NOISE) < 0.3
    assert people.weight("tess", NOISE) == 1
    assert {key for key, _ in people} == {"tess", "greg"}


def test_slips_are_seen_by_comparison_and_never_presumed_beyond_a_bound():
    sloppy = desk(2500, tess=(0.03, 0.04), tom=(0.03, 0.05), tim=(0.05, 0.01))
    strict = desk(2500, tess=(0.03, 0.0), tom=(0.03, 0.0), tim=(0.05, 0.0))
    wild = desk(2500, tess=(0.03, 0.3), tom=(0.03, 0.25), tim=(0.05, 0.01))

    assert 0.02 < sloppy.slips <= MOST_SLIPS
    assert strict.slips < 0.01
    assert wild.slips == MOST_SLIPS


def test_a_corrected_answer_is_taken_back():
    people, one = People(), sighting()
    hear(people, one, said("tess", NOISE), said("tom", NOISE))
    before = [(key, msgspec.structs.replace(person)) for key, person in people]
    corrected = said("tim", REAL)
    hear(people, one, corrected)

    one.answers = one.answers[:2]
    people.heard(one, [corrected], NOW)

    after = dict(people)
    assert (after["tim"].said, after["tim"].met) == (Person().said, Person().met)
    for key, person in before:
        assert after[key].met == pytest.approx(person.met)


def test_what_was_never_held_against_anything_is_taken_back_in_peace():
    people, one = People(), sighting()

    people.heard(one, [said("tess", NOISE)], NOW)

    assert list(people) == []


def test_who_was_silent_for_longest_is_forgotten():
    people = People(most=3)
    for number in range(5):
        one = sighting(f"d{number}.c{number}")
        hear(people, one, said(f"t{number}", NOISE), now=NOW + number)

    assert [key for key, _ in people] == ["t2", "t3", "t4"]
    assert [(key, one is None) for key, one in people.take_changed()][:2] == [
        ("t0", True),
        ("t1", True),
    ]
    assert people.take_changed() == []
    assert MOST_PEOPLE <= 100


def test_who_no_longer_counts_is_not_pardoned_by_many_new_names_or_another_spelling():
    people = desk(600, tess=CAREFUL, tom=CAREFUL, poison=(1.0, 0.0))
    people.judge("poison")
    for number in range(MOST_PEOPLE + 5):
        one = sighting(f"n{number}.n{number}")
        hear(people, one, said(f"t{number}", NOISE), now=NOW + 9000 + number)

    assert len(list(people)) == MOST_PEOPLE
    assert "tess" not in dict(people)
    for spelled in ("poison", "Poison", " POISON  "):
        assert people.weight(spelled, NOISE) == 0


def test_a_restored_crowd_says_the_same_bit_for_bit():
    people, again = desk(300, tess=CAREFUL, tom=(0.5, 0.02), tim=(0.1, 0.1)), People()
    for key, person in reversed(list(people)):
        again.load(key, person)

    assert again.slips == people.slips
    for by in ("tess", "tom", "tim"):
        assert again.weight(by, NOISE) == people.weight(by, NOISE)


def test_who_turned_out_to_guess_counts_again_only_when_clearly_better():
    people = desk(600, tess=CAREFUL, tom=CAREFUL, poison=(1.0, 0.0))

    people.take_changed()
    assert NOISE in people.judge("poison")
    assert [key for key, _ in people.take_changed()] == ["poison"]
    assert people.judge("poison") == []
    assert people.take_changed() == []
    assert people.judge("nobody") == []
    (poison,) = [person for key, person in people if key == "poison"]
    poison.met = Person().met
    assert people.judge("poison") == []
    assert people.weight("poison", NOISE) == 1
