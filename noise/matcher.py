"""Rules that pick alerts by their fields: ``check = "CPU load"``, ``device =~ "LAB-.*"``.

The four operators and their anchoring are Alertmanager's; a missing field is the empty text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from noise.alert import Alert
from noise.errors import SettingsError

MATCHABLE = frozenset({
    "tenant", "site", "device", "device_class", "check", "object", "category", "severity",
    "source", "title", "message",
})  # fmt: skip
_LABEL = "labels."


class Operator(StrEnum):
    """Equal, not equal, matches, does not match; patterns cover the whole text."""

    IS = "="
    IS_NOT = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"


class Matcher(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition on one field of an alert, or on ``labels.NAME``."""

    field: Annotated[str, Meta(description="A field of the alert, or labels.NAME.")]
    value: Annotated[str, Meta(description="A text, or a regular expression for =~ and !~.")]
    op: Annotated[Operator, Meta(description="One of =, !=, =~ and !~.")] = Operator.IS


Predicate = Callable[[Alert], bool]


def compile_matchers(matchers: Sequence[Matcher]) -> Predicate:
    """Return a function that is true for alerts which fit all ``matchers``.

    Raises SettingsError for an unknown field or a pattern that does not compile.
    """
    tests = [_test(matcher) for matcher in matchers]
    return lambda alert: all(test(alert) for test in tests)


def _test(matcher: Matcher) -> Predicate:
    read = _reader(matcher.field)
    value = matcher.value
    if matcher.op is Operator.IS:
        return lambda alert: read(alert) == value
    if matcher.op is Operator.IS_NOT:
        return lambda alert: read(alert) != value
    pattern = _pattern(value)
    wanted = matcher.op is Operator.MATCHES
    return lambda alert: (pattern.fullmatch(read(alert)) is not None) is wanted


def _reader(field: str) -> Callable[[Alert], str]:
    if field.startswith(_LABEL):
        name = field.removeprefix(_LABEL)
        return lambda alert: alert.labels.get(name, "")
    if field not in MATCHABLE:
        raise SettingsError(
            f"no alert has a field {field!r}; use {', '.join(sorted(MATCHABLE))} or labels.NAME"
        )
    return lambda alert: getattr(alert, field) or ""


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.DOTALL)
    except re.error as exc:
        raise SettingsError(f"{text!r} is not a regular expression: {exc}") from exc
