"""Most alerts clear by themselves: those that may wait do so, for a bounded time."""

from __future__ import annotations

from noise.alert import Severity
from noise.decision import Action, Reason, Ruling
from noise.settings import Holding
from noise.state.case import Case


class Hold:
    """Keeps an alert back until a deadline, if its like has been seen to clear by itself."""

    def __init__(self, settings: Holding, most_waiting: int, hide_above: float) -> None:
        """Take the times to wait by severity, and what counts as hopeless.

        What technicians found real before waits only above a noise probability of ``hide_above``.
        """
        self._hide_above = hide_above
        self._settings = settings
        self._most = most_waiting
        self._seconds = {
            Severity.INFO: settings.low_minutes * 60.0,
            Severity.LOW: settings.low_minutes * 60.0,
            Severity.MEDIUM: settings.medium_minutes * 60.0,
            Severity.HIGH: settings.high_minutes * 60.0,
            Severity.CRITICAL: 0.0,
        }

    def judge(self, case: Case) -> Ruling | None:
        """Hold it, unless it is too severe, its tool sends no clears, or waiting has no hope."""
        seconds = self._seconds[case.alert.severity]
        if not seconds or case.surges or case.check.missed_at or case.tenant.holds >= self._most:
            return None
        if not case.tenant.core.clears.get(case.alert.source):
            return None
        if case.is_worse_than_noise or self._is_hopeless(case, seconds):
            return None
        if case.was_real and case.score.noise_probability < self._hide_above:
            return None
        return Ruling(
            Action.SUPPRESS,
            Reason.HOLDING,
            f"shown in {seconds / 60:.0f} minutes unless it clears by itself",
            case.now + seconds,
        )

    def _is_hopeless(self, case: Case, seconds: float) -> bool:
        condition, settings = case.condition, self._settings
        if condition.is_open and condition.told_at >= condition.raised_at:
            return True  # people were told of it, and it goes on all the same
        if condition.self_cleared >= settings.hopeless_after:
            return condition.share_cleared_within(seconds) < settings.hopeless_share
        check = case.check
        if check.episodes < settings.hopeless_after:
            return False
        return check.self_cleared / check.episodes < settings.hopeless_share
