"""What came to light by itself, a ticket, an outage or a call, held against what people were told.

An outcome names a device and a time. It was *told* if anything was shown of the device from four
hours before it up to the moment that the outcome becomes known, if a condition that was told is
still open there, or if its alert joined an incident that people knew of. It was *missed* if nothing
was, and alerts around that time were hidden, or would have been. In mode earn that includes what
cleared while it waited and nobody saw: that it may wait has to be earned as well. What else only
waited, or what the owner had ordered to hide, is neither.

Several tickets about one incident count once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from noise.label import Outcome
from noise.learning.bound import Part, part_of
from noise.state.answerable import Answerable, Answerables, last_of_each_check
from noise.state.condition import Condition

HOUR = 3600.0
# Trouble is noticed after the alerts it causes, or shortly before a slow poll tells of it.
OUTCOME_AFTER_ALERT = 4 * HOUR
OUTCOME_BEFORE_ALERT = HOUR
_NOT_MEANT_TO_BE_SHOWN = frozenset({Part.SAMPLED, Part.PROBED, Part.HIDDEN})


class Surfaced(NamedTuple):
    """What an outcome is about, the last sighting of each check, and what that says of the engine.

    ``hidden`` are those that nobody was meant to see. ``is_new``: it counts, and did not surface
    before.
    """

    about: list[Answerable]
    hidden: list[Answerable]
    is_missed: bool
    is_new: bool

    @property
    def alert_class(self) -> str:
        """The class of the most suspicious sighting that it is about."""
        return min(self.about, key=lambda one: one.likely_noise).facts.category


class Outcomes:
    """Finds what outcomes are about among one tenant's sightings."""

    def __init__(self, answerables: Answerables, conditions: Mapping[str, Condition]) -> None:
        """Take the sightings, and the conditions by short key."""
        self._answerables = answerables
        self._conditions = conditions

    def meet(self, outcome: Outcome) -> Surfaced:
        """Return what an outcome that became known just now is about, and mark it as surfaced."""
        at = outcome.at.timestamp()
        first, last = at - OUTCOME_AFTER_ALERT, at + OUTCOME_BEFORE_ALERT
        said = [
            one
            for one in self._answerables.of_device(outcome.device)
            if outcome.check in {None, one.check}
        ]
        near = last_of_each_check(one for one in said if first <= one.decided_at <= last)
        told = [one for one in said if _is_known(one) and self._still_tells(one, first)]
        is_missed = not told and any(_was_not_meant_to_be_shown(one) for one in near)
        about = [one for one in near if one in told] or last_of_each_check(told) or near
        counts = bool(told) or is_missed
        is_new = counts and not any(one.surfaced for one in self._with_their_incidents(about))
        for one in about:
            one.surfaced = True
            self._answerables.mark(one)
        hidden = [one for one in near if _was_hidden(one)] if is_missed else []
        return Surfaced(about, hidden, is_missed, is_new)

    def _still_tells(self, one: Answerable, since: float) -> bool:
        if one.decided_at >= since:
            return True
        if not one.facts.sends_clears:  # nobody knows whether it is still open
            return False
        condition = self._conditions.get(one.condition)
        return condition is not None and condition.is_open and one.decided_at >= condition.raised_at

    def _with_their_incidents(self, sightings: Iterable[Answerable]) -> list[Answerable]:
        found = list(sightings)
        for incident in {one.incident for one in found} - {None}:
            found += self._answerables.all_of_incident(str(incident))
        return found


def _was_not_meant_to_be_shown(one: Answerable) -> bool:
    return one.unseen or _part_of(one) in _NOT_MEANT_TO_BE_SHOWN


def _part_of(one: Answerable) -> Part:
    """Return what was meant with it; of what waited, only how it would fare if it was not seen."""
    return Part.LEFT_OUT if one.cleared else part_of(one)


def _is_known(one: Answerable) -> bool:
    return _part_of(one) is Part.SHOWN or (one.told and _part_of(one) is not Part.LEFT_OUT)


def _was_hidden(one: Answerable) -> bool:
    """Say whether it was hidden, or would have been in mode observe; samples were not."""
    return one.unseen or (one.would_suppress and _part_of(one) is not Part.LEFT_OUT)
