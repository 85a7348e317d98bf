"""Seeded chance: each part of the world draws from a stream of its own, named by what it is.

So a new pattern or another number of days leaves everything else as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from random import Random

_WHOLE = float(1 << 64)


def stream(*names: object) -> Random:
    """Return the random numbers that belong to ``names``; the same names give the same numbers."""
    return Random("/".join(map(str, names)))  # noqa: S311 - a simulation keeps no secrets


def chance(rng: Random, share: float) -> bool:
    """Return True in ``share`` (0 to 1) of the cases."""
    return rng.random() < share


def moments(rng: Random, count: float, start: float, end: float) -> Iterator[float]:
    """Yield about ``count`` independent moments between ``start`` and ``end``, in order."""
    if count <= 0 or end <= start:
        return
    gap = (end - start) / count
    at = start + rng.expovariate(1 / gap)
    while at < end:
        yield at
        at += rng.expovariate(1 / gap)


def minutes(rng: Random, low: float, high: float) -> float:
    """Return a duration between ``low`` and ``high`` minutes, in seconds."""
    return rng.uniform(low, high) * 60


def hours(rng: Random, low: float, high: float) -> float:
    """Return a duration between ``low`` and ``high`` hours, in seconds."""
    return rng.uniform(low, high) * 3600


def digest(*names: object) -> int:
    """Return 64 bits that stay the same for the same names, in every run."""
    text = "/".join(map(str, names)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def trait(share: float, *names: object) -> bool:
    """Return whether what ``names`` name is one of the ``share`` that have this trait, for good."""
    return digest(*names) / _WHOLE < share
