"""Reads the bounds of a run at every answer, and holds them against the truth."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from scipy.special import betaincinv

from benchmarks.bound.streams import Answered, Decided, Scenario, Stream, say
from noise.decision import Reason
from noise.learning.bound import Ledger
from noise.learning.evidence import EPOCH_SECONDS, Evidence, Rate

NAIVE_ERROR = 0.05


class Covered(NamedTuple):
    """Whether every reading of a run was right; ``upper`` is the middle of the upper ends."""

    hidden: bool
    naive: bool
    readings: int
    upper: float


class _Truth:
    """What was hidden, or would have been, by epoch."""

    def __init__(self) -> None:
        self._hidden: dict[int, int] = defaultdict(int)
        self._real: dict[int, int] = defaultdict(int)

    def enter(self, decided: Decided) -> None:
        one = decided.one
        if one.would_suppress or one.reason is Reason.AUDIT_SAMPLE:
            epoch = int(decided.at // EPOCH_SECONDS)
            self._hidden[epoch] += 1
            self._real[epoch] += decided.is_real

    def hidden_real(self, at: float) -> float:
        epoch = int(at // EPOCH_SECONDS)
        hidden = self._hidden[epoch] + self._hidden[epoch - 1]
        return (self._real[epoch] + self._real[epoch - 1]) / hidden


def judge(scenario: Scenario, seed: int) -> Covered:
    """Return whether the intervals of one run hold throughout."""
    ledger, truth, stream = Ledger(), _Truth(), Stream(scenario, seed)
    holds = naive_holds = True
    uppers: list[float] = []
    for event in stream:
        if isinstance(event, Decided):
            truth.enter(event)
            ledger.decided(event.one, None, event.at, scenario.share)
            continue
        _hear(ledger, event, scenario.share)
        read = ledger.hidden_real()
        if read.upper is None:
            continue
        stream.upper = read.upper
        uppers.append(read.upper)
        share = truth.hidden_real(event.at)
        holds &= _is_in(share, read)
        naive_holds &= _is_in(share, naive(ledger.known()))
    return Covered(holds, naive_holds, len(uppers), sorted(uppers)[len(uppers) // 2])


def _hear(ledger: Ledger, answered: Answered, share: float) -> None:
    one = answered.one
    before = one.verdict
    say(answered)
    ledger.heard(one, before, one.verdict, answered.at, share)


def _is_in(share: float, read: Rate) -> bool:
    return (read.lower or 0.0) <= share <= (1.0 if read.upper is None else read.upper)


def naive(known: Evidence) -> Rate:
    """Return Clopper and Pearson's interval of all draws, as if it were read once (1934)."""
    answered, real = sum(known.answered), sum(known.real)
    low = float(betaincinv(real, answered - real + 1, NAIVE_ERROR / 2)) if real else 0.0
    rest = answered - real
    high = float(betaincinv(real + 1, rest, 1 - NAIVE_ERROR / 2)) if rest else 1.0
    return Rate(real / answered, high, low)
