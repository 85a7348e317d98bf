"""Moments as tools write them: numbers by their size, texts in their own or a known zone.

What cannot be read, or cannot be true, is None: a bad time is no reason to lose an alert.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from noise.alert import utc
from noise.sources.payload import read_number

EARLIEST = utc(0)
LATEST_SECONDS = 4_102_444_800.0  # the year 2100
LATEST = utc(LATEST_SECONDS)
EARLIEST_SECONDS = 1e8  # a smaller number is a year, a duration or a counter
MILLISECONDS_FROM = 1e11
MICROSECONDS_FROM = 1e14

_DOTTED = re.compile(r"(\d{4})\.(\d\d)\.(\d\d)")


def moment_of_number(number: float | None) -> datetime | None:
    """Return the moment of an epoch time in seconds, milliseconds or microseconds, by its size."""
    if number is None or not EARLIEST_SECONDS < number < MICROSECONDS_FROM * 1e4:
        return None
    if number >= MICROSECONDS_FROM:
        number /= 1e6
    elif number >= MILLISECONDS_FROM:
        number /= 1e3
    return utc(number) if number < LATEST_SECONDS else None


def moment_of_text(text: str | None, zone: tzinfo | None = None) -> datetime | None:
    """Return the moment that ``text`` names, in ``zone`` unless it says its own."""
    if text is None:
        return None
    if (number := read_number(text)) is not None:
        return moment_of_number(number)
    try:
        moment = datetime.fromisoformat(_DOTTED.sub(r"\1-\2-\3", text.strip()))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
    except ValueError:
        return None
    return plausible(moment)


def plausible(moment: datetime | None) -> datetime | None:
    """Return ``moment`` in UTC, None if it has no zone or lies before 1970 or after 2100."""
    if moment is None or moment.tzinfo is None:
        return None
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment if EARLIEST < moment < LATEST else None
