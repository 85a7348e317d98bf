"""Technicians: who answers, when, and how often wrongly."""

from __future__ import annotations

from random import Random

import msgspec

from noise.label import Verdict
from noise.replay import Answer
from noise.simulator.chance import chance, minutes, stream

_HURRY_BELOW = 0.6
_NIGHT_HOURS = (7.0, 19.0)  # UTC; outside of them few people work
_DAY = 86_400.0


class Technician(msgspec.Struct, frozen=True):
    """One person: how much of what they see they answer, and how often they err.

    ``misses`` is the share of real trouble that they call noise, ``worries`` the share of noise
    that they call real.
    """

    name: str
    answers: float
    misses: float
    worries: float


TEAM = (
    Technician("ana", 0.9, 0.02, 0.02),
    Technician("ben", 0.75, 0.05, 0.03),
    Technician("chen", 0.85, 0.03, 0.06),
    Technician("dora", 0.6, 0.08, 0.01),
    Technician("emil", 0.4, 0.3, 0.0),  # calls nearly everything noise
)


class Technicians:
    """The team of one MSP; the same alert always meets the same person and opinion."""

    def __init__(self, seed: int, team: tuple[Technician, ...] = TEAM) -> None:
        """Take who works there."""
        self._seed = seed
        self._team = team

    def answer(
        self, event: str, position: int, truth: Verdict, tenant: str, shown_at: float
    ) -> Answer | None:
        """Return what is said of an alert that is shown at ``shown_at``, None for nothing."""
        rng = stream(self._seed, "answer", tenant, event, position)
        person = rng.choice(self._team)
        if not chance(rng, person.answers):
            return None
        errs = person.misses if truth is Verdict.ACTIONABLE else person.worries
        verdict = _other(truth) if chance(rng, errs) else truth
        return Answer(verdict, _delay(rng, shown_at), person.name)


def _other(verdict: Verdict) -> Verdict:
    return Verdict.NOISE if verdict is Verdict.ACTIONABLE else Verdict.ACTIONABLE


def _delay(rng: Random, shown_at: float) -> float:
    """Return the seconds until somebody answers: minutes by day, mostly next morning by night."""
    soon = minutes(rng, 2, 25) if chance(rng, _HURRY_BELOW) else minutes(rng, 25, 180)
    hour = shown_at % _DAY / 3600.0
    opens, closes = _NIGHT_HOURS
    if opens <= hour < closes or chance(rng, 0.3):
        return soon
    return ((opens - hour) % 24.0) * 3600.0 + soon
