"""Wazuh: one JSON line per alert, level 0 to 16; nothing ever clears.

Fields as in the product's alerts.json. An alert has an id of its own, so what recurs is told by
agent, rule and the file or account that it speaks of.
"""

from __future__ import annotations

from noise.alert import Alert, Severity
from noise.directory import Directory
from noise.sources.common import Read, alert_of, find_device
from noise.sources.delivery import Delivery
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.times import moment_of_text

SOURCE = "wazuh"
_LEVELS = (
    (15, Severity.CRITICAL),
    (12, Severity.HIGH),
    (7, Severity.MEDIUM),
    (3, Severity.LOW),
)


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of a line. Raises SourceError."""
    body = object_at(decode_json(delivery.body))
    rule, agent = body.fields("rule"), body.fields("agent")
    tenant = delivery.tenant_or(None)
    number, description = rule.needed("id"), rule.text("description")
    name = agent.text("name") or body.fields("manager").text("name")
    known = find_device(directory, tenant, SOURCE, agent.text("id"), name)
    level = rule.number("level") or 0.0
    obj = _object(body)
    read = Read(
        tenant,
        check=description or f"rule {number}",
        title=body.text("full_log") or description or f"rule {number}",
        severity=next((s for least, s in _LEVELS if level >= least), Severity.INFO),
        source_severity=rule.text("level"),
        device=name,
        known=known,
        object=obj,
        key=f"{number} {obj or ''}".strip(),
        message=description,
        category="security",
        occurred_at=moment_of_text(body.text("timestamp")),
        labels={"rule": number, "groups": ",".join(rule.texts("groups")) or None},
    )
    return [alert_of(read, delivery, SOURCE)]


def _object(body: Fields) -> str | None:
    event = body.fields("data").fields("win").fields("eventdata")
    return body.fields("syscheck").text("path") or event.text("targetUserName")
