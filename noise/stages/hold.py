"""Most alerts clear by themselves: those that may wait do so, for a bounded time."""

from __future__ import annotations

from noise.alert import Severity
from noise.decision import Action, Reason, Ruling
from noise.settings import Holding
from noise.state.case import Case

MINUTE = 60.0
DAY = 86_400.0
# Two other troubles that began with it on its device wait no longer than a restart takes.
COMPANY_SECONDS = 15 * MINUTE
MOST_DAYS = 30.0
EVEN = 0.5
# What is likely real waits for a quarter of the time that the harmless takes.
LIKELY_REAL = 0.25


class Hold:
    """Keeps an alert back until a deadline, if its like has been seen to clear by itself."""

    def __init__(self, settings: Holding, most_waiting: int, hide_above: float) -> None:
        """Take the times to wait by severity, and what counts as hopeless.

        What technicians found real before waits only above a noise probability of ``hide_above``.
        Where it is known how long the like goes on when it is harmless, it waits in full from
        ``EVEN`` on, and else for a part of that.
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
        seconds = self._patience(case)
        if self._may_be_real(case):
            seconds = _shortened(seconds) if _is_known(case) else 0.0
        until = case.began + seconds
        if until <= case.now or case.surges or case.check.missed_at:
            return None
        if case.tenant.holds >= self._most:
            return None
        if case.days_left is None and not case.tenant.core.clears.get(case.alert.source):
            return None  # nobody would say that it is over; of days that are left it is known when
        if case.is_worse_than_noise or self._is_hopeless(case, seconds):
            return None
        if not case.check.episodes and not _is_known(case):
            return None
        return Ruling(
            Action.SUPPRESS,
            Reason.HOLDING,
            _text(case, until),
            until,
        )

    def _may_be_real(self, case: Case) -> bool:
        """Say whether such alerts were real here before, and this one is too likely to be."""
        if not case.was_real or case.days_left is not None:
            return False
        least = EVEN if _is_known(case) else self._hide_above
        return case.score.noise_probability < least

    def _patience(self, case: Case) -> float:
        """Return the seconds that it may go on: what its habit says, else its severity."""
        severity, habit = case.alert.severity, case.habit
        if case.is_grave or case.came_again or case.is_running_out:
            return 0.0
        if habit.minutes is None:
            return self._seconds[severity]
        seconds = habit.minutes * MINUTE
        if habit.crowd_minutes is not None and case.is_crowd:
            seconds = min(seconds, habit.crowd_minutes * MINUTE)
        if not case.is_ordinary:
            return min(seconds, self._seconds[severity])
        if case.beside >= habit.company:
            return min(seconds, COMPANY_SECONDS)
        if case.days_left is not None:
            return min(MOST_DAYS, case.days_left) * DAY
        return seconds

    def _is_hopeless(self, case: Case, seconds: float) -> bool:
        condition, check, settings = case.condition, case.check, self._settings
        if case.goes_on and condition.told_at >= condition.raised_at:
            return True  # people were told of it
        if not _is_known(case) and condition.self_cleared >= settings.hopeless_after:
            return condition.share_cleared_within(seconds) < settings.hopeless_share
        if check.episodes < settings.hopeless_after:
            return False
        return check.self_cleared / check.episodes < settings.hopeless_share


def _shortened(seconds: float) -> float:
    return min(seconds, max(COMPANY_SECONDS, seconds * LIKELY_REAL))


def _is_known(case: Case) -> bool:
    """Say whether it is known on day one how long such a thing goes on when it is harmless."""
    return case.habit.minutes is not None and case.is_ordinary


def _text(case: Case, until: float) -> str:
    text = f"shown in {(until - case.now) / MINUTE:.0f} minutes unless it clears by itself"
    return f"{text}: {case.habit.reason}" if _is_known(case) else text
