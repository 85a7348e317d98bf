"""Some of what would be hidden is shown all the same: the only honest measure of what is missed.

Which alerts these are follows from their event key and a secret salt, so that a replay samples the
same ones, and nobody can tell a sample from an ordinary alert by its time. Each is drawn for itself
with a chance that is known beforehand and kept with it: ``audit_share``, for

- what the model is less sure of: twice that,
- a class of alerts of which little is hidden: as much as gives it a sample in ``FLOOR_DAYS``, up to
  16 times that; so no class starves, and a small client is not flooded,
- what joins an incident that people know of: a quarter of that, for it cannot be missed.

Equal chances are best otherwise: what may be hidden unseen is bounded by the smallest of them.
"""

from __future__ import annotations

from hashlib import blake2b
from math import log2

from noise.alert import State
from noise.decision import Action, Drawn, Reason, Ruling
from noise.settings import Sampling as SamplingSettings
from noise.state.case import Case

# What waits is no verdict yet: flapping, held and planned alerts are shown if they stay.
_JUDGED = frozenset({Reason.LEARNED_NOISE, Reason.INCIDENT_MEMBER})
MOST_DOUBLED = 4
ANSWERS_A_STEP = 8
CLOSE_CALL = 0.95
FLOOR_DAYS = 56.0
MOST_LEVEL = 4
SHARE_OF_TOLD = 0.25
_SPACE = float(1 << 64)


class Sampling:
    """Turns some rulings that hide into probes and audit samples."""

    def __init__(self, settings: SamplingSettings) -> None:
        """Take the shares and the salt."""
        self._settings = settings

    def review(self, case: Case, ruling: Ruling) -> Ruling:
        """Return ``ruling``, or one that shows the alert as a probe or an audit sample."""
        if ruling.reason not in _JUDGED or case.alert.state is State.ACKNOWLEDGED:
            return ruling
        until = ruling.hold_until
        if ruling.reason is Reason.LEARNED_NOISE and self._is_probe(case):
            words = "shown to check that it is still noise"
            return Ruling(Action.NOTIFY, Reason.PROBE, words, drawn=Drawn(1.0, until))
        chance = self.chance(case)
        if self._fraction(case.alert.tenant, case.alert.event_key, str(case.now)) < chance:
            words = "shown as one of a random sample"
            return Ruling(Action.NOTIFY, Reason.AUDIT_SAMPLE, words, drawn=Drawn(chance, until))
        return ruling

    def chance(self, case: Case) -> float:
        """Return the chance with which a hidden alert is drawn for the audit."""
        share = self._settings.audit_share
        if case.incident is not None and case.incident.told_at:
            return share * SHARE_OF_TOLD
        is_close = case.score.noise_probability < CLOSE_CALL
        level = max(int(is_close), self._floor(share * case.hidden_a_day))
        return min(1.0, share * 2.0**level)

    def _floor(self, samples_a_day: float) -> int:
        """Return how often the share must be doubled for a class with so many samples of it."""
        wanted = 1.0 / FLOOR_DAYS
        if samples_a_day * 2.0**MOST_LEVEL <= wanted:
            return MOST_LEVEL
        return max(0, int(log2(wanted / samples_a_day)))

    def _is_probe(self, case: Case) -> bool:
        # Kinds without a value that were never real have little to tell: the audit is for them.
        may_change = case.was_real or case.excess is not None
        return may_change and case.now >= self.probe_due(case)

    def probe_due(self, case: Case) -> float:
        """Return the epoch second from which the condition is due to be shown again."""
        condition = case.condition
        phase = 0.5 + 0.5 * self._fraction(condition.key, str(condition.told_at))
        last = condition.told_at or condition.first_at
        return last + self._settings.probe_hours * 3600.0 * _apart(case) * phase

    def _fraction(self, *parts: str) -> float:
        text = "\0".join((self._settings.salt, *parts)).encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, digest_size=8).digest()) / _SPACE


def _apart(case: Case) -> float:
    """Return how many times further apart probes are, the more answers called it noise.

    Values that are held against a limit may change their meaning, so they are asked about sooner.
    """
    if case.is_ordinary:
        return float(2 ** min(case.condition.noise_answers, MOST_DOUBLED))
    if case.was_real:
        return 1.0
    return float(2 ** min(case.condition.noise_answers // ANSWERS_A_STEP, MOST_DOUBLED))
