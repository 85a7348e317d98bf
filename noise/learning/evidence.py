"""What is known of the hidden, in whole numbers that add up: over time, classes and clients.

Counts that fade are good for a rate, but no bound that may be read at any time follows from them.
So these are kept by *epochs* of two weeks, the same for all clients. What is read is the present
epoch with the one before it: from two to four weeks, long enough to hold the patch night of a
month, short enough to forget a network that was rebuilt. Each such window begins at a time that was
fixed beforehand, and its bound holds over all readings in it.

Sums over classes, or over clients, are the evidence of all of them together, and bound what holds
for them together, not for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log2
from operator import mul
from typing import NamedTuple

import msgspec

from noise.learning.interval import Draws, share_interval

EPOCH_SECONDS = 14 * 86_400.0
MAX_ALERT_CLASSES = 32
OTHER = "other"
# Samples are drawn with the base share, or 2, 4, 8 or 16 times it; the last place is for what was
# drawn for certain, because nothing was hidden.
LEVELS = 5
CERTAIN = LEVELS
# Technicians err. Of what is real they call at most a quarter noise (one of five who says noise
# to everything, and slips of the others); of what is noise they call at most a tenth real. What was
# judged noise and is called real is put to two more people; one who says noise to everything is not
# trusted with that, and the others call at most a tenth of what is real noise.
OVERLOOKED = 0.25
OVERRULED = 0.1
FOUND = (1.0 - OVERLOOKED) * (1.0 - OVERRULED) ** 2
FALSE_ALARMS = 0.1
SURFACES_MORE = 2.0


class Rate(NamedTuple):
    """A share with the ends of its confidence interval; None where nothing is known."""

    value: float | None
    upper: float | None
    lower: float | None = None


UNKNOWN = Rate(None, None, None)


class Evidence(msgspec.Struct, array_like=True):
    """Numbers of sightings of whose incident nobody had been told before.

    ``watched`` would have been hidden, but nothing was; ``hidden`` were, or were drawn from what
    was. ``answered`` and ``real`` are the random draws from both, by level of their chance.
    ``shown_noise`` and ``shown_real`` were shown and answered. Of the real incidents that
    ``surfaced`` by themselves, all alerts of those ``missed`` were hidden. ``waited``: those of
    ``watched`` that were to wait, and cleared in that time.
    """

    watched: int = 0
    hidden: int = 0
    shown_noise: int = 0
    shown_real: int = 0
    answered: list[int] = msgspec.field(default_factory=lambda: [0] * (LEVELS + 1))
    real: list[int] = msgspec.field(default_factory=lambda: [0] * (LEVELS + 1))
    surfaced: int = 0
    missed: int = 0
    waited: int = 0

    def add(self, other: Evidence) -> None:
        """Take in what is known from elsewhere."""
        self.watched += other.watched
        self.hidden += other.hidden
        self.shown_noise += other.shown_noise
        self.shown_real += other.shown_real
        self.surfaced += other.surfaced
        self.missed += other.missed
        self.waited += other.waited
        for level in range(LEVELS + 1):
            self.answered[level] += other.answered[level]
            self.real[level] += other.real[level]

    def draw(self, level: int, amount: int, *, is_real: bool) -> None:
        """Enter an answered draw, or with an ``amount`` of -1 take one back."""
        self.answered[level] = max(0, self.answered[level] + amount)
        if is_real:
            self.real[level] = max(0, self.real[level] + amount)


def level_of(inclusion: float, share: float) -> int | None:
    """Return the level of a draw made with the chance ``inclusion``, None if it has none.

    ``share`` is the base share of now; a draw that was less likely belongs to another setting.
    """
    if inclusion >= 1.0:
        return CERTAIN
    if share <= 0.0 or inclusion < share * 0.999:
        return None
    return min(LEVELS - 1, int(log2(inclusion / share) + 0.01))


def chance_of(level: int, share: float) -> float:
    """Return the chance with which samples of ``level`` are drawn."""
    return 1.0 if level == CERTAIN else min(1.0, share * 2.0**level)


def hidden_real(known: Evidence, share: float, error: float) -> Rate:
    """Of the hidden, the share that was real; ``share`` is the base share of the samples.

    Taken over what was hidden, or would have been in mode observe, and of which people knew
    nothing: what adds to a told incident is left out; where nothing was hidden, so is what people
    would have been told of by the time of its first answer (``Learner._is_known``). Assumed:
    whether a sample is answered does not depend on whether it is real (if real ones are answered
    more often, the upper end errs to the safe side), and technicians err no more often than
    ``OVERLOOKED``, ``OVERRULED`` and ``FALSE_ALARMS`` say. ``value`` is what they say, uncorrected.
    Each end is wrong with probability ``error`` / 2; mode observe and hiding, where there were
    both, share that and are weighed by their numbers.
    """
    parts = [part for part in _parts(known, share) if part.number]
    asked = [part for part in parts if part.draws]
    if not asked:
        return UNKNOWN
    ends = [share_interval(part.draws, part.most, error / 2 / len(parts)) for part in parts]
    numbers = [part.number for part in parts]
    low = _weighed(numbers, [end.low for end in ends])
    high = _weighed(numbers, [end.high for end in ends])
    return Rate(
        _weighed([part.number for part in asked], [part.mean for part in asked]),
        min(1.0, high / FOUND),
        max(0.0, (low - FALSE_ALARMS) / (1.0 - FALSE_ALARMS)),
    )


def missed_incidents(known: Evidence, share: float, error: float) -> Rate:
    """Of the real incidents, the share of which all alerts were hidden.

    Two ways lead to it. *Capture and recapture*: what was shown and found real is the first catch,
    what surfaced by itself (tickets, outages, calls) the second; Chapman (1951) estimates from
    their overlap how many real incidents there were, and ``value`` is the share of these that was
    not shown. Its interval is that of the share hidden among the surfaced, which drifts as it may.
    Assumed: what is hidden surfaces at least as often as what is shown, for nobody works on it, and
    at most ``SURFACES_MORE`` times as often. ``value`` takes it to be as often. Without overlap the
    upper end is 1.

    *The audit* is the other catch: as many of the hidden are taken to be real as ``hidden_real``
    allows, and of what was shown only what is real however technicians err. Of both upper ends the
    lower one counts, the error being shared between them. ``value`` is None if nothing surfaced.
    """
    audited = _possibly_missed(known, share, error / 2 if known.surfaced else error)
    if not known.surfaced:
        return Rate(None, audited, None if audited is None else 0.0)
    draws = (Draws(1.0, known.surfaced, known.missed),)
    low = share_interval(draws, 1.0, error / 2).low
    upper = share_interval(draws, 1.0, error / 2 if audited is None else error / 4).high
    return Rate(
        1.0 - _shown(known) / chapman(_shown(known), known.surfaced, _overlap(known)),
        upper if audited is None else min(upper, audited),
        low / (low + SURFACES_MORE * (1.0 - low)),
    )


def chapman(first: int, second: int, both: int) -> float:
    """Return how many there are, of which two independent catches had ``both`` in common."""
    return (first + 1) * (second + 1) / (both + 1) - 1


def _overlap(known: Evidence) -> int:
    return known.surfaced - known.missed


def _shown(known: Evidence) -> int:
    # An answer may be missing, or corrected; what surfaced was real all the same.
    return max(known.shown_real, _overlap(known))


def _possibly_missed(known: Evidence, share: float, error: float) -> float | None:
    upper = hidden_real(known, share, error / 2).upper
    if upper is None:
        return None
    hidden = (known.watched + known.hidden) * upper
    return hidden / (hidden + max(_surely_real(known, error / 4), float(_overlap(known))))


def _surely_real(known: Evidence, error: float) -> float:
    """Return how many of the shown were real at least, however technicians err."""
    answered = known.shown_real + known.shown_noise
    low = share_interval((Draws(1.0, answered, known.shown_real),), 1.0, error).low
    return answered * max(0.0, (low - FALSE_ALARMS) / (1.0 - FALSE_ALARMS))


class _Part(NamedTuple):
    """``number`` sightings, of which ``draws`` were answered; ``most`` is their largest weight."""

    number: int
    draws: tuple[Draws, ...]
    most: float

    @property
    def mean(self) -> float:
        weights = [group.weight * group.answered for group in self.draws]
        return _weighed(weights, [group.real / group.answered for group in self.draws])


def _parts(known: Evidence, share: float) -> tuple[_Part, _Part]:
    watched = _draws(known, (CERTAIN,), share)
    hidden = _draws(known, range(LEVELS), share)
    most = 1.0 / share if share else 1.0
    return _Part(known.watched, watched, 1.0), _Part(known.hidden, hidden, most)


def _draws(known: Evidence, levels: Iterable[int], share: float) -> tuple[Draws, ...]:
    return tuple(
        Draws(1.0 / chance_of(level, share), known.answered[level], known.real[level])
        for level in levels
        if known.answered[level]
    )


def _weighed(weights: Sequence[float], values: Sequence[float]) -> float:
    return float(sum(map(mul, weights, values)) / sum(weights))
