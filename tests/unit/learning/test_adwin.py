from __future__ import annotations

from random import Random

import msgspec
import pytest
from river.drift import ADWIN

from noise.learning.adwin import MOST_BUCKETS, Adwin


def changes(levels: list[tuple[float, int]], seed: int = 1, delta: float = 0.002) -> list[int]:
    """After how many numbers the window dropped its past, where each level lasts so long."""
    window, chance = Adwin(delta), Random(seed)
    levels_in_turn = [level for level, times in levels for _ in range(times)]
    return [
        place
        for place, level in enumerate(levels_in_turn)
        if window.add(float(chance.random() < level))
    ]


@pytest.mark.parametrize("after", [0.5, 0.8])
def test_it_finds_a_change_about_when_river_does(after):
    chance, theirs = Random(1), ADWIN(delta=0.002, clock=1)
    river = []
    for place in range(1200):
        theirs.update(float(chance.random() < (0.1 if place < 800 else after)))
        if theirs.drift_detected:
            river.append(place)

    ours = changes([(0.1, 800), (after, 400)])

    assert river
    assert abs(ours[0] - river[0]) <= 2
    assert 800 < ours[0] < 900


def test_it_tells_a_rise_from_a_fall():
    window = Adwin()
    numbers = [0.1, 0.3] * 100 + [0.8] * 40 + [0.1] * 60

    moved = [change for number in numbers if (change := window.add(number))]

    assert moved[0] > 0.0
    assert moved[-1] < 0.0


@pytest.mark.parametrize("level", [0.0, 0.05, 0.5, 1.0])
def test_what_stays_the_same_is_hardly_ever_a_change(level):
    alarms = sum(bool(changes([(level, 1000)], seed)) for seed in range(20))

    assert alarms <= 1


def test_its_memory_grows_with_the_logarithm_of_the_window():
    window = Adwin()
    for place in range(5000):
        window.add(0.2 + 0.1 * (place % 2))

    assert window.width == 5000
    assert sum(len(row) for row in window.rows) <= MOST_BUCKETS * 14


def test_a_window_that_was_saved_goes_on_bit_for_bit():
    chance = Random(4)
    numbers = [chance.random() * (0.3 if place < 400 else 0.9) for place in range(700)]
    straight, saved = Adwin(), Adwin()
    for number in numbers[:450]:
        straight.add(number)
        saved.add(number)

    restored = msgspec.msgpack.decode(msgspec.msgpack.encode(saved), type=Adwin)

    assert [restored.add(n) for n in numbers[450:]] == [straight.add(n) for n in numbers[450:]]
