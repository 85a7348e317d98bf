"""What is known on day one, before any answer: as data, each with its reason.

Weights are in log-odds, above zero for noise. The model starts from them and may overrule them.
The categories and inputs that are not listed say nothing by themselves.
"""

from __future__ import annotations

from typing import NamedTuple

from noise.state.facts import Facts


class Knowledge(NamedTuple):
    """One thing that is known, how much it weighs, and why."""

    weight: float
    reason: str


BASE = Knowledge(1.2, "of all alerts of an untuned monitor, the great majority needs nobody")

SEVERITIES = (
    Knowledge(0.8, "info is what a tool tells without being worried"),
    Knowledge(0.5, "low is rarely acted on"),
    Knowledge(0.0, "medium is what most tools give by default: it says nothing"),
    Knowledge(-0.6, "high is mostly set on purpose"),
    Knowledge(-1.2, "critical is rare, and costly when missed"),
)

CATEGORIES = {
    "performance": Knowledge(0.8, "processor and memory peaks pass within minutes"),
    "cpu": Knowledge(0.8, "processor peaks pass within minutes"),
    "memory": Knowledge(0.6, "memory in use is what memory is for"),
    "availability": Knowledge(0.2, "laptops sleep and sites blink; servers seldom do"),
    "network": Knowledge(0.2, "links flap, and mostly come back before anybody looks"),
    "service": Knowledge(0.1, "services stop while updates run, and mostly start again"),
    "update": Knowledge(0.4, "updates fail today and succeed tomorrow"),
    "queue": Knowledge(0.1, "queues fill and drain"),
    "disk": Knowledge(-0.2, "a disk that fills does not empty itself"),
    "certificate": Knowledge(-0.3, "a certificate that runs out does so for certain"),
    "backup": Knowledge(-0.4, "one failed run is retried, but nobody misses a backup until needed"),
    "hardware": Knowledge(-1.0, "failing disks, fans and supplies do not mend themselves"),
    "security": Knowledge(-0.8, "seldom real, but the one that is must be seen"),
}

INPUTS = {
    "prior": Knowledge(1.0, "category and severity as listed above, taken at their word"),
    "cleared": Knowledge(0.8, "what always cleared before will mostly clear again"),
    "check_cleared": Knowledge(0.4, "so does what clears on other devices"),
    "brief": Knowledge(0.5, "what lasts for minutes is over before anybody could act"),
    "flips": Knowledge(0.3, "what comes and goes all the time is mostly a badly set limit"),
    "excess": Knowledge(-0.4, "far beyond the limit is worse than just beyond it"),
    "surprise": Knowledge(-0.5, "worse than this device's own past is a change"),
    "first_here": Knowledge(-0.3, "never seen here before"),
    "first_of_check": Knowledge(-0.6, "never seen at this client before"),
    "device_company": Knowledge(-0.4, "several alerts on one device at once are seldom chance"),
    "site_company": Knowledge(-0.3, "many alerts at one site point to its link or its power"),
    "heat": Knowledge(-0.5, "there is other trouble at this client right now"),
}


def prior_log_odds(facts: Facts) -> float:
    """Return what category and severity alone say, in log-odds of noise."""
    category = CATEGORIES.get(facts.category)
    known = BASE.weight + SEVERITIES[facts.severity].weight
    return known if category is None else known + category.weight
