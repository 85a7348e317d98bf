"""What gets worse is told, whatever else is known of it."""

from __future__ import annotations

from noise.decision import Reason, Ruling
from noise.state.case import Case

CLEARLY_WORSE = 0.25


class Escalation:
    """Shows an open condition again when its severity rises, or its value gets clearly worse."""

    def judge(self, case: Case) -> Ruling | None:
        """Show it if it is worse than all that was decided of this episode."""
        condition, alert = case.condition, case.alert
        if not condition.is_open:
            return None
        if alert.severity.rank > condition.severity:
            return Ruling(case.showing, Reason.ESCALATION, f"severity rose to {alert.severity}")
        if case.repeats and _is_another_night(case):
            row = condition.row_with(case.now)
            return Ruling(case.showing, Reason.ESCALATION, f"failed on {row} days in a row")
        if _is_clearly_worse(case) and (condition.told_at or case.is_worse_than_noise):
            return Ruling(case.showing, Reason.ESCALATION, "the value is clearly worse than before")
        return None


def _is_another_night(case: Case) -> bool:
    """Say whether this is the first word of the day that makes it too many in a row."""
    condition = case.condition
    is_first = condition.is_new_day(case.now) and condition.told_at < condition.since
    return is_first and case.came_again


def _is_clearly_worse(case: Case) -> bool:
    known, beyond, limit = case.condition.worst_excess, case.excess, case.alert.threshold
    if known is None or beyond is None or limit is None:
        return False
    if not case.is_ordinary and case.habit.is_ordinary(known, limit):
        return True
    known, beyond = case.habit.beyond(known, limit), case.habit.beyond(beyond, limit)
    return beyond > known + max(CLEARLY_WORSE, CLEARLY_WORSE * known)
