"""Alerts that join an incident which people were already told of."""

from __future__ import annotations

from noise.decision import Action, Reason, Ruling
from noise.state.case import Case
from noise.state.tenant import IncidentMemory

CLEARLY_LIKELIER = 0.15
MILESTONES = frozenset({2, 3, 5, 10, 20, 50, 100, 200, 500})
LATELY_SECONDS = 3_600.0


class Member:
    """Hides what adds nothing to a told incident; news about it is an update, never silence."""

    def __init__(self, *, after_hold: bool = False) -> None:
        """``after_hold``: the alert has waited in vain, which is news by itself."""
        self._after_hold = after_hold

    def judge(self, case: Case) -> Ruling | None:
        """Show what is news of the incident: worse, of a new kind, much wider, or in a surge.

        What people were told of within a day is news of that, and no item of its own.
        """
        if case.matter is not None:
            if not self._after_hold and _is_known_noise(case):
                words = f"people know of it, and called it noise: {case.matter.title}"
                return Ruling(Action.SUPPRESS, Reason.INCIDENT_MEMBER, words)
            return Ruling(
                Action.UPDATE,
                Reason.INCIDENT_CHANGED,
                f"goes on, or came back: {case.matter.title}",
            )
        incident = case.incident
        if incident is None or not incident.told_at:
            return None
        news = self._news(case, incident)
        if news:
            return Ruling(Action.UPDATE, Reason.INCIDENT_CHANGED, news)
        return Ruling(
            Action.SUPPRESS,
            Reason.INCIDENT_MEMBER,
            f"part of an open incident: {incident.title}",
        )

    def _news(self, case: Case, incident: IncidentMemory) -> str:
        if self._after_hold and not _is_one_of_many(case, incident):
            waited = (case.now - case.began) / 60
            return f"did not clear by itself within {waited:.0f} minutes"
        return _news(case, incident)


def _is_known_noise(case: Case) -> bool:
    """Say whether it only goes on, was told lately, and was never called anything but noise."""
    condition = case.condition
    if not condition.noise_answers or case.was_real or case.was_real_here:
        return False
    if case.surges or case.alert.severity.rank > condition.told_severity:
        return False
    return case.goes_on and not case.is_worse_than_noise and case.now < case.news_from


def _is_one_of_many(case: Case, incident: IncidentMemory) -> bool:
    """Say whether it is no more than one more device of a crowd that people know of."""
    if case.habit.minutes is not None and case.habit.crowd_minutes is None:
        return False
    return incident.device_count > case.habit.crowd and case.alert.check in incident.checks


def _news(case: Case, incident: IncidentMemory) -> str:
    alert = case.alert
    if case.surges:
        return "several kinds of alerts that this client never had came within half an hour"
    if alert.severity.rank > incident.told_severity:
        return f"more severe than the incident so far: {alert.severity}"
    if alert.check not in incident.checks and case.now - case.check.told_at > LATELY_SECONDS:
        return f"a new kind of alert in this incident: {alert.check}"
    devices = incident.device_count + 1
    if alert.device not in incident.devices and devices in MILESTONES:
        return f"now on {devices} devices"
    if case.score.noise_probability < incident.told_noise - CLEARLY_LIKELIER:
        return "clearly more likely to be real than what was told of this incident"
    return ""
