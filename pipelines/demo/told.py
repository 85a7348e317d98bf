"""Which real problems people were told of, and whether in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from noise.simulator import Problem


class Told(NamedTuple):
    """The problems whose deadline has passed."""

    in_time: Sequence[Problem]
    late: Sequence[Problem]
    missed: Sequence[Problem]


class ProblemWatch:
    """Remembers when the first alert of each problem was shown."""

    def __init__(self) -> None:
        """Nothing has been shown."""
        self._shown_at: dict[str, float] = {}

    def shown(self, problem: str, at: float) -> None:
        """Take note that an alert of ``problem`` was shown."""
        self._shown_at[problem] = min(at, self._shown_at.get(problem, at))

    def judge(self, problems: Sequence[Problem], until: float) -> Told:
        """Return what became of those of ``problems`` whose deadline passed before ``until``."""
        due = [problem for problem in problems if problem.tell_by <= until]
        told = [problem for problem in due if problem.id in self._shown_at]
        return Told(
            in_time=[one for one in told if self._shown_at[one.id] <= one.tell_by],
            late=[one for one in told if self._shown_at[one.id] > one.tell_by],
            missed=[problem for problem in due if problem.id not in self._shown_at],
        )
