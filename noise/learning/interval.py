"""An interval for the share that is real, from weighted random draws; right whenever it is read.

Every draw stands for as many as its weight says, one over the chance with which it was drawn. What
is bounded is the weighted mean, over the draws so far, of the chance that such a draw was real just
then. That chance may change with every draw, also in answer to earlier ones: a share that drifts
is covered as it moves. Nothing is assumed of it, and no law of large numbers is used.

Bets (Waudby-Smith and Ramdas 2024; for a mean that moves, Howard, Ramdas, McAuliffe and Sekhon
2021, section 4). For a fixed bet b in (0, 1] and the largest weight W, the product over the draws
of ``1 - b w / W`` where real and 1 where not, divided by that of ``1 - b w p / W``, is a martingale
that starts at 1 (p: the chance at that draw). By concavity of the logarithm the divisor is at most
``(1 - b mean(w) share / W) ** n``; so the product over that power, averaged over several bets,
exceeds ``1 / error`` at the true share, at any time, with probability at most ``error`` (Ville
1939). All shares at which it does are ruled out. The low end bets on more in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import exp, inf, log, log1p
from typing import NamedTuple

# How much is bet, and with what part of the stake. The first on "none is real", which it mostly is.
_ON_LESS = (
    (1.0, 0.3),
    (0.85, 0.2),
    (0.65, 0.15),
    (0.45, 0.12),
    (0.25, 0.1),
    (0.1, 0.08),
    (0.04, 0.05),
)
_ON_MORE = ((30.0, 0.1), (8.0, 0.2), (3.0, 0.2), (1.2, 0.2), (0.5, 0.12), (0.2, 0.1), (0.07, 0.08))
_HALVINGS = 45


class Draws(NamedTuple):
    """Answered draws of one ``weight``, and how many of them were real."""

    weight: float
    answered: int
    real: int


class Interval(NamedTuple):
    """Both ends of a share, 0 to 1."""

    low: float
    high: float


@lru_cache(maxsize=4_096)  # asked for again and again, while little changes
def share_interval(draws: tuple[Draws, ...], most: float, error: float) -> Interval:
    """Return where the share lies; each end is wrong at any time with probability ``error``.

    ``most`` is the largest weight that a draw may have. It must not depend on the draws.
    """
    answered = sum(group.answered for group in draws)
    if not answered:
        return Interval(0.0, 1.0)
    mean_weight = min(1.0, sum(g.weight * g.answered for g in draws) / answered / most)
    limit = -log(error)
    less = [(bet, log(part) + _won(draws, most, -bet)) for bet, part in _ON_LESS]
    more = [(bet, log(part) + _won(draws, most, bet)) for bet, part in _ON_MORE]

    def is_too_high(share: float) -> bool:
        at = mean_weight * share
        return _total([won - answered * log1p(-bet * at) for bet, won in less]) >= limit

    def is_too_low(share: float) -> bool:
        at = mean_weight * share
        return _total([won - answered * log1p(bet * at) for bet, won in more]) >= limit

    return Interval(_edge(lambda share: not is_too_low(share)), _edge(is_too_high))


def _won(draws: tuple[Draws, ...], most: float, bet: float) -> float:
    """Return the logarithm of what the real draws made of a stake of 1."""
    return sum(g.real * _log1p(bet * g.weight / most) for g in draws if g.real)


def _log1p(value: float) -> float:
    return log1p(value) if value > -1.0 else -inf


def _total(logarithms: list[float]) -> float:
    """Return the logarithm of a sum, of which the logarithms of the parts are given."""
    largest = max(logarithms)
    return largest + log(sum(exp(one - largest) for one in logarithms))


def _edge(holds: Callable[[float], bool]) -> float:
    """Return the share from which on ``holds`` does; 1 if nowhere, 0 if everywhere."""
    below, above = 0.0, 1.0
    if holds(below):
        return below
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        below, above = (below, middle) if holds(middle) else (middle, above)
    return above
