"""A clear finds its raise. It may resolve an incident; it never opens one."""

from __future__ import annotations

from noise.alert import State
from noise.decision import Action, Reason, Ruling
from noise.state.case import Case
from noise.state.recording import is_overtaken
from noise.state.tenant import IncidentMemory

LATE_SECONDS = 900.0


class Clear:
    """Rules on clears, and on raises whose clear overtook them on the way."""

    def judge(self, case: Case) -> Ruling | None:
        """Hide a clear, except the one that ends an incident which people were told of."""
        if case.alert.state is State.CLEARED:
            return _clear(case)
        if case.alert.state is State.RAISED and _is_late(case):
            return Ruling(
                Action.SUPPRESS,
                Reason.CLEARED,
                "arrived after its own clear: the trouble is already over",
            )
        return None


def _clear(case: Case) -> Ruling:
    condition, incident = case.condition, case.incident
    if is_overtaken(case):
        return Ruling(
            Action.SUPPRESS, Reason.CLEARED, "clears an earlier raise than the one that is open"
        )
    if not condition.is_open:
        return Ruling(Action.SUPPRESS, Reason.CLEARED, "clears nothing that is known to be open")
    told = incident is not None and incident.told_at > 0.0
    if incident is not None and told and incident.open_members == [condition.key]:
        return _resolved(incident)
    if condition.hold is not None:
        waited = (case.now - condition.raised_at) / 60
        return Ruling(
            Action.SUPPRESS,
            Reason.CLEARED_WHILE_HELD,
            f"cleared by itself after {waited:.0f} minutes, before anybody was told",
        )
    if told:
        return Ruling(
            Action.SUPPRESS, Reason.CLEARED, "other parts of the incident have not cleared yet"
        )
    return Ruling(Action.SUPPRESS, Reason.CLEARED, "clears what nobody was told of")


def _resolved(incident: IncidentMemory) -> Ruling:
    text = "everything in this incident has cleared"
    if incident.noise_answers and not incident.actionable_answers:
        return Ruling(Action.SUPPRESS, Reason.CLEARED, f"{text}, and technicians called it noise")
    return Ruling(Action.UPDATE, Reason.RESOLVED, text)


def _is_late(case: Case) -> bool:
    condition, alert = case.condition, case.alert
    if alert.occurred_at is None or alert.alert_key != condition.cleared_alert_key:
        return False
    if case.now - condition.cleared_at > LATE_SECONDS:
        return False  # so long on its way is nothing: a clock that runs behind, and new trouble
    # At the very second of the clear it may as well have come back: that is shown.
    return alert.occurred_at.timestamp() < condition.cleared_occurred_at
