"""Planned work: what fits a window waits until the window ends."""

from __future__ import annotations

from collections.abc import Sequence

from noise.alert import SECURITY
from noise.decision import Action, Reason, Ruling
from noise.matcher import compile_matchers
from noise.settings import MaintenanceWindow
from noise.state.case import Case


class Maintenance:
    """Hides what planned work causes; what is still open when the window ends is shown then."""

    def __init__(self, windows: Sequence[MaintenanceWindow], most_waiting: int) -> None:
        """Compile the windows of the configuration."""
        self._most = most_waiting
        self._windows = [
            (w.name, w.starts_at.timestamp(), w.ends_at.timestamp(), compile_matchers(w.matchers))
            for w in windows
        ]

    def judge(self, case: Case) -> Ruling | None:
        """Hide the alert until the window ends; security alerts are never planned.

        Beyond the bound of what may wait nothing could be shown at the end: it is judged at once.
        """
        if case.alert.category == SECURITY:
            return None
        if case.tenant.holds >= self._most and not case.repeats:
            return None
        for name, starts_at, ends_at, fits in self._windows:
            if starts_at <= case.now < ends_at and fits(case.alert):
                return Ruling(
                    Action.SUPPRESS, Reason.MAINTENANCE, f"maintenance window {name!r}", ends_at
                )
        return None
