"""Says in plain sentences what moved a score, strongest first, and what would change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from noise.decision import Explanation
from noise.learning.counts import Estimate
from noise.learning.odds import log_odds, sigmoid
from noise.learning.shared import Said
from noise.learning.tallies import Tally
from noise.state.facts import Facts

MOST = 5
TOO_WEAK = 0.05
MANY_ANSWERS = 20

_SEVERITIES = ("info", "low", "medium", "high", "critical")
_UNITS = (("day", 86_400.0), ("hour", 3600.0), ("minute", 60.0))
_PLACES = (
    "this check",
    "this check on this kind of device",
    "this check on such devices at this site",
    "this check on this device",
)


class Judgement(NamedTuple):
    """All that goes into a score. ``regression`` is what it says in log-odds of noise.

    ``effects`` are shares of the final log-odds, by topic; ``said`` is what sharing clients hold.
    """

    facts: Facts
    estimate: Estimate
    regression: float
    probability: float
    effects: Mapping[str, float]
    said: Said | None = None


def topic_of(name: str) -> str:
    """Return which sentence speaks of an input."""
    return TOPICS.get(name) or ("answers" if name[0] == "=" else "kind")


def explain(judged: Judgement, hide_above: float) -> tuple[Explanation, ...]:
    """Return at most ``MOST`` sentences, the last of which says what would change the verdict."""
    strong = [(-abs(n), topic, n) for topic, n in judged.effects.items() if abs(n) >= TOO_WEAK]
    said: list[Explanation] = []
    for _, topic, effect in sorted(strong):
        text = _SENTENCES[topic](judged)
        if text:
            said.append(Explanation(text, topic, round(effect * 1000) / 1000))
            if len(said) == MOST - 1:
                break
    said.append(Explanation(_what_would_change_it(judged, hide_above), "answers_needed"))
    return tuple(said)


def _answers(judged: Judgement) -> str:
    level, tally = judged.estimate.level, judged.estimate.tally
    if level is None or tally is None:
        return ""
    return f"technicians called {_PLACES[level]} {_called(tally)}"


def _called(tally: Tally) -> str:
    total = tally.noise_answers + tally.actionable_answers
    if tally.actionable_answers > tally.noise_answers:
        return f"real {_out_of(tally.actionable_answers, total)}"
    return f"noise {_out_of(tally.noise_answers, total)}"


def _others(judged: Judgement) -> str:
    said = judged.said
    if said is None:
        return ""
    clients = f"{said.clients} clients that share, perhaps this one too,"
    if said.found_real:
        return f"{said.found_real} of {clients} found such alerts real"
    return f"technicians of {clients} call such alerts noise"


def _kind(judged: Judgement) -> str:
    facts, is_noise = judged.facts, judged.effects["kind"] > 0
    return _say_kind(facts.category, facts.severity, is_noise, judged.estimate.tally is None)


@lru_cache(maxsize=4_096)
def _say_kind(category: str, severity: int, is_noise: bool, is_unanswered: bool) -> str:
    what = f"{category} alerts" if category else "alerts"
    how = "mostly noise" if is_noise else "often real"
    where = "as a rule" if is_unanswered else "here"
    return f"{what} of severity {_SEVERITIES[severity]} are {how} {where}"


def _cleared(judged: Judgement) -> str:
    facts = judged.facts
    if facts.episodes:
        cleared, episodes, whose = facts.cleared, facts.episodes, "it"
    else:
        cleared, episodes, whose = facts.check_cleared, facts.check_episodes, "this check"
    text = f"{whose} cleared by itself {_out_of(cleared, episodes)}"
    if facts.typical_seconds:
        text += f", usually within {_duration(facts.typical_seconds)}"
    return text


def _pace(judged: Judgement) -> str:
    facts = judged.facts
    if facts.flips:
        return f"raised {_times(facts.flips)} before within the last hour"
    if facts.gap_seconds is not None:
        return f"last raised {_duration(facts.gap_seconds)} ago"
    return ""


def _novelty(judged: Judgement) -> str:
    facts = judged.facts
    if not facts.check_episodes:
        return "the first alert of this check at this client"
    if not facts.is_known_device:
        return "the first alert of this device"
    return "the first alert of this check on this device"


def _value(judged: Judgement) -> str:
    facts = judged.facts
    if facts.value is None:
        return ""
    value = f"value {_number(facts.value)}{_unit(facts)}"
    if facts.usual is not None:
        low, high = facts.usual - facts.spread, facts.usual + facts.spread
        return f"{value} against a usual {_number(low)} to {_number(high)}{_unit(facts)}"
    if facts.excess is None:
        return ""
    side = "beyond" if facts.excess >= 0 else "inside"
    return f"{value} is {abs(facts.excess):.0%} {side} its limit"


def _company(judged: Judgement) -> str:
    facts = judged.facts
    here = (
        (facts.device_company, "on this device"),
        (facts.site_company, "at this site"),
        (facts.check_company, "of this check on any device"),
        (facts.client_company, "at this client"),
    )
    level, where = next(((n, at) for n, at in here if n >= 1), (0.0, ""))
    if not where:
        return "hardly any other alert at this client in the last minutes"
    count = round(level)
    return f"about {count} other alert{'s' if count > 1 else ''} {where} in the last ten minutes"


_SENTENCES: dict[str, Callable[[Judgement], str]] = {
    "answers": _answers,
    "others": _others,
    "kind": _kind,
    "cleared": _cleared,
    "pace": _pace,
    "novelty": _novelty,
    "value": _value,
    "company": _company,
    "heat": lambda _: "there is other trouble at this client right now",
    "drift": lambda _: "answers lately differ from what was learned, which counts for less now",
}

TOPICS = {
    "prior": "kind",
    "intercept": "kind",
    "cleared": "cleared",
    "check_cleared": "cleared",
    "brief": "cleared",
    "episodes": "pace",
    "check_episodes": "pace",
    "flips": "pace",
    "gap": "pace",
    "first_here": "novelty",
    "first_of_check": "novelty",
    "first_of_device": "novelty",
    "excess": "value",
    "surprise": "value",
    "device_company": "company",
    "site_company": "company",
    "check_company": "company",
    "client_company": "company",
    "heat": "heat",
}


def _what_would_change_it(judged: Judgement, hide_above: float) -> str:
    hidden = judged.probability >= hide_above
    needed = answers_needed(judged, hide_above)
    if needed > MANY_ANSWERS:
        count = f"more than {MANY_ANSWERS} answers"
    else:
        count = f"{needed} answer{'s' if needed > 1 else ''}"
    if hidden:
        return f"{count} that it is real would have it shown"
    return f"{count} that it is noise would make it likely enough to be hidden"


def answers_needed(judged: Judgement, hide_above: float) -> int:
    """Return after how many answers the probability would be on the other side of ``hide_above``.

    Counts alone: the regression follows the same answers, so it will not be more.
    """
    noise, actionable, _ = judged.estimate.posterior
    share = sigmoid(2.0 * log_odds(hide_above) - judged.regression)
    if judged.probability >= hide_above:
        return max(1, ceil(noise / share - noise - actionable))
    return max(1, ceil((share * (noise + actionable) - noise) / (1.0 - share)))


def _out_of(count: int, total: int) -> str:
    return "once" if count == total == 1 else f"{count} of {total} times"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _duration(seconds: float) -> str:
    for unit, length in _UNITS:
        if seconds >= length:
            count = round(seconds / length)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "a minute"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _unit(facts: Facts) -> str:
    return f" {facts.unit}" if facts.unit else ""
