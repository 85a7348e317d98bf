"""The same condition speaking again while it is known to be open."""

from __future__ import annotations

from noise.decision import Action, Reason, Ruling
from noise.state.case import Case


class Repeat:
    """Folds repeats into the first alert of a tumbling window, so that none is silent for ever."""

    def judge(self, case: Case) -> Ruling | None:
        """Hide what an open condition says again within the window."""
        if not case.repeats:
            return None
        return Ruling(
            Action.SUPPRESS,
            Reason.REPEAT,
            f"said {case.condition.count + 1} times since it was first decided",
        )
