"""What a scope of mode earn has come to, and which answers count for it."""

from __future__ import annotations

import msgspec

from noise.decision import Reason
from noise.label import Verdict
from noise.state.answerable import SAMPLES, Answerable

MAX_NAMED = 10
ASKED_SECONDS = 86_400.0


class Standing(msgspec.Struct):
    """Whether a scope is live, and since when (epoch seconds) it is what it is.

    ``known``: enough answers spoke of this class to let it go live with all. ``stopped``: all
    classes may be live, but not this one. ``aside``: too much of this class was real, so that it
    does not count for all classes together, nor go live with them. ``falls`` counts how often it
    fell back. ``answers`` counts answers since ``since`` on what was or would have been hidden;
    ``answered`` and ``misses`` name the last of their sightings, and the last that were real.
    """

    scope: str
    since: float
    live: bool = False
    known: bool = False
    stopped: bool = False
    aside: bool = False
    falls: int = 0
    answers: int = 0
    answered: list[str] = []
    misses: list[str] = []

    def note(self, one: Answerable, before: Verdict | None, after: Verdict | None) -> None:
        """Enter an answer to what was or would have been hidden."""
        counted = self.answers + (after is not None) - (before is not None)
        self.answers = max(0, counted)  # one that is taken back may be of before ``since``
        self.answered = [*self.answered, one.decision_id][-MAX_NAMED:]
        others = [miss for miss in self.misses if miss != one.decision_id]
        is_miss = after is Verdict.ACTIONABLE
        self.misses = [*others, one.decision_id][-MAX_NAMED:] if is_miss else others

    def begin(self, now: float) -> None:
        """Count from ``now`` on."""
        self.since, self.answers, self.answered, self.misses = now, 0, [], []

    def join(self) -> None:
        """Count for all classes again, and go live with them once enough is known from now on."""
        self.aside = self.known = False
        self.answers = 0


def was_judged_noise(one: Answerable) -> bool:
    """Say whether it was or would have been hidden, or drawn from that, and nobody knew of it."""
    if one.noise_probability is None or one.told:  # of what joins a told incident people know
        return False
    if one.reason in SAMPLES or one.cleared:
        return True
    return one.would_suppress and one.reason is Reason.LEARNED_NOISE


def is_asked(one: Answerable, now: float) -> bool:
    """Say whether somebody else may still answer what too few people call real."""
    since = one.doubted_since
    return since is not None and now - since < ASKED_SECONDS
