"""What is compared: the engine, and what a good MSP does by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import msgspec

from benchmarks.quality.worlds import World
from noise.alert import Alert, State
from noise.decision import Action, DecidedAlert, Reason
from noise.engine import Engine
from noise.errors import SourceError
from noise.label import Verdict
from noise.learning.challenger import Comparison
from noise.learning.trainer import Trainer
from noise.replay import Replay
from noise.settings import Settings, Sharing
from noise.sources import Delivery, parse

HOUR = 3600.0
NOISE_TWICE = 3


class Seen(NamedTuple):
    """What became of one alert: whether people saw it, as an item of its own or as an update."""

    alert: Alert
    at: float
    is_first: bool
    action: Action
    reason: str
    incident: str
    noise_probability: float | None


class Rival(Protocol):
    """Whoever decides what people see."""

    name: str
    labels: int
    shares: bool
    comparison: Comparison | None

    def run(self, world: World) -> Iterator[Seen]:
        """Decide the whole stream."""
        ...


class TheEngine:
    """The engine as it ships; ``shares`` has all clients agree to share their answers."""

    def __init__(self, settings: Settings, name: str = "engine", *, shares: bool = False) -> None:
        """Take the settings."""
        self.name = name
        self.labels = 0
        self.comparison: Comparison | None = None
        self._settings = settings
        self.shares = shares

    def run(self, world: World) -> Iterator[Seen]:
        """Replay the world with its technicians."""
        settings = self._settings
        if self.shares:
            sharing = Sharing(tenants=world.tenants)
            settings = msgspec.structs.replace(settings, sharing=sharing)
        trainer, engine = Trainer(settings), Engine(settings)
        replay = Replay(engine, world.directory, world.technicians, trainer)
        for step in replay.run(world.deliveries()):
            for one in step.decided:
                yield _seen(one)
        self.labels = replay.labels_given
        self.comparison = engine.comparison()


def _seen(one: DecidedAlert) -> Seen:
    decision = one.decision
    return Seen(
        one.alert,
        decision.decided_at.timestamp(),
        decision.supersedes is None,
        decision.action,
        decision.reason,
        one.incident.id if one.incident else decision.id,
        decision.noise_probability,
    )


class ByHand:
    """A rule over the parsed alerts; clears are seen by nobody.

    ``quiet`` folds what the same condition says within an hour; ``silences`` hides a condition for
    good after three answers that called it noise; ``first_only`` shows only kinds never seen.
    """

    def __init__(
        self, name: str, *, quiet: bool = False, silences: bool = False, first_only: bool = False
    ) -> None:
        """Take what the rule does."""
        self.name = name
        self.labels = 0
        self.comparison: Comparison | None = None
        self.shares = False
        self._quiet = quiet
        self._silences = silences
        self._first_only = first_only
        self._shown: dict[str, float] = {}
        self._kinds: set[tuple[str, str]] = set()
        self._noise: Counter[str] = Counter()

    def run(self, world: World) -> Iterator[Seen]:
        """Apply the rule to the world."""
        for recorded in world.deliveries():
            delivery = Delivery(
                recorded.body, recorded.source, recorded.tenant, recorded.event, recorded.at
            )
            try:
                alerts = parse(delivery, world.directory)
            except SourceError:
                continue
            for alert in alerts:
                yield self._judge(alert, recorded.at, recorded.truth, world)

    def _judge(self, alert: Alert, at: float, truth: Verdict | None, world: World) -> Seen:
        shows = alert.state is not State.CLEARED and self._shows(alert, at)
        if shows:
            self._shown[alert.condition_key] = at
            answer = world.technicians.answer(alert.event_key, truth)
            if answer is not None:
                self.labels += 1
                self._noise[alert.condition_key] += answer.verdict is Verdict.NOISE
        return Seen(
            alert,
            at,
            True,
            Action.NOTIFY if shows else Action.SUPPRESS,
            Reason.SCORE if shows else Reason.REPEAT,
            alert.condition_key,
            None,
        )

    def _shows(self, alert: Alert, at: float) -> bool:
        if self._first_only:
            kind = (alert.tenant, alert.check)
            is_new = kind not in self._kinds
            self._kinds.add(kind)
            return is_new
        if self._quiet and at - self._shown.get(alert.condition_key, -HOUR) < HOUR:
            return False
        return not (self._silences and self._noise[alert.condition_key] >= NOISE_TWICE)


def rivals(settings: Settings) -> list[Rival]:
    """Return the engine and those it is compared with; each judges one world."""
    return [
        TheEngine(settings),
        TheEngine(settings, "engine, all share", shares=True),
        ByHand("show all"),
        ByHand("1 h repeat filter", quiet=True),
        ByHand("repeat filter, three times noise: silent", quiet=True, silences=True),
        ByHand("first of each kind only", first_only=True),
    ]
