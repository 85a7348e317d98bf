"""The kind of trouble that the name of a check, or a sentence, speaks of.

All tools' words become the few that the rest of the project knows, ``disk`` for a storage monitor.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_SENTENCE = 512  # what follows is a log, and patterns take their time over it
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CATEGORIES = tuple(
    (category, re.compile(rf"(?:^|[^a-z])(?:{words})(?![a-z0-9])"))
    for category, words in (
        ("backup", r"backups?|backupjob|veeam|restore|snapshots?"),
        (
            "certificate",
            r"certificates?|cert|ssl|tls|(?:licen[cs]e|subscription|warranty)s? (?:expires|expiry)",
        ),
        (
            "security",
            r"(?:anti)?virus|malware|threats?|ransomware|log[io]ns?|4624|4625|brute|quarantine"
            r"|security|intrusion|defender|syscheck|passwords?",
        ),
        ("printer", r"printers?|toner|paper"),
        (
            "hardware",
            r"raid|smart|fans?|psu|power|temp|temperature|hardware|battery|ups|sensors?"
            r"|environment",
        ),
        ("directory", r"directory|ad|domain|dns|replication|ldap|kerberos"),
        (
            "disk",
            r"disks?|diskspace|volumes?|storage|filesystem|vfs|datastore|drives?",
        ),
        ("queue", r"queues?|mail|exchange|smtp"),
        ("eventlog", r"event ?log|event rule|eventlog"),
        (
            "performance",
            r"cpu|cpuload|memory|mem|ram|processor|load|swap|performance",
        ),
        ("service", r"services?|winsvc|process|processes|daemon"),
        ("update", r"patch|patches|patching|updates?|reboot"),
        (
            "availability",
            r"offline|online|availability|overdue|check-in|checked in|agent|heartbeat|http|https"
            r"|web|probe|unreachable|instance|uptime|host down",
        ),
        (
            "network",
            r"ping|icmpping|icmppingloss|packets?|interface|if|bandwidth|network|latency|link|vpn"
            r"|wan|snmp|net",
        ),
    )
)

CATEGORIES = tuple(category for category, _ in _CATEGORIES)


def category_of(*texts: str | None) -> str | None:
    """Return the kind that the first telling one of ``texts`` names, None if none does."""
    known = (_category_of(text[:MAX_SENTENCE]) for text in texts if text)
    return next((category for category in known if category is not None), None)


@lru_cache(maxsize=8_192)  # what is cached is of a bounded length
def _category_of(text: str) -> str | None:
    words = _CAMEL.sub(" ", text).lower().replace("_", " ")
    return next((category for category, known in _CATEGORIES if known.search(words)), None)
