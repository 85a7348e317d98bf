"""The thing that an English sentence of a monitor is about, for tools that send no id of it.

Only words that stay the same from the raise to the clear are taken: the volume, not its free space.
"""

from __future__ import annotations

import re

from noise.category import MAX_SENTENCE
from noise.sources.clean import clean_name

_SUBJECTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b[Vv]olume ([A-Z]:|\S+?):? ",
        r"\b(?:[Ii]nterface|[Ee]vent) (\S+) (?:is|changed|was|has) ",
        r"\b[Ss]ervice [\"']?([\w.$ -]{1,80}?)[\"']? (?:is|was|has) ",
        r"\b[Tt]he ([\w.$ -]{1,80}?) service (?:is|was|has|entered) ",
        r"\bjob [\"'](.+?)[\"'] (?:failed|completed|was|is)\b",
        r"\blogins for account (\S+)",
        r"\b[Ll]og[io]n (?:rule reset for|of) (\S+)",
        r"\b[Pp]acket loss to (\S+) is ",
        r"\b[Cc]ertificate for (\S+) (?:expires|was|has)\b",
        r"\b[Qq]ueue (\S+) holds ",
        r"\b[Tt]emperature at (.+?) is ",
        r"\b(?:DNS lookup|[Rr]eplication) of ([\w.-]+)",
        r"^(https?://\S+) ",
        r"\b[Tt]hreat (\S+?):? (?:detected|found|is|was|has|no)\b",
        r"^(RAID controller \S+?): ",
        r"^(Disk \S+) (?:reports|SMART) ",
        r"^(CPU|Memory) utili[sz]ation is ",
        r"^(UPS) runs on ",
        r"^([A-Z][\w ]{0,60}): level ",
    )
)


def read_subject(text: str | None) -> str | None:
    """Return the volume, service, job, account or other thing, None if no pattern fits."""
    sentence = (text or "")[:MAX_SENTENCE]
    for pattern in _SUBJECTS:
        if found := pattern.search(sentence):
            return clean_name(found[1])
    return None
