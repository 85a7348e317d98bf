"""An acknowledgement in the source tool says that somebody knows; it is no new trouble."""

from __future__ import annotations

from noise.alert import State
from noise.decision import Action, Reason, Ruling
from noise.state.case import Case


class Acknowledged:
    """Hides acknowledgements of conditions that are known to be open."""

    def judge(self, case: Case) -> Ruling | None:
        """Hide it if its raise is known; a raise that was lost is treated as new trouble."""
        if case.alert.state is not State.ACKNOWLEDGED or not case.condition.is_open:
            return None
        return Ruling(
            Action.SUPPRESS, Reason.INCIDENT_MEMBER, "acknowledged in the tool that raised it"
        )
