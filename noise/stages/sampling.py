"""Some of what would be hidden is shown all the same: the only honest measure of what is missed.

Which alerts these are follows from their event key and a secret salt, so that a replay samples the
same ones, and nobody can tell a sample from an ordinary alert by its time.
"""

from __future__ import annotations

from hashlib import blake2b

from noise.alert import State
from noise.decision import Action, Drawn, Reason, Ruling
from noise.settings import Sampling as SamplingSettings
from noise.state.case import Case

# What waits is no verdict yet: flapping, held and planned alerts are shown if they stay.
_JUDGED = frozenset({Reason.LEARNED_NOISE, Reason.INCIDENT_MEMBER})
MOST_DOUBLED = 4
ANSWERS_A_STEP = 8
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
        share = self._settings.audit_share
        if self._fraction(case.alert.tenant, case.alert.event_key, str(case.now)) < share:
            words = "shown as one of a random sample"
            return Ruling(Action.NOTIFY, Reason.AUDIT_SAMPLE, words, drawn=Drawn(share, until))
        return ruling

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
    if case.excess is None:
        return float(2 ** min(case.condition.noise_answers, MOST_DOUBLED))
    if case.was_real:
        return 1.0
    return float(2 ** min(case.condition.noise_answers // ANSWERS_A_STEP, MOST_DOUBLED))
