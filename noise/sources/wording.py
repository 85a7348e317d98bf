"""What plain English sentences of monitoring tools say: objects, values, kinds of trouble.

Only what is certain is taken; a sentence in other words gives nothing, and the alert is none the
worse for it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from noise.alert import BadWhen

_OBJECTS = re.compile(
    r"""(?ix)
      \b(?:volume|drive)\s+(?P<volume>[A-Z]:|/\S*?)(?=[:\s]|$)
    | \bservice\s+(?P<service>[\w.$-]+)\s+(?:is|was|has)\b
    | \bservice\sstopped\s+(?P<stopped>[\w.$-]+)
    | \bjob\s+"(?P<job>[^"]+(?:"(?!\s*(?:failed|completed|$))[^"]*)*)"
    | \bjob\s+'(?P<quoted>[^']+)'
    | \bcertificate\s(?:for|of|expiry)\s+(?P<certificate>[\w.*-]+)
    | \binterface\s+(?P<interface>\S+)
    | \baccount\s+(?P<account>[\w.@$\\-]+)
    | \blog(?:i|o)n\s+of\s+(?P<user>[\w.@$\\-]+)
    | \bqueue\s+(?P<queue>[\w.-]+)
    | \bevent\s+(?:log\srule\s+)?(?P<event>\d+)\b
    | \bevent\slog\srule\s+(?P<rule>\d+)
    | https?://(?P<host>[\w.:-]+)
    | \bloss\sto\s+(?P<target>[\w.:-]+)
    | \bcontroller\s+(?P<controller>[\w-]+)
    | \bdisk\s+(?P<disk>[\w\s/-]+?)\s+reports\b
    | ^(?P<supply>[\w\s-]+):\s+level\b
    | \bfile\s+'(?P<file>[^']+)'
    """
)
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_VALUE = re.compile(
    rf"\b(?:is|at|holds|reports|in|since|after|logged)\s+{_NUMBER}\s*(%|[A-Za-z]+)?"
    rf"|^{_NUMBER}\s+(failed)\b|[;,]\s*{_NUMBER}\s*(%|[A-Za-z]+)?",
    re.IGNORECASE,
)
_LIMIT = re.compile(rf"\b(back\s+)?(above|below|over|under)\s+{_NUMBER}", re.IGNORECASE)

_CATEGORIES = (
    ("backup", re.compile(r"backup|replicat")),
    ("certificate", re.compile(r"certificate|ssl|tls")),
    ("security", re.compile(
        r"virus|malware|threat|failed login|4625|4624|logon|login|firewall rule|quarantine|"
        r"syscheck|authentication|ransom|security"
    )),
    ("hardware", re.compile(
        r"raid|smart|fan\b|psu|power supply|temperature|hardware|battery|ups\b"
    )),
    ("disk", re.compile(r"disk|volume|storage|vfs\.fs|filesystem|free space")),
    ("service", re.compile(r"service|winsvc|process|daemon")),
    ("queue", re.compile(r"queue|mail")),
    ("update", re.compile(r"patch|update")),
    ("availability", re.compile(
        r"offline|online|availab|overdue|check-in|check_in|agent\.ping|down\b|instance|http|web|"
        r"probe|uptime|unreachable"
    )),
    ("network", re.compile(r"ping|packet|interface|ifoper|net\.if|bandwidth|network|icmp|latency")),
    ("performance", re.compile(r"cpu|memory|load|performance|swap")),
    ("printer", re.compile(r"printer|toner")),
)  # fmt: skip


class Measure(NamedTuple):
    """A value, its unit, the limit it is held against, and on which side trouble lies."""

    value: float | None = None
    unit: str | None = None
    threshold: float | None = None
    bad_when: BadWhen | None = None


@lru_cache(maxsize=16_384)
def object_in(text: str) -> str | None:
    """Return the volume, service, job or account of which ``text`` speaks."""
    found = _OBJECTS.search(text)
    if found is None:
        return None
    return next(group for group in found.groups() if group is not None).strip() or None


@lru_cache(maxsize=16_384)
def measure_in(text: str) -> Measure:
    """Return the value that ``text`` tells, and its limit where it tells that as well."""
    limit, value = _LIMIT.search(text), _VALUE.search(text)
    number = unit = None
    if value is not None:
        groups = value.groups()
        place = next(index for index in (0, 2, 4) if groups[index] is not None)
        number, unit = float(groups[place]), groups[place + 1]
    if limit is None:
        return Measure(number, unit)
    back, side, threshold = limit.groups()
    is_above = (side.lower() in ("above", "over")) is (back is None)
    return Measure(number, unit, float(threshold), BadWhen.ABOVE if is_above else BadWhen.BELOW)


@lru_cache(maxsize=16_384)
def category_of(*texts: str | None) -> str | None:
    """Return the kind of trouble that the first telling one of ``texts`` names."""
    for text in texts:
        for category, words in _CATEGORIES:
            if text and words.search(text.lower()):
                return category
    return None
