"""The real problems as the days go by: who was told of them, and what else surfaces."""

from __future__ import annotations

from collections.abc import Sequence

from noise.simulator import Problem
from pipelines.demo.desk import Desk
from pipelines.demo.script import Script, days_until


class Surroundings:
    """Knows the problems of all days that have begun."""

    def __init__(self, script: Script, desk: Desk) -> None:
        """Put tickets and outages on ``desk``, which gives them when their time comes."""
        self._script = script
        self._desk = desk
        self._days = 0
        self._surfaced: set[str] = set()
        self.problems: Sequence[Problem] = ()

    def look_around(self, now: float) -> None:
        """Learn of what begins on a new day."""
        days = days_until(now)
        if days <= self._days:
            return
        self._days = days
        self.problems = self._script.problems(days)
        for label in self._script.outcomes(days):
            if label.label_id not in self._surfaced:
                self._surfaced.add(label.label_id)
                self._desk.put(label)
