"""Conditions that come and go faster than anybody could act."""

from __future__ import annotations

from bisect import bisect_right

from noise.decision import Action, Reason, Ruling
from noise.settings import Flapping as FlappingSettings
from noise.state.case import Case


class Flapping:
    """Hides further raises of a flapping condition once people were told of it."""

    def __init__(self, settings: FlappingSettings) -> None:
        """Take how many raises within which window make a condition flapping."""
        self._changes = settings.changes
        self._window = settings.window_minutes * 60.0
        self._minutes = settings.window_minutes

    def judge(self, case: Case) -> Ruling | None:
        """Hide it if it is flapping and was told within the window."""
        condition = case.condition
        flips = condition.flips
        if not condition.told_at or len(flips) < self._changes:
            return None
        recent = len(flips) - bisect_right(flips, case.now - self._window)
        if recent < self._changes:
            return None
        if case.now - condition.told_at >= self._window:
            return None
        return Ruling(
            Action.SUPPRESS,
            Reason.FLAPPING,
            f"came back {recent} times within {self._minutes} minutes, and people were told",
        )
