"""Standing rules of the owner: always hide this, always show that."""

from __future__ import annotations

from collections.abc import Sequence

from noise.decision import Action, Reason, Ruling
from noise.matcher import compile_matchers
from noise.settings import Policy as PolicySettings
from noise.state.case import Case


class Policy:
    """Does what the first fitting policy says."""

    def __init__(self, policies: Sequence[PolicySettings]) -> None:
        """Compile the policies of the configuration."""
        self._policies = [(p.name, p.show, compile_matchers(p.matchers)) for p in policies]

    def judge(self, case: Case) -> Ruling | None:
        """Hide or show what fits; a repeat of what the policy shows is still a repeat."""
        for name, show, fits in self._policies:
            if not fits(case.alert):
                continue
            if not show:
                return Ruling(Action.SUPPRESS, Reason.POLICY, f"policy {name!r} hides it")
            if not case.repeats:
                return Ruling(
                    Action.NOTIFY, Reason.FIRST_OF_INCIDENT, f"policy {name!r} always shows it"
                )
        return None
