"""How a ruling becomes the decision that leaves: with its id, its incident, and words for it."""

from __future__ import annotations

import msgspec

from noise.alert import utc
from noise.correlation import reference
from noise.decision import (
    Confidence,
    DecidedAlert,
    Decision,
    Explanation,
    IncidentRef,
    Reason,
    Repeat,
    Ruling,
    Score,
    Terms,
)
from noise.learning.odds import log_odds
from noise.settings import Settings
from noise.state.answerable import sighting_of
from noise.state.case import Case

# The share of what clears while it waits that somebody should have known of, taken for granted.
REAL_AMONG_CLEARED = 0.02


def decide(
    case: Case,
    ruling: Ruling,
    terms: Terms,
    settings: Settings,
    *,
    decision_id: str,
    supersedes: str | None,
) -> DecidedAlert:
    """Return the decision that follows from ``ruling`` when it is carried out on ``terms``.

    ``supersedes`` is the id of the earlier decision on the same sighting, if there is one.
    """
    score = case.known_score
    if score and ruling.reason is Reason.HOLDING and ruling.hold_until is not None:
        score = _if_it_clears(score, case.share_that_clears(ruling.hold_until - case.now))
    decision = Decision(
        id=decision_id,
        action=terms.action,
        reason=Reason.OBSERVE_MODE if terms.shows else ruling.reason,
        decided_at=utc(case.now),
        mode=terms.in_force,
        would_suppress=ruling.hides,
        hold_until=utc(ruling.hold_until) if ruling.hold_until is not None else None,
        supersedes=supersedes,
        noise_probability=score.noise_probability if score else None,
        confidence=score.confidence if score else None,
        threshold=settings.scoring.hide_above,
        explanation=_explanation(ruling, score),
        model=score.model if score else None,
    )
    return DecidedAlert(case.alert, decision, _reference(case), _repeat(case))


def _if_it_clears(score: Score, clears: float) -> Score:
    """Return how likely what waits is noise, by total probability, and why.

    The model has only ever learned from what was shown, which did not clear. Its interval is
    stretched to the new number; what is kept of the sighting is its own score (``answerable``).
    """
    judged, known = score.noise_probability, score.confidence
    harmless = clears * (1.0 - REAL_AMONG_CLEARED)
    noise = harmless + (1.0 - clears) * judged
    text = f"{clears:.0%} of such alerts are expected to clear by then, nearly all of them noise"
    return msgspec.structs.replace(
        score,
        noise_probability=noise,
        confidence=Confidence(min(known.low, noise), max(known.high, noise)),
        explanation=(
            Explanation(text, "clears", log_odds(noise) - log_odds(judged)),
            *score.explanation,
        ),
    )


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
