"""Reads the bounds of a run at every answer, and holds them against the truth."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import NamedTuple

from scipy.special import betaincinv

from benchmarks.bound.streams import Answered, Decided, Scenario, Stream, Surfaced, say
from noise.learning.bound import Ledger
from noise.learning.evidence import EPOCH_SECONDS, UNKNOWN, Evidence, Rate
from noise.learning.people import People

NAIVE_ERROR = 0.05


class Covered(NamedTuple):
    """Whether every reading of a run was right; ``upper`` and ``missed_upper`` are middle ones."""

    hidden: bool
    naive: bool
    missed: bool
    readings: int
    upper: float
    missed_upper: float


class _Truth:
    """What was hidden, or would have been, and what was real, by epoch."""

    def __init__(self) -> None:
        self._hidden: dict[int, int] = defaultdict(int)
        self._hidden_real: dict[int, int] = defaultdict(int)
        self._real: dict[int, int] = defaultdict(int)

    def enter(self, decided: Decided) -> None:
        epoch = int(decided.at // EPOCH_SECONDS)
        self._real[epoch] += decided.is_real
        if decided.hides:
            self._hidden[epoch] += 1
            self._hidden_real[epoch] += decided.is_real

    def hidden_real(self, at: float) -> float:
        return _in_window(self._hidden_real, at) / max(1, _in_window(self._hidden, at))

    def missed(self, at: float) -> float:
        return _in_window(self._hidden_real, at) / max(1, _in_window(self._real, at))


def _in_window(counts: dict[int, int], at: float) -> int:
    epoch = int(at // EPOCH_SECONDS)
    return counts[epoch] + counts[epoch - 1]


def judge(scenario: Scenario, seed: int) -> Covered:
    """Return whether the intervals of one run hold throughout."""
    ledger, truth, stream, people = Ledger(), _Truth(), Stream(scenario, seed), People()
    hidden = naive_hidden = missed = True
    uppers, missed_uppers = [1.0], [1.0]
    for event in stream:
        if isinstance(event, Decided):
            truth.enter(event)
            ledger.decided(event.one, None, event.at, scenario.share)
            continue
        _enter(ledger, event, scenario.share, people)
        read, read_missed = ledger.hidden_real(), ledger.missed_incidents()
        missed &= _is_in(truth.missed(event.at), read_missed)
        missed_uppers.append(_high(read_missed))
        stream.upper = _high(read)
        uppers.append(stream.upper)
        share = truth.hidden_real(event.at)
        hidden &= _is_in(share, read)
        naive_hidden &= _is_in(share, naive(ledger.known()))
    return Covered(hidden, naive_hidden, missed, len(uppers), median(uppers), median(missed_uppers))


def _enter(ledger: Ledger, event: Answered | Surfaced, share: float, people: People) -> None:
    if isinstance(event, Surfaced):
        ledger.surfaced(event.alert_class, event.at, share, is_missed=event.is_missed)
        return
    before = event.one.found
    say(event, people)
    if event.one.found is not before:
        ledger.heard(event.one, before, event.one.found, event.at, share)


def _high(read: Rate) -> float:
    return 1.0 if read.upper is None else read.upper


def _is_in(share: float, read: Rate) -> bool:
    return (read.lower or 0.0) <= share <= _high(read)


def naive(known: Evidence) -> Rate:
    """Return Clopper and Pearson's interval of all draws, as if it were read once (1934)."""
    answered, real = sum(known.answered), sum(known.real)
    if not answered:
        return UNKNOWN
    low = float(betaincinv(real, answered - real + 1, NAIVE_ERROR / 2)) if real else 0.0
    rest = answered - real
    high = float(betaincinv(real + 1, rest, 1 - NAIVE_ERROR / 2)) if rest else 1.0
    return Rate(real / answered, high, low)
