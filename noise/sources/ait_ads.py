"""Rows of the AIT Alert Data Set: ``time,name,ip,host,short``, or a JSON object with these names.

The truth columns that follow in the set's files stay outside, even where a row still has them.
The set has no severities. Ours are a guess from what the tools say of such rules by default:
Wazuh's levels 3 to 6 are low, what it counts together (multiple, brute force) is medium; Suricata's
own protocol notes and its class INFO are info, POLICY and lookups low, the rest medium; AMiner's
anomalies are medium.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from noise.alert import Alert, Severity
from noise.directory import Directory
from noise.sources.clean import clean_labels, clean_name, clean_text, condition_key
from noise.sources.delivery import Delivery, wrong_shape
from noise.sources.payload import decode_json, decode_text, object_at
from noise.sources.times import moment_of_text

SOURCE = "ait-ads"
COLUMNS = ("time", "name", "ip", "host", "short")
COLUMNS_WITH_TRUTH = 7
MAX_CACHED = 2_000

_SEVERITIES = (
    (re.compile(r"Wazuh: .*([Mm]ultiple|brute force|First time this IDS)"), Severity.MEDIUM),
    (re.compile(r"Wazuh: "), Severity.LOW),
    (re.compile(r"Suricata: Alert - (SURICATA |ET INFO )"), Severity.INFO),
    (re.compile(r"Suricata: Alert - (ET POLICY |ET DNS )"), Severity.LOW),
)


class _Known(NamedTuple):
    """What all alerts of one rule on one host share."""

    condition: str
    check: str
    device: str
    title: str
    severity: Severity
    category: str
    labels: dict[str, str]


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of a row. Raises SourceError.

    Rows never say that something has cleared, and have no id: the condition stands for it.
    """
    time, name, ip, host, short = _row(delivery.body)
    tenant = delivery.tenant_or(None)
    known = (_known if len(delivery.body) < MAX_CACHED else _know)(tenant, name, host, ip, short)
    device = directory.device(tenant, known.device)
    alert = Alert(
        event_key=delivery.key,
        alert_key=known.condition,
        condition_key=known.condition,
        tenant=tenant,
        site=device.site if device else None,
        device=known.device,
        device_class=device.device_class if device else None,
        check=known.check,
        category=known.category,
        severity=known.severity,
        title=known.title,
        occurred_at=moment_of_text(time),
        received_at=delivery.arrived_at,
        source=SOURCE,
        labels=known.labels,
    )
    return [alert]


def _know(tenant: str, name: str, host: str, ip: str, short: str) -> _Known:
    check, device = clean_name(name), clean_name(host)
    if check is None or device is None or check == COLUMNS[1]:
        raise wrong_shape("Expected a row with a name and a host - at `$.name`, `$.host`")
    return _Known(
        condition=condition_key(tenant, device, check),
        check=check,
        device=device,
        title=clean_text(f"{check} on {device}") or check,
        severity=_severity(check),
        category="cpu" if ": CPU " in check else "security",
        labels=clean_labels({"tool": check.partition(":")[0], "ip": ip, "rule": short}),
    )


_known = lru_cache(maxsize=65_536)(_know)  # so many rows are a few hundred rules and hosts


def _severity(name: str) -> Severity:
    return next((level for rule, level in _SEVERITIES if rule.match(name)), Severity.MEDIUM)


def _row(body: bytes) -> Sequence[str]:
    text = decode_text(body)
    if text[:1] == "{":
        row = object_at(decode_json(body))
        return [row.text(name) or "" for name in COLUMNS]
    return _columns(_quoted(text) if '"' in text else text.strip().split(","))


def _quoted(text: str) -> Sequence[str]:
    try:
        return next(csv.reader([text]), [])
    except csv.Error as exc:
        raise wrong_shape(f"Expected one row: {exc} - at `$`") from exc


def _columns(fields: Sequence[str]) -> Sequence[str]:
    if len(fields) == len(COLUMNS):
        return fields
    if len(fields) == COLUMNS_WITH_TRUTH and "." in fields[2]:
        return fields[: len(COLUMNS)]
    if len(fields) < len(COLUMNS):
        raise wrong_shape(f"Expected the columns {', '.join(COLUMNS)} - at `$`")
    # Commas inside the name, which nobody quoted: the other columns have none.
    return (fields[0], ",".join(fields[1:-3]), *fields[-3:])
