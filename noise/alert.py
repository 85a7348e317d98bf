"""The canonical alert: what every tool's payload becomes at the door."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from math import isfinite

import msgspec

SCHEMA = 1
MAX_TEXT = 4096
MAX_KEY = 512
MAX_LABELS = 64
MAX_EXCESS = 1e9  # beyond it nothing differs, and sums of it stay finite


class Severity(StrEnum):
    """Five levels; what the source itself said is kept beside it."""

    rank: int  # 0 for info up to 4 for critical

    CRITICAL = ("critical", 4)
    HIGH = ("high", 3)
    MEDIUM = ("medium", 2)
    LOW = ("low", 1)
    INFO = ("info", 0)

    def __new__(cls, word: str, rank: int) -> Severity:
        """Keep the rank with the word: it is asked for several times for each alert."""
        level = str.__new__(cls, word)
        level._value_ = word
        level.rank = rank
        return level


SECURITY = "security"  # a category


class State(StrEnum):
    """What the source says about its condition now."""

    RAISED = "raised"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    OTHER = "other"


class BadWhen(StrEnum):
    """On which side of the threshold trouble lies."""

    ABOVE = "above"
    BELOW = "below"


class Alert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One alert in the project's own words. Missing is None, never a guess.

    ``event_key`` names one delivery, ``alert_key`` pairs a raise with its clear, ``condition_key``
    names what recurs: tenant, device and check. Times are UTC.
    """

    schema: int = SCHEMA
    event_key: str
    alert_key: str
    condition_key: str
    tenant: str
    site: str | None = None
    device: str | None = None
    device_class: str | None = None
    check: str
    object: str | None = None
    category: str | None = None
    severity: Severity = Severity.MEDIUM
    source_severity: str | None = None
    state: State = State.RAISED
    title: str
    message: str | None = None
    value: float | None = None
    threshold: float | None = None
    unit: str | None = None
    bad_when: BadWhen | None = None
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    source: str
    link: str | None = None
    labels: dict[str, str] = {}


def excess(alert: Alert) -> float | None:
    """Return how far the value lies beyond the threshold, as a share of it; None if unknown.

    Above zero is the bad side. Where the alert does not say which side that is, both are.
    """
    value, threshold = alert.value, alert.threshold
    if value is None or threshold is None or not (isfinite(value) and isfinite(threshold)):
        return None
    share = (value - threshold) / (abs(threshold) or 1.0)
    return bad_side(alert, max(-MAX_EXCESS, min(MAX_EXCESS, share)))


def bad_side(alert: Alert, distance: float) -> float:
    """Return a distance of values, turned so that trouble lies above zero."""
    if alert.bad_when is BadWhen.BELOW:
        return -distance
    return distance if alert.bad_when is BadWhen.ABOVE else abs(distance)


def condition_key(tenant: str, device: str | None, check: str, obj: str | None = None) -> str:
    """Name what recurs, from the parts that stay the same each time."""
    return "|".join((tenant, device or "", check, obj or ""))[:MAX_KEY]


@lru_cache(maxsize=65_536)  # most alerts are repeats of conditions seen a moment ago
def short_key(text: str) -> str:
    """Return 16 hexadecimal digits that stand for ``text``; collisions are not to be expected."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@lru_cache(maxsize=4_096)  # an alert's arrival, decision and incident ask for the same moments
def utc(epoch_seconds: float) -> datetime:
    """Return the moment ``epoch_seconds`` after 1970 as an aware datetime.

    Raises ValueError, OverflowError or OSError when no calendar holds it.
    """
    return datetime.fromtimestamp(epoch_seconds, UTC)
