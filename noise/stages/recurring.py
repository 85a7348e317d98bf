"""What came back soon after people were told of it, and may be over again soon."""

from __future__ import annotations

from noise.alert import SECURITY
from noise.decision import Action, Reason, Ruling
from noise.state.case import Case

MINUTE = 60.0
KNOWN_NOISE = 3


class Recurring:
    """Has what people know of wait, each time it comes back, before it is told again.

    They are told again the later the longer they have known of it, and sooner if it goes on for
    longer than such things do when they are harmless.
    """

    def __init__(self, most_waiting: int) -> None:
        """Take how many alerts of a client may wait."""
        self._most = most_waiting

    def judge(self, case: Case) -> Ruling | None:
        """Hold it if it may wait, its clears are sent, and it is no worse than what was told."""
        minutes = case.habit.minutes
        if case.news_from <= case.now or not minutes or case.tenant.holds >= self._most:
            return None
        if not case.tenant.core.clears.get(case.alert.source) or not _is_known(case):
            return None
        until = min(case.news_from, case.began + minutes * MINUTE)
        if until <= case.now:
            return None
        return Ruling(
            Action.SUPPRESS,
            Reason.HOLDING,
            f"people know of it; told again in {(until - case.now) / MINUTE:.0f} minutes unless it "
            "clears by itself",
            until,
        )


def _is_known(case: Case) -> bool:
    """Say whether it is nothing but what people were told of, and none of them called it real."""
    condition, alert = case.condition, case.alert
    if alert.severity.rank > condition.told_severity or case.is_worse_than_noise or case.surges:
        return False
    if condition.told_at >= condition.raised_at and case.goes_on:
        return False
    if case.was_real_here:
        return False
    return alert.category != SECURITY or condition.noise_answers >= KNOWN_NOISE
