"""What this client has never had before is always shown."""

from __future__ import annotations

from noise.decision import Reason, Ruling
from noise.state.case import Case


class Novel:
    """Shows the first alert of a check that the client never had."""

    def judge(self, case: Case) -> Ruling | None:
        """Show it if no alert of this check was ever recorded for the client."""
        if case.check.episodes:
            return None
        return Ruling(
            case.showing, Reason.NOVEL, f"this client has never had {case.alert.check!r} before"
        )
