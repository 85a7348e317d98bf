"""What is saved is all there is: a crash at any point changes nothing that is said afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noise.engine import Engine
from tests.contracts.events import events, happen, play, restless

seeds = st.integers(0, 10**6)


def restored(saved: dict[bytes, bytes]) -> Engine:
    engine = Engine(restless())
    for key, value in saved.items():
        engine.load(key, value)
    assert engine.unreadable == 0
    return engine


def note(changelog: dict[bytes, bytes], engine: Engine) -> None:
    """Keep the last value of each key, oldest write first, as a compacted topic does."""
    for key, value in engine.changes():
        changelog.pop(key, None)
        if value is not None:
            changelog[key] = value


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seeds, st.integers(1, 120), st.integers(1, 7))
def test_an_engine_that_crashed_goes_on_as_if_nothing_had_happened(seed, crash, batch):
    happened = events(seed, 120)
    undisturbed, changelog = Engine(restless()), {}
    for number, event in enumerate(happened[:crash]):
        happen(undisturbed, event, number)
        if number % batch == 0:
            note(changelog, undisturbed)
    note(changelog, undisturbed)

    recovered = restored(changelog)
    assert dict(recovered.export()) == dict(undisturbed.export())
    assert changelog.items() <= dict(undisturbed.export()).items()

    said = play(recovered, happened[crash:], crash)
    assert said == play(undisturbed, happened[crash:], crash)
    assert dict(recovered.export()) == dict(undisturbed.export())


@pytest.mark.parametrize("seed", range(4))
def test_an_engine_that_crashes_all_the_time_says_what_an_undisturbed_one_says(seed):
    happened = events(seed, 700, uniques=0.4)
    said, changelog = [], {}
    for start in range(0, len(happened), 50):
        engine = restored(changelog)
        said += play(engine, happened[start : start + 50], start)
        note(changelog, engine)

    assert said == play(Engine(restless()), happened)
