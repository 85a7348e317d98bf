"""Counts what mode earn hid against the truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from benchmarks.quality.worlds import World
from noise.alert import State
from noise.decision import Action, DecidedAlert, InForce
from noise.engine import Engine
from noise.learning.earning import EARNED
from noise.mode_change import Change
from noise.replay import Replay
from noise.settings import Settings

DAY = 86_400.0
WEEK = 7


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """What was hidden while that was live, and never shown: as noise, or as it waited and cleared.

    What belongs to an incident of which people saw something, or to a condition that they saw
    within the day before, counts apart, as ``added``. ``real`` alerts told of something real,
    ``untold`` ones of something of which nobody was ever told.
    ``incidents`` began after their client had gone live, ``missed`` were never told.
    """

    alerts: int = 0
    added: int = 0
    added_real: int = 0
    real: int = 0
    untold: int = 0
    incidents: int = 0
    missed: int = 0


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """One engine on one world; noise items and updates per client-day, in the week before a day."""

    mode: str
    noise_items: dict[int, float]
    noise_updates: dict[int, float]
    promoted: int
    demoted: int
    released: int
    clients_live: int
    hidden: Hidden
    hidden_by_client: dict[str, Hidden]
    labels: int


def judge(settings: Settings, world: World, marks: Sequence[int], clients: int) -> Earned:
    """Run the engine through ``world`` and count."""
    engine = Engine(settings)
    replay = Replay(engine, world.directory, world.technicians, outcomes=world.outcomes)
    watch = _Watch(world)
    changes: Counter[Change] = Counter()
    for step in replay.run(world.deliveries()):
        for one in step.decided:
            watch.enter(one)
        changes.update(change.change for change in step.changes)
    by_client = watch.hidden()
    return Earned(
        mode=settings.mode,
        noise_items={mark: watch.noise(Action.NOTIFY, mark) / clients for mark in marks},
        noise_updates={mark: watch.noise(Action.UPDATE, mark) / clients for mark in marks},
        promoted=changes[Change.PROMOTED],
        demoted=changes[Change.DEMOTED],
        released=changes[Change.RELEASED],
        clients_live=sum(report.live > 0 for report in engine.reports()),
        hidden=_together(by_client.values()),
        hidden_by_client=by_client,
        labels=replay.labels_given,
    )


def _together(parts: Iterable[Hidden]) -> Hidden:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(msgspec.structs.asdict(part))
    return Hidden(**total)


class _Kept(NamedTuple):
    """Something hidden: the problem behind it, its incident, and whether people knew of it."""

    problem: str | None
    incident: str
    is_known: bool


class _Watch:
    def __init__(self, world: World) -> None:
        self._world = world
        self._began: float | None = None
        self._noise: Counter[tuple[Action, int]] = Counter()
        self._hidden: dict[tuple[str, str], _Kept] = {}
        self._seen_at: dict[str, float] = {}
        self._live_at: dict[str, float] = {}
        self._first_at: dict[str, float] = {}
        self._told: set[str] = set()
        self._seen_incidents: set[str] = set()

    def enter(self, one: DecidedAlert) -> None:
        alert, decision = one.alert, one.decision
        if alert.state is State.CLEARED:
            return
        at = decision.decided_at.timestamp()
        self._began = at if self._began is None else self._began
        problem = self._world.behind.get(alert.event_key)
        if problem is not None:
            self._first_at.setdefault(problem, at)
        if decision.action is Action.SUPPRESS:
            self._hide(one, at, problem)
            return
        self._hidden.pop((alert.tenant, alert.event_key), None)
        self._seen_at[alert.condition_key] = at
        if one.incident is not None:
            self._seen_incidents.add(one.incident.id)
        if problem is None:
            self._noise[decision.action, int((at - self._began) // DAY)] += 1
        else:
            self._told.add(problem)

    def _hide(self, one: DecidedAlert, at: float, problem: str | None) -> None:
        decision, tenant = one.decision, one.alert.tenant
        if decision.reason in EARNED and decision.mode is InForce.ENFORCE:
            self._live_at.setdefault(tenant, at)
            seen_at = self._seen_at.get(one.alert.condition_key, float("-inf"))
            incident = one.incident.id if one.incident is not None else ""
            kept = _Kept(problem, incident, at - seen_at <= DAY)
            self._hidden[tenant, one.alert.event_key] = kept

    def noise(self, action: Action, mark: int) -> float:
        """Return the daily mean of the week before day ``mark``."""
        return sum(self._noise[action, day] for day in range(mark - WEEK, mark)) / WEEK

    def hidden(self) -> dict[str, Hidden]:
        """Return what was hidden, by client that ever was live."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (tenant, _), (problem, incident, is_known) in self._hidden.items():
            real, untold = problem is not None, problem is not None and problem not in self._told
            if is_known or incident in self._seen_incidents:
                counts[tenant].update(added=1, added_real=real, untold=untold)
            else:
                counts[tenant].update(alerts=1, real=real, untold=untold)
        for problem, at in self._first_at.items():
            if problem not in self._world.problems:  # it begins in earnest after the last day
                continue
            tenant = self._world.problems[problem].tenant
            if at >= self._live_at.get(tenant, float("inf")):
                counts[tenant].update(incidents=1, missed=problem not in self._told)
        return {tenant: Hidden(**counts[tenant]) for tenant in sorted(counts)}
