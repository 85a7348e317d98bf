"""Between probabilities and log-odds."""

from __future__ import annotations

from math import exp, log


def log_odds(probability: float) -> float:
    """Return the log-odds of a probability between, and not at, 0 and 1."""
    return log(probability / (1.0 - probability))


def sigmoid(z: float) -> float:
    """Return the probability with log-odds ``z``, which must be within -700 to 700."""
    return 1.0 / (1.0 + exp(-z))
