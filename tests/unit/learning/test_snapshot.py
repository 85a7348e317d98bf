from __future__ import annotations

import pytest

from noise.errors import SnapshotError
from noise.label import Verdict
from noise.learning.features import CORE
from noise.learning.model import TenantModel
from noise.learning.snapshot import VERSION, all_parts, changed_parts, load_part
from noise.settings import Scoring
from noise.state.facts import Facts

NOW = 1_780_000_000.0
NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE
HERE = Facts(check="disk", condition="c1", severity=2, site="HQ", category="disk")


def taught(count: int = 30) -> TenantModel:
    model = TenantModel(Scoring(), most_tallies=60, most_weights=60)
    for number in range(count):
        known = Facts(check=f"check {number % 9}", condition=f"c{number % 13}", severity=number % 5)
        model.learn(known, NOISE if number % 3 else REAL, NOW + number)
    return model


def restored(model: TenantModel) -> TenantModel:
    fresh = TenantModel(Scoring(), most_tallies=60, most_weights=60)
    for part, value in reversed(all_parts(model)):
        load_part(fresh, part, value)
    return fresh


def test_a_restored_model_scores_and_learns_on_bit_for_bit():
    live = taught()
    again = restored(live)
    assert again.score(HERE, NOW) == live.score(HERE, NOW)

    for number in range(40):
        known = Facts(check=f"new {number}", condition="c", severity=number % 5)
        live.learn(known, NOISE, NOW + number)
        again.learn(known, NOISE, NOW + number)
        live.unlearn(known, NOISE, NOW + number, NOW + number)
        again.unlearn(known, NOISE, NOW + number, NOW + number)

    assert again.score(HERE, NOW) == live.score(HERE, NOW)
    assert all_parts(again) == all_parts(live)


def test_only_parts_that_changed_are_saved_and_each_once():
    model = TenantModel(Scoring())
    model.learn(Facts(check="cpu", condition="c2"), REAL, NOW)
    assert {part for part, _ in changed_parts(model)} == {part for part, _ in all_parts(model)}
    assert changed_parts(model) == []

    model.learn(HERE, NOISE, NOW)

    parts = [part for part, _ in changed_parts(model)]
    assert len(parts) == 2
    assert CORE in parts


def test_what_is_missing_is_learned_again_and_old_answers_can_still_be_taken_back():
    model = TenantModel(Scoring())
    for part, value in all_parts(taught()):
        if part == CORE:
            load_part(model, part, value)

    model.unlearn(HERE, NOISE, NOW, NOW)
    model.learn(HERE, REAL, NOW)

    assert model.score(HERE, NOW).noise_probability < 0.6
    assert restored(model).score(HERE, NOW) == model.score(HERE, NOW)


@pytest.mark.parametrize("part", [CORE, "a1"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"9\x94", "unknown version"),
        (b"", "unknown version"),
        (VERSION + b"\xc1", "cannot be read"),
    ],
)
def test_a_part_that_cannot_be_read_is_refused_and_changes_nothing(part, value, message):
    model = TenantModel(Scoring())

    with pytest.raises(SnapshotError, match=message):
        load_part(model, part, value)

    assert all_parts(model) == all_parts(TenantModel(Scoring()))
