"""A measured value and its threshold, where a sentence states both: "is 95%, above 90%"."""

from __future__ import annotations

import re
from typing import NamedTuple

from noise.alert import BadWhen
from noise.category import MAX_SENTENCE
from noise.sources.payload import read_number

_NUMBER = r"(-?\d{1,15}(?:\.\d{1,9})?)"
_BOTH = re.compile(
    rf"(?<![\w.-]){_NUMBER} ?(%|C\b)?(?: [a-z]+)?, (?:back )?(above|below) {_NUMBER} ?(%|C\b)?",
    re.ASCII,
)
_ONE = re.compile(rf"{_NUMBER}(?: ([^\s\d]{{1,16}}))?", re.ASCII)

_LEFT = re.compile(
    r"\b(?:expires?|expiring|ends?|runs out) in (\d{1,5}) days?(?:\(s\))?(?!\w)",
    re.ASCII | re.IGNORECASE,
)


class Measure(NamedTuple):
    """What was measured, None where nothing is certain."""

    value: float | None = None
    threshold: float | None = None
    unit: str | None = None
    bad_when: BadWhen | None = None


NOTHING = Measure()


def read_sentence(text: str | None, *, is_back: bool = False) -> Measure:
    """Return the value and the threshold of a sentence that states both, or the days left.

    With ``is_back`` the sentence tells of the return to normal, so trouble lies on the other side.
    """
    start = (text or "")[:MAX_SENTENCE]
    found = _BOTH.search(start)
    if found is None:
        return _days_left(start)
    value, unit, side, threshold, same = found.groups()
    if unit != same:
        return NOTHING
    is_above = (side == "above") is not is_back
    return Measure(
        value=read_number(value),
        threshold=read_number(threshold),
        unit=unit,
        bad_when=BadWhen.ABOVE if is_above else BadWhen.BELOW,
    )


def _days_left(text: str) -> Measure:
    found = _LEFT.search(text)
    if found is None:
        return NOTHING
    return Measure(value=read_number(found[1]), unit="d", bad_when=BadWhen.BELOW)


def read_value(text: str | None) -> Measure:
    """Return a value that stands alone, such as ``9.979 %``."""
    found = _ONE.fullmatch((text or "")[:MAX_SENTENCE].strip())
    return Measure(value=read_number(found[1]), unit=found[2]) if found else NOTHING
