"""Counts what was seen against the truth."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec
from scipy.special import betaincinv

from benchmarks.quality.rivals import Rival, Seen
from benchmarks.quality.worlds import World
from noise.alert import State
from noise.decision import Action
from noise.learning.challenger import Comparison

DAY = 86_400.0
BINS = 10
ERROR = 0.05
LEAST_IN_BIN = 20


class Interval(msgspec.Struct, frozen=True):
    """A share with its exact 95 % interval (Clopper and Pearson 1934)."""

    share: float
    low: float
    high: float


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """One rival on one world. Days are counted from each tenant's first alert.

    ``told`` are problems of which a person saw an alert in time, ``late`` after the deadline,
    ``shown`` those with an alert in an incident that people saw. ``wrong`` is the share of hidden
    incidents that hold something real, ``new`` those among them whose problem was never shown.
    """

    world: str
    rival: str
    raises: int
    clears: int
    tenants: int
    tenant_days: int
    items: int
    updates: int
    reduction: float
    reduction_with_clears: float
    items_on_day_0: float
    items_later: float
    updates_on_day_0: float
    updates_later: float
    items_median: float
    items_p90: float
    items_worst_tenant: float
    items_by_day: list[float]
    problems: int
    told: Interval
    shown: Interval
    late: int
    lost: int
    told_early: float
    told_late: float
    items_per_told: float
    noise_share_of_items: float
    delay_median_seconds: float
    delay_p90_seconds: float
    noise_incidents_cut: float
    wrong: float
    new_hidden: int
    calibration_gap: float | None
    labels: int
    label_share: float
    challenger: Comparison | None = None


def judge(rival: Rival, world: World) -> Quality:
    """Run ``rival`` through ``world`` and count."""
    tally = _Tally(world)
    for seen in rival.run(world):
        tally.enter(seen)
    return tally.quality(rival)


class _Tally:
    def __init__(self, world: World) -> None:
        self._world = world
        self._began: dict[str, float] = {}
        self._last_day: dict[str, int] = {}
        self._items: Counter[tuple[str, int]] = Counter()
        self._updates: Counter[tuple[str, int]] = Counter()
        self._states: Counter[bool] = Counter()
        self._first_alert: dict[str, float] = {}
        self._first_told: dict[str, float] = {}
        self._incidents_of: defaultdict[str, set[str]] = defaultdict(set)
        self._incidents: set[str] = set()
        self._seen_incidents: set[str] = set()
        self._noise_items = 0
        self._asked = 0
        self._bins: list[list[float]] = [[0.0, 0.0, 0.0] for _ in range(BINS)]

    def enter(self, seen: Seen) -> None:
        tenant, is_clear = seen.alert.tenant, seen.alert.state is State.CLEARED
        began = self._began.setdefault(tenant, seen.at)
        day = int((seen.at - began) // DAY)
        self._last_day[tenant] = max(day, self._last_day.get(tenant, 0))
        if seen.is_first:
            self._states[is_clear] += 1
        if is_clear:
            self._show_clear(seen, tenant, day)
            return
        problem = self._world.behind.get(seen.alert.event_key)
        self._enter_raise(seen, problem)
        if seen.action is not Action.SUPPRESS:
            self._show(seen, problem, tenant, day)

    def _show_clear(self, seen: Seen, tenant: str, day: int) -> None:
        if seen.action is not Action.SUPPRESS:
            self._updates[tenant, day] += 1

    def _enter_raise(self, seen: Seen, problem: str | None) -> None:
        self._incidents.add(seen.incident)
        if problem is not None:
            self._incidents_of[problem].add(seen.incident)
            self._first_alert.setdefault(problem, seen.at)
        if seen.is_first and seen.reason != "repeat":
            self._asked += 1
        if seen.is_first and seen.noise_probability is not None:
            place = self._bins[min(BINS - 1, int(seen.noise_probability * BINS))]
            place[0] += 1
            place[1] += seen.noise_probability
            place[2] += problem is None

    def _show(self, seen: Seen, problem: str | None, tenant: str, day: int) -> None:
        counted = self._items if seen.action is Action.NOTIFY else self._updates
        counted[tenant, day] += 1
        self._seen_incidents.add(seen.incident)
        if seen.action is Action.NOTIFY and problem is None:
            self._noise_items += 1
        if problem is not None:
            self._first_told.setdefault(problem, seen.at)

    def quality(self, rival: Rival) -> Quality:
        problems = {
            name: one for name, one in self._world.problems.items() if name in self._first_alert
        }
        lost_before = {n: p for n, p in self._world.problems.items() if n not in problems}
        seen = {name: at for name, at in self._first_told.items() if name in problems}
        told = {name for name, at in seen.items() if at <= problems[name].tell_by}
        late = seen.keys() - told
        shown = {n for n in problems if self._incidents_of[n] & self._seen_incidents}
        per_day = [self._items[t, d] for t, last in self._last_day.items() for d in range(last + 1)]
        items, updates = sum(self._items.values()), sum(self._updates.values())
        delays = [self._first_told[n] - self._first_alert[n] for n in told | late]
        hidden = self._incidents - self._seen_incidents
        real = set().union(*self._incidents_of.values()) if self._incidents_of else set()
        noise = self._incidents - real
        new = {i for n in problems if n not in shown for i in self._incidents_of[n] if i in hidden}
        raises, clears = self._states[False], self._states[True]
        days = [*map(self._per_day, range(max(self._last_day.values(), default=0) + 1))]
        middle = sorted(self._first_alert[n] for n in problems)
        half = middle[len(middle) // 2] if middle else 0.0
        return Quality(
            world=self._world.name,
            rival=rival.name,
            raises=raises,
            clears=clears,
            tenants=len(self._last_day),
            tenant_days=len(per_day),
            items=items,
            updates=updates,
            reduction=1 - items / max(1, raises),
            reduction_with_clears=1 - (items + updates) / max(1, raises + clears),
            items_on_day_0=self._rate(self._items, lambda day: day == 0),
            items_later=self._rate(self._items, lambda day: day > 0),
            updates_on_day_0=self._rate(self._updates, lambda day: day == 0),
            updates_later=self._rate(self._updates, lambda day: day > 0),
            items_median=statistics.median(per_day) if per_day else 0.0,
            items_p90=_quantile(per_day, 0.9),
            items_worst_tenant=max(map(self._of_tenant, self._last_day), default=0.0),
            items_by_day=days,
            problems=len(problems) + len(lost_before),
            told=interval(len(told), len(problems)),
            shown=interval(len(shown), len(problems)),
            late=len(late),
            lost=len(problems) - len(told) - len(late),
            told_early=_share(told, {n for n in problems if self._first_alert[n] < half}),
            told_late=_share(told, {n for n in problems if self._first_alert[n] >= half}),
            items_per_told=items / max(1, len(told)),
            noise_share_of_items=self._noise_items / max(1, items),
            delay_median_seconds=statistics.median(delays) if delays else 0.0,
            delay_p90_seconds=_quantile(delays, 0.9),
            noise_incidents_cut=1 - len(noise - hidden) / max(1, len(noise)),
            wrong=len(real & hidden) / max(1, len(hidden)),
            new_hidden=len(new),
            calibration_gap=self._calibration_gap(),
            labels=rival.labels,
            label_share=rival.labels / max(1, self._asked),
            challenger=rival.comparison,
        )

    def _per_day(self, day: int) -> float:
        here = [tenant for tenant, last in self._last_day.items() if last >= day]
        return sum(self._items[tenant, day] for tenant in here) / max(1, len(here))

    def _of_tenant(self, tenant: str) -> float:
        days = self._last_day[tenant] + 1
        return sum(self._items[tenant, day] for day in range(days)) / days

    def _rate(self, counts: Mapping[tuple[str, int], int], fits: object) -> float:
        wanted = [
            (tenant, day)
            for tenant, last in self._last_day.items()
            for day in range(last + 1)
            if fits(day)  # type: ignore[operator]
        ]
        return sum(counts[place] for place in wanted) / max(1, len(wanted))

    def _calibration_gap(self) -> float | None:
        full = [(n, p / n, noise / n) for n, p, noise in self._bins if n >= LEAST_IN_BIN]
        total = sum(n for n, _, _ in full)
        if not total:
            return None
        return sum(n * abs(predicted - seen) for n, predicted, seen in full) / total


def interval(hits: int, trials: int) -> Interval:
    """Return the share of ``hits`` with its exact interval."""
    if not trials:
        return Interval(1.0, 0.0, 1.0)
    low = float(betaincinv(hits, trials - hits + 1, ERROR / 2)) if hits else 0.0
    high = float(betaincinv(hits + 1, trials - hits, 1 - ERROR / 2)) if hits < trials else 1.0
    return Interval(hits / trials, low, high)


def _quantile(values: Sequence[float], share: float) -> float:
    if not values:
        return 0.0
    return float(sorted(values)[min(len(values) - 1, int(share * len(values)))])


def _share(told: set[str], among: set[str]) -> float:
    return len(told & among) / len(among) if among else 1.0
