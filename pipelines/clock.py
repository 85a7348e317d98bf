"""The only reader of the clock. Whoever needs the time is handed one of these functions."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]


def wall() -> float:
    """Return the time of day in epoch seconds."""
    return time.time()


def elapsed() -> float:
    """Return seconds from an arbitrary start; never goes back."""
    return time.monotonic()


def today() -> datetime:
    """Return the time of day as an aware datetime, UTC."""
    return datetime.now(UTC)
