"""How a ruling becomes the decision that leaves: with its id, its incident, and words for it."""

from __future__ import annotations

from noise.alert import utc
from noise.correlation import reference
from noise.decision import (
    Action,
    DecidedAlert,
    Decision,
    Explanation,
    IncidentRef,
    Mode,
    Reason,
    Repeat,
    Ruling,
    Score,
)
from noise.settings import Settings
from noise.state.answerable import sighting_of
from noise.state.case import Case


def decide(
    case: Case, ruling: Ruling, settings: Settings, decision_id: str, supersedes: str | None
) -> DecidedAlert:
    """Return the decision that follows from ``ruling``; mode observe shows what it would hide.

    ``supersedes`` is the id of the earlier decision on the same sighting, if there is one.
    """
    mode, score = settings.mode_of(case.alert.tenant), case.known_score
    hides = ruling.action is Action.SUPPRESS
    observes = hides and mode is Mode.OBSERVE
    decision = Decision(
        id=decision_id,
        action=Action.NOTIFY if observes else ruling.action,
        reason=Reason.OBSERVE_MODE if observes else ruling.reason,
        decided_at=utc(case.now),
        mode=mode,
        would_suppress=hides,
        hold_until=utc(ruling.hold_until) if ruling.hold_until is not None else None,
        supersedes=supersedes,
        noise_probability=score.noise_probability if score else None,
        confidence=score.confidence if score else None,
        threshold=settings.scoring.hide_above,
        explanation=_explanation(ruling, score),
        model=score.model if score else None,
    )
    return DecidedAlert(case.alert, decision, _reference(case), _repeat(case))


def later_id(decision_id: str) -> str:
    """Return the id of the next decision on the same sighting."""
    first = sighting_of(decision_id)
    return f"{first}+{int(decision_id[len(first) + 1 :] or 0) + 1}"


def _explanation(ruling: Ruling, score: Score | None) -> tuple[Explanation, ...]:
    first = Explanation(ruling.text, ruling.reason)
    return (first, *score.explanation) if score else (first,)


def _reference(case: Case) -> IncidentRef | None:
    incident = case.incident
    if incident is None:
        return None
    return reference(incident, is_root=incident.root == case.condition.decision_id)


def _repeat(case: Case) -> Repeat | None:
    condition = case.condition
    if condition.count <= 1:
        return None
    return Repeat(condition.count, utc(condition.window_at), utc(condition.seen_at))
