"""What technicians have called noise often enough."""

from __future__ import annotations

from noise.alert import SECURITY, Severity
from noise.decision import Action, Reason, Ruling
from noise.settings import Scoring
from noise.state.case import Case


class Learned:
    """Hides what the model is sure about, within the limits that the owner set."""

    def __init__(self, settings: Scoring, most_waiting: int) -> None:
        """Take the thresholds and the guards around the model."""
        self._settings = settings
        self._most = most_waiting

    def judge(self, case: Case) -> Ruling | None:
        """Hide it if both the probability and the low end of its interval are high enough.

        History alone silences nothing that is worse, lasts longer or comes in more company than
        all that was called noise, and nothing while the client has more never-seen trouble than
        usual; nor what something real was missed of, until somebody answers it. Where such noise
        mostly clears, it is hidden only until it would have cleared; where too much waits already,
        it is not.
        """
        limits = self._settings
        if case.alert.severity.rank >= limits.never_hide.rank:
            return None
        if not self._is_known(case) or case.check.missed_at:
            return None
        if case.surges or case.is_worse_than_noise or case.has_more_company or _insists(case):
            return None
        until = self._until(case)
        if until is not None and (until <= case.now or case.tenant.holds >= self._most):
            return None
        score = case.score
        hide_above, certain_above = self._limits(case)
        if score.noise_probability < hide_above or score.confidence.low < certain_above:
            return None
        return Ruling(
            Action.SUPPRESS,
            Reason.LEARNED_NOISE,
            f"{score.noise_probability:.0%} likely to be noise, from {_answers(case)}",
            until,
        )

    def _is_known(self, case: Case) -> bool:
        """Say whether enough answers speak of it: this client's, or else those of enough others.

        One person may answer for several clients, so others never speak alone of what is grave.
        """
        limits = self._settings
        if case.check.answers >= limits.guard_labels:
            return True
        if case.alert.severity.rank >= Severity.HIGH.rank or case.alert.category == SECURITY:
            return False
        return not case.check.actionable_answers and case.score.vouchers >= limits.guard_clients

    def _until(self, case: Case) -> float | None:
        """Return when it is shown after all, because such noise would long have cleared."""
        if not case.check.self_cleared:
            return None
        patience = case.patience()
        began = case.condition.raised_at if case.condition.is_open else case.now
        return None if patience is None else began + patience

    def _limits(self, case: Case) -> tuple[float, float]:
        settings = self._settings
        if case.was_real:
            return settings.hide_above_if_real, settings.certain_above_if_real
        return settings.hide_above, settings.certain_above


def _answers(case: Case) -> str:
    if case.check.answers:
        return f"{case.check.answers} answers"
    return f"answers at {case.score.vouchers} clients that share"


def _goes_on_together(case: Case) -> bool:
    """Say whether it and others that began with it go on for longer than the harmless do."""
    habit, minutes = case.habit, (case.now - case.began) / 60.0
    if habit.crowd_minutes is not None and minutes >= habit.crowd_minutes and case.is_crowd:
        return True
    return habit.minutes is not None and 0 < habit.minutes <= minutes and case.beside > 0


def _insists(case: Case) -> bool:
    if case.keeps_coming or case.came_again or case.is_running_out:
        return True
    return _goes_on_together(case)
