"""The bounds against streams whose truth is known; ``make bench NAME=bound`` has many more runs."""

from __future__ import annotations

import pytest

from benchmarks.bound.run import cover
from benchmarks.bound.streams import SCENARIOS

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
LEVEL = 0.95
RUNS = range(12)


@pytest.mark.parametrize(
    "name", ["often real", "strikes when trusted", "observed, then hidden", "poisoned technician"]
)
def test_every_reading_of_nearly_every_run_is_right(name):
    assert cover(BY_NAME[name], RUNS).hidden_real >= LEVEL


@pytest.mark.parametrize("name", ["often real", "little surfaces, drift", "strikes when trusted"])
def test_every_reading_of_what_is_missed_is_right_in_nearly_every_run(name):
    assert cover(BY_NAME[name], RUNS).missed_incidents >= LEVEL


def test_an_interval_that_was_made_to_be_read_once_would_not_do():
    assert cover(BY_NAME["often real"], RUNS).naive < LEVEL
