"""From a case to its facts, and from facts to the inputs of the regression."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from math import isfinite, log1p
from zlib import crc32

from noise.alert import Alert, bad_side, short_key
from noise.learning.knowledge import prior_log_odds
from noise.state.case import Case
from noise.state.condition import DURATION_EDGES, Condition
from noise.state.facts import Facts

MAX_NAME = 80
HOUR = 3600.0
KNOWN_VALUES = 5
FADED = 0.1
SEPARATOR = "\x1f"
CORE = "core"
PARTS = 256

_NOBODY = 0.0


def facts(case: Case) -> Facts:
    """Return what is known of the case before its decision is recorded. Changes nothing."""
    alert, condition, now = case.alert, case.condition, case.now
    device, core, check = case.device, case.tenant.core, case.check
    site = core.sites.get(alert.site) if alert.site is not None else None
    value = _finite(alert.value)
    usual = condition.value_mean if condition.values >= KNOWN_VALUES else None
    return Facts(
        check=name(alert.check),
        condition=condition.key,
        site=name(alert.site),
        device_class=name(alert.device_class),
        category=name(alert.category),
        source=name(alert.source),
        unit=name(alert.unit),
        severity=alert.severity.rank,
        episodes=condition.episodes,
        cleared=condition.self_cleared,
        typical_seconds=typical_seconds(condition),
        check_episodes=check.episodes,
        check_cleared=check.self_cleared,
        sends_clears=core.clears.get(alert.source, 0) > 0,
        flips=len(condition.flips) - bisect_left(condition.flips, now - HOUR),
        is_known_device=device is None or device.activity.at > 0.0,
        device_company=device.activity.level_at(now) if device is not None else _NOBODY,
        site_company=site.level_at(now) if site is not None else _NOBODY,
        check_company=check.activity.level_at(now),
        client_company=core.activity.level_at(now),
        heat=core.heat.level_at(now),
        gap_seconds=max(0.0, now - condition.window_at) if condition.episodes else None,
        value=value,
        usual=usual,
        spread=condition.value_spread,
        excess=case.excess,
        surprise=_surprise(alert, value, usual, condition.value_spread),
        beside=case.beside,
    )


def name(text: str | None) -> str:
    """Return ``text`` in a bounded length; long names that differ stay different."""
    if text is None:
        return ""
    if len(text) <= MAX_NAME:
        return text
    return f"{text[: MAX_NAME - 17]}~{short_key(text)}"


def typical_seconds(condition: Condition) -> float:
    """Return the upper edge of the bin that holds the median duration; 0 if none is known."""
    left = sum(condition.durations) / 2
    if not left:
        return 0.0
    for edge, count in zip(DURATION_EDGES, condition.durations, strict=False):
        left -= count
        if left <= 0:
            return edge
    return 2 * DURATION_EDGES[-1]


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _surprise(
    alert: Alert, value: float | None, usual: float | None, spread: float
) -> float | None:
    if value is None or usual is None:
        return None
    # A value that never moved has no spread; a hundredth of it stands in.
    scale = spread + abs(usual) / 100 + 1e-9
    return bad_side(alert, (value - usual) / scale)


def kinds(check: str, device_class: str) -> tuple[str, str]:
    """Return the first two of ``levels``: a check, and a check on a class of devices."""
    check = f"={check}"
    return (check, f"{check}{SEPARATOR}{device_class}")


def levels(known: Facts) -> tuple[str, str, str, str]:
    """Return the keys under which answers are counted, from the general to the particular.

    Check, check on a class of devices, the same at one site, and the condition itself: each holds
    the next. All start with the check, so that they are saved together.
    """
    return _levels(known.check, known.device_class, known.site, known.condition)


@lru_cache(maxsize=65_536)
def _levels(check: str, device_class: str, site: str, condition: str) -> tuple[str, str, str, str]:
    check, kind = kinds(check, device_class)
    return (check, kind, f"{kind}{SEPARATOR}{site}", f"{check}{SEPARATOR * 3}{condition}")


@lru_cache(maxsize=65_536)
def part_of(input_name: str) -> str:
    """Return the part of a saved model that holds an input: one for each few checks, or "core"."""
    if not input_name.startswith("="):
        return CORE
    return f"{crc32(_encoded(input_name.partition(SEPARATOR)[0])) % PARTS:02x}"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def inputs(known: Facts) -> dict[str, float]:
    """Return the regression's inputs, in a fixed order, each within about -2 to 2.

    What is zero is left out: it could neither speak nor be learned from.
    """
    kind = _kind(known.category, known.severity, known.source, known.device_class)
    named = dict.fromkeys(("prior", *levels(known), *kind), 1.0)
    named["prior"] = prior_log_odds(known)
    if known.episodes:
        _add_history(named, known)
    else:
        _add_novelty(named, known)
    _add_company(named, known)
    if known.excess is not None:
        named["excess"] = _bounded(known.excess)
    if known.surprise is not None:
        named["surprise"] = _bounded(known.surprise / 4)
    return named


@lru_cache(maxsize=65_536)
def _kind(category: str, severity: int, source: str, device_class: str) -> tuple[str, ...]:
    return (
        f"category:{category}",
        f"severity:{severity}",
        f"source:{source}",
        f"class:{device_class}",
    )


def _add_history(named: dict[str, float], known: Facts) -> None:
    named["episodes"] = log1p(known.episodes) / 4
    if known.sends_clears:
        named["cleared"] = 2 * (known.cleared + 1) / (known.episodes + 2) - 1
        named["check_cleared"] = 2 * (known.check_cleared + 1) / (known.check_episodes + 2) - 1
    if known.cleared:
        named["brief"] = 1 - log1p(known.typical_seconds / 60) / 5
    if known.flips:
        named["flips"] = log1p(known.flips) / 2
    if known.gap_seconds is not None:
        named["gap"] = log1p(known.gap_seconds / HOUR) / 5


def _add_novelty(named: dict[str, float], known: Facts) -> None:
    named["first_here"] = 1.0
    if not known.is_known_device:
        named["first_of_device"] = 1.0
    if not known.check_episodes:
        named["first_of_check"] = 1.0
    elif known.sends_clears:
        named["check_cleared"] = 2 * (known.check_cleared + 1) / (known.check_episodes + 2) - 1


def _add_company(named: dict[str, float], known: Facts) -> None:
    if known.device_company > FADED:
        named["device_company"] = log1p(known.device_company) / 2
    if known.site_company > FADED:
        named["site_company"] = log1p(known.site_company) / 3
    if known.check_company > FADED:
        named["check_company"] = log1p(known.check_company) / 3
    if known.client_company > FADED:
        named["client_company"] = log1p(known.client_company) / 4
    if known.heat > FADED:
        named["heat"] = log1p(known.heat)


def _bounded(number: float) -> float:
    return max(-1.0, min(2.0, number))
