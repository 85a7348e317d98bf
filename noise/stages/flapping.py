"""Conditions that come and go faster than anybody could act."""

from __future__ import annotations

from bisect import bisect_right

from noise.decision import Action, Reason, Ruling
from noise.settings import Flapping as FlappingSettings
from noise.state.case import Case


class Flapping:
    """Tells a flapping condition once in a window; what then comes and stays is told at its end."""

    def __init__(self, settings: FlappingSettings, most_waiting: int) -> None:
        """Take how many raises within which window make a condition flapping."""
        self._most = most_waiting
        self._changes = settings.changes
        self._window = settings.window_minutes * 60.0
        self._minutes = settings.window_minutes

    def judge(self, case: Case) -> Ruling | None:
        """Keep it back if it is flapping and was told, at no lower severity, within the window."""
        condition = case.condition
        flips = condition.flips
        if not condition.told_at or len(flips) < self._changes:
            return None
        recent = len(flips) - bisect_right(flips, case.now - self._window)
        if recent < self._changes:
            return None
        until = condition.told_at + self._window
        if case.now >= until or case.tenant.holds >= self._most:
            return None
        if case.alert.severity.rank > condition.told_severity:
            return None
        return Ruling(
            Action.SUPPRESS,
            Reason.FLAPPING,
            f"came back {recent} times within {self._minutes} minutes, and people were told",
            until,
        )
