"""What gets worse is told, whatever else is known of it."""

from __future__ import annotations

from noise.decision import Action, Reason, Ruling
from noise.state.case import Case


class Escalation:
    """Shows an open condition again when its severity rises."""

    def judge(self, case: Case) -> Ruling | None:
        """Show it if the severity is above the highest of this episode."""
        condition, rank = case.condition, case.alert.severity.rank
        if not condition.is_open or rank <= condition.severity:
            return None
        told = case.incident is not None and case.incident.told_at
        return Ruling(
            Action.UPDATE if told else Action.NOTIFY,
            Reason.ESCALATION,
            f"severity rose to {case.alert.severity}",
        )
