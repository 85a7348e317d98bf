"""Zabbix: a webhook media type whose script sends macros; version 1 of our template.

``{EVENT.ID}`` is the problem's own in problem, update and recovery messages. Escalation steps say
the same again. Times have no zone. A severity has a number, because its name can be changed.
"""

from __future__ import annotations

import re
from datetime import datetime

from noise.alert import Alert, Severity, State
from noise.directory import Directory
from noise.errors import SourceError
from noise.sources.common import Read, alert_of, find_device, is_unresolved, test_alert
from noise.sources.delivery import Delivery
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.times import moment_of_text
from noise.sources.wording import Measure, category_of, measure_in

SOURCE = "zabbix"
_SEVERITIES = {
    "5": Severity.CRITICAL,
    "4": Severity.HIGH,
    "3": Severity.MEDIUM,
    "2": Severity.MEDIUM,
    "1": Severity.LOW,
    "0": Severity.INFO,
}
_MEASURED = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*([^\d\s]\S*)?\s*$")
_KEY = re.compile(r"^([^\[]+)(?:\[\"?([^\],\"]*))?")
_TENANT_TAGS = frozenset({"client", "customer", "tenant"})


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of a message. Raises SourceError."""
    body = object_at(decode_json(delivery.body))
    tags = _tags(body)
    tenant = delivery.tenant_or(next((tags[tag] for tag in sorted(_TENANT_TAGS & set(tags))), None))
    if is_unresolved(body.text("event_id", "event_name", "host_host")):
        return [test_alert(delivery, tenant, SOURCE, "Zabbix")]
    return [alert_of(_read(body, tags, tenant, directory), delivery, SOURCE)]


def _read(body: Fields, tags: dict[str, str], tenant: str, directory: Directory) -> Read:
    state = _state(body)
    key = _KEY.match(_said(body, "item_key") or "")
    name = _said(body, "event_name")
    host = _said(body, "host_name") or _said(body, "host_host")
    number, trigger = _said(body, "event_id"), _said(body, "trigger_id")
    check = key[1] if key else name or "trigger"
    return Read(
        tenant,
        check=check,
        title=name or check,
        state=state,
        severity=_SEVERITIES.get(_said(body, "event_nseverity") or "", Severity.MEDIUM),
        source_severity=_said(body, "event_severity"),
        device=host,
        known=find_device(directory, tenant, SOURCE, _said(body, "host_id"), host),
        site=_site(body),
        object=(key[2] or None) if key else None,
        key=trigger,
        alert_key=number,
        measure=_measure(body, name or ""),
        category=category_of(check, tags.get("component"), name),
        link=_link(body, trigger, number),
        occurred_at=_moment(body, tenant, state, directory),
        labels={"ip": _said(body, "host_ip"), "component": tags.get("component")},
    )


def _said(body: Fields, name: str) -> str | None:
    """Return a text; macros that Zabbix could not resolve say nothing."""
    text = body.text(name)
    if text is None or text == "*UNKNOWN*" or (text.startswith("{") and text.endswith("}")):
        return None
    return text


def _state(body: Fields) -> State:
    if _said(body, "event_value") == "0":
        return State.CLEARED
    if _said(body, "event_update_status") != "1":
        return State.RAISED
    is_acknowledged = (_said(body, "event_ack_status") or "").lower() == "yes"
    return State.ACKNOWLEDGED if is_acknowledged else State.OTHER


def _tags(body: Fields) -> dict[str, str]:
    text = _said(body, "event_tags")
    try:
        tags = decode_json(text.encode()) if text else []
    except SourceError:
        return {}
    known = (
        [object_at(tag) for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    )
    return {tag.text("tag") or "": tag.text("value") or "" for tag in known}


def _site(body: Fields) -> str | None:
    groups = (_said(body, "host_groups") or "").split(",")[0]
    return groups.rpartition("/")[2].strip() or None


def _measure(body: Fields, name: str) -> Measure:
    said, latest = measure_in(name), _MEASURED.match(_said(body, "item_lastvalue") or "")
    if latest is None:
        return said
    return said._replace(value=float(latest[1]), unit=latest[2] or said.unit)


def _link(body: Fields, trigger: str | None, number: str | None) -> str | None:
    url = _said(body, "zabbix_url")
    if not (url and trigger and number):
        return None
    return f"{url.rstrip('/')}/tr_events.php?triggerid={trigger}&eventid={number}"


def _moment(body: Fields, tenant: str, state: State, directory: Directory) -> datetime | None:
    kind = "event_recovery" if state is State.CLEARED else "event"
    date, time = _said(body, f"{kind}_date"), _said(body, f"{kind}_time")
    if not (date and time):
        return None
    return moment_of_text(f"{date} {time}", directory.zone(tenant, SOURCE))
