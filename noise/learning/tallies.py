"""Answers counted under keys, each fading with its age, bounded in number."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from noise.label import Verdict

DAY = 86_400.0
NOTHING = 1e-6

Answers = tuple[float, float]


class Tally(msgspec.Struct, array_like=True):
    """Answers under one key: their weights, aged to ``at`` (epoch seconds), and their numbers."""

    noise: float = 0.0
    actionable: float = 0.0
    at: float = 0.0
    noise_answers: int = 0
    actionable_answers: int = 0


class Tallies:
    """Bounded in number: the keys that were answered longest ago are forgotten first."""

    def __init__(self, half_life_days: float, limit: int) -> None:
        """Start with no answers; after ``half_life_days`` an answer counts half."""
        self._half_life = half_life_days * DAY
        self._limit = limit
        self.tallies: dict[str, Tally] = {}

    def add(self, keys: Iterable[str], verdict: Verdict, now: float, weight: float) -> list[str]:
        """Count an answer under each key; return the keys that had to be forgotten for it."""
        for key in keys:
            tally = self.tallies.setdefault(key, Tally())
            self._add(tally, verdict, now, weight, 1)
        return self._forget_oldest()

    def take_back(
        self, keys: Iterable[str], verdict: Verdict, learned_at: float, now: float, weight: float
    ) -> None:
        """Take back an answer that was learned at ``learned_at``: what is left of it by now."""
        left = weight * self._fading(now - learned_at)
        for key in keys:
            tally = self.tallies.get(key)
            if tally is not None:
                self._add(tally, verdict, now, -left, -1)
                if tally.noise + tally.actionable < NOTHING:
                    del self.tallies[key]

    def _add(self, tally: Tally, verdict: Verdict, now: float, weight: float, answers: int) -> None:
        tally.noise, tally.actionable = self.aged(tally, now)
        tally.at = max(tally.at, now)
        if verdict is Verdict.NOISE:
            tally.noise = max(0.0, tally.noise + weight)
            tally.noise_answers = max(0, tally.noise_answers + answers)
        else:
            tally.actionable = max(0.0, tally.actionable + weight)
            tally.actionable_answers = max(0, tally.actionable_answers + answers)

    def aged(self, tally: Tally, now: float) -> Answers:
        """Return the weights of the answers noise and actionable as of ``now``."""
        fading = self._fading(now - tally.at)
        return (tally.noise * fading, tally.actionable * fading)

    def _fading(self, seconds: float) -> float:
        return float(0.5 ** (max(0.0, seconds) / self._half_life))

    def _forget_oldest(self) -> list[str]:
        excess = len(self.tallies) - self._limit
        if excess <= 0:
            return []
        # A tenth at a time: sorting all for each newcomer would make a flood of new keys slow.
        oldest = sorted(self.tallies, key=lambda key: (self.tallies[key].at, key))
        gone = oldest[: excess + self._limit // 10]
        for key in gone:
            del self.tallies[key]
        return gone
