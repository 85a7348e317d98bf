"""Real alerts of real networks and monitors, replayed: the books are exact, whatever they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import pytest

from noise.decision import HIDDEN, SHOWN, Action, DecidedAlert, Mode, encode_decided
from noise.directory import Directory
from noise.engine import Engine
from noise.recorded import Recorded
from noise.replay import Replay, TrueAnswers
from noise.settings import Settings
from pipelines.files import Recordings

MOST = 40_000  # deliveries of one test: it should take seconds, also when coverage is measured
NETWORKS = ("russellmitchell", "shaw", "fox", "santos")


def recordings(data: Path, name: str, most: int = MOST) -> Iterator[Recorded]:
    """The first deliveries of a network, or of the monitors, in order of time."""
    if name == "monitors":
        return islice(
            Recordings([str(data / "rmm-nab/alerts.jsonl.gz")], "rmm-nab", Directory()), most
        )
    path = data / "ait-ads" / f"{name}_alerts.csv.gz"
    return islice(Recordings([str(path)], "ait-ads", Directory()), most)


class Books:
    """Who was decided on, how often, and what superseded what."""

    def __init__(self) -> None:
        self.delivered: Counter[str] = Counter()
        self.decided: Counter[str] = Counter()
        self.last: set[str] = set()
        self.clocks: Counter[str] = Counter()

    def enter(self, one: DecidedAlert) -> None:
        decision = one.decision
        assert decision.reason in (HIDDEN if decision.action is Action.SUPPRESS else SHOWN)
        decided_at = int(decision.decided_at.timestamp())
        assert decided_at >= self.clocks[one.alert.tenant]
        self.clocks[one.alert.tenant] = decided_at
        if decision.supersedes is None:
            self.decided[one.alert.event_key] += 1
        else:
            self.last.remove(decision.supersedes)
        assert decision.id not in self.last
        self.last.add(decision.id)


@pytest.mark.parametrize("name", [*NETWORKS, "monitors"])
def test_every_real_alert_has_exactly_one_first_decision(noise_data, name):
    books = Books()
    replay = Replay(Engine(Settings(mode=Mode.ENFORCE)), Directory(), TrueAnswers(1800, 0.02, 1))

    for step in replay.run(recordings(noise_data, name)):
        assert step.error is None
        if step.recorded is not None:
            books.delivered[step.recorded.event] += 1
        for one in step.decided:
            books.enter(one)

    assert sum(books.delivered.values()) > 20_000
    assert books.decided == books.delivered
    assert set(books.decided.values()) == {1}
    assert replay.labels_given > 100


def test_of_a_real_network_most_is_kept_quiet_and_the_attack_is_seen(noise_data):
    known: dict[str, str] = {}
    shown: Counter[str] = Counter()
    replay = Replay(Engine(Settings(mode=Mode.ENFORCE)), Directory(), TrueAnswers(1800, 0.0, 1))
    for step in replay.run(recordings(noise_data, "russellmitchell")):
        if step.recorded is not None:
            known[step.recorded.event] = str(step.recorded.truth)
        visible = [one for one in step.decided if one.decision.action is not Action.SUPPRESS]
        shown.update(known[one.alert.event_key] for one in visible)

    assert sum(shown.values()) < len(known) / 50
    assert shown["actionable"] > 10


def test_two_replays_of_a_real_network_give_the_same_bytes(noise_data):
    def digest() -> str:
        said = blake2b()
        replay = Replay(Engine(Settings(mode=Mode.ENFORCE)), Directory(), TrueAnswers(600, 0.1, 7))
        for step in replay.run(recordings(noise_data, "russellmitchell", 20_000)):
            for one in step.decided:
                said.update(encode_decided(one))
        return said.hexdigest()

    assert digest() == digest()


def test_an_engine_restored_amid_real_alerts_goes_on_as_an_undisturbed_one(noise_data):
    alerts = list(recordings(noise_data, "monitors", 8_000))
    whole, first = Engine(Settings(mode=Mode.ENFORCE)), Engine(Settings(mode=Mode.ENFORCE))
    decided = list(Replay(whole, Directory()).run(alerts))
    before = list(Replay(first, Directory()).run(alerts[:5_000]))
    restored = Engine(Settings(mode=Mode.ENFORCE))
    for key, value in first.export():
        restored.load(key, value)
    after = list(Replay(restored, Directory()).run(alerts[5_000:]))

    def said(steps: list) -> list[bytes]:
        return sorted(encode_decided(one) for step in steps for one in step.decided)

    assert said(before + after) == said(decided)
