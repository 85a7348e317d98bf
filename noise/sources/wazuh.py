"""Wazuh alerts, one JSON object each. Nothing ever says that one is over, so nothing clears it.

A rule's description may hold values, its id does not change: rule, agent and what the rule fired on
are the condition.
"""

from __future__ import annotations

from noise.alert import Alert, Severity
from noise.directory import Directory
from noise.sources.clean import clean_key, clean_labels, clean_name, clean_text, condition_key
from noise.sources.delivery import Delivery
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.place import Place, find_place, find_tenant
from noise.sources.times import moment_of_text

SOURCE = "wazuh"
MANAGER = "000"

_LEVELS = (
    (15, Severity.CRITICAL),
    (12, Severity.HIGH),
    (7, Severity.MEDIUM),
    (3, Severity.LOW),
)


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of a rule that fired. Raises SourceError."""
    fields = object_at(decode_json(delivery.body))
    rule = fields.fields("rule")
    number = rule.needed("id")
    labels = fields.fields("agent").fields("labels")
    tenant = delivery.tenant_or(find_tenant(directory, SOURCE, labels))
    place = _place(directory, fields, tenant)
    check = clean_name(f"rule {number}") or SOURCE
    obj = _object(fields)
    condition = condition_key(tenant, place.device, check, obj)
    alert = Alert(
        event_key=delivery.key,
        alert_key=condition,
        condition_key=condition,
        tenant=tenant,
        site=place.site,
        device=place.device,
        device_class=place.device_class,
        check=check,
        object=obj,
        category="security",
        severity=_severity(rule.number("level")),
        source_severity=clean_key(rule.text("level")),
        title=clean_text(rule.text("description")) or check,
        message=clean_text(fields.text("full_log")),
        occurred_at=moment_of_text(fields.text("timestamp")),
        received_at=delivery.arrived_at,
        source=SOURCE,
        labels=_labels(fields),
    )
    return [alert]


def _place(directory: Directory, fields: Fields, tenant: str) -> Place:
    """Return where it happened: on the agent, or on a device that the manager speaks for."""
    agent, spoken_for = fields.fields("agent"), fields.fields("agentless").text("host")
    if spoken_for is None and agent.text("id") == MANAGER:
        spoken_for = fields.fields("predecoder").text("hostname")
    if spoken_for is not None:
        return find_place(directory, tenant, SOURCE, None, spoken_for)
    return find_place(directory, tenant, SOURCE, agent.text("id"), agent.text("name"))


def _object(fields: Fields) -> str | None:
    """Return the file, else the account or the weakness that the rule fired on."""
    data = fields.fields("data")
    account = data.fields("win").fields("eventdata").text("targetUserName")
    path = fields.fields("syscheck").text("path")
    weakness = data.fields("vulnerability").text("cve")
    return clean_name(path or account or weakness or data.text("dstuser", "srcuser"))


def _severity(level: float | None) -> Severity:
    if level is None:
        return Severity.MEDIUM
    return next((severity for least, severity in _LEVELS if level >= least), Severity.INFO)


def _labels(fields: Fields) -> dict[str, str]:
    rule = fields.fields("rule")
    return clean_labels(
        {
            "rule": rule.text("id"),
            "groups": ",".join(rule.texts("groups")),
            "mitre": ",".join(rule.fields("mitre").texts("id")),
            "ip": fields.fields("agent").text("ip"),
            "location": fields.text("location"),
            "manager": fields.fields("manager").text("name"),
            "id": fields.text("id"),
        }
    )
