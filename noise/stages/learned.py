"""What technicians have called noise often enough."""

from __future__ import annotations

from noise.decision import Action, Reason, Ruling
from noise.settings import Scoring
from noise.state.case import Case


class Learned:
    """Hides what the model is sure about, within the limits that the owner set."""

    def __init__(self, settings: Scoring) -> None:
        """Take the thresholds and the guards around the model."""
        self._settings = settings

    def judge(self, case: Case) -> Ruling | None:
        """Hide it if both the probability and the low end of its interval are high enough."""
        limits = self._settings
        if case.alert.severity.rank >= limits.never_hide.rank:
            return None
        answers = case.check.noise_answers + case.check.actionable_answers
        if answers < limits.guard_labels:
            return None
        if case.tenant.core.heat.level_at(case.now) > limits.heat_limit:
            return None
        score = case.score
        if score.noise_probability < limits.hide_above:
            return None
        if score.confidence.low < limits.certain_above:
            return None
        return Ruling(
            Action.SUPPRESS,
            Reason.LEARNED_NOISE,
            f"{score.noise_probability:.0%} likely to be noise, from {answers} answers",
        )
