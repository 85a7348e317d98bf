"""Zabbix problems from a webhook media type whose fields are macros.

A problem's id is the same in its repeats, its updates and its recovery. A trigger belongs to one
host and stands for what recurs; its item names the check, because the event's name is free text.
"""

from __future__ import annotations

import re
from datetime import datetime

from noise.alert import Alert, Severity, State
from noise.category import category_of
from noise.directory import Directory
from noise.errors import SourceError
from noise.sources.clean import (
    alert_key,
    clean_key,
    clean_labels,
    clean_name,
    clean_text,
    condition_key,
)
from noise.sources.delivery import Delivery
from noise.sources.measure import Measure, read_sentence, read_value
from noise.sources.payload import Fields, decode_json, object_at
from noise.sources.place import find_place, find_tenant
from noise.sources.times import moment_of_text
from noise.sources.trial import trial_alert

SOURCE = "zabbix"
CLEARED = "0"
UPDATED = "1"

_SEVERITIES = {
    "5": Severity.CRITICAL,
    "4": Severity.HIGH,
    "3": Severity.MEDIUM,
    "2": Severity.MEDIUM,
    "1": Severity.LOW,
    "0": Severity.INFO,
}
_NAMES = {
    "disaster": Severity.CRITICAL,
    "high": Severity.HIGH,
    "information": Severity.LOW,
    "not classified": Severity.INFO,
}
_UNRESOLVED = re.compile(r"\{[$#]?[A-Z][A-Z0-9_.]*\}|\*UNKNOWN\*")
_ITEM = re.compile(r"([^\[\]]+)(?:\[(.*)\])?", re.DOTALL)
_STATE_PARAMETERS = frozenset({"", "pfree", "pused", "free", "used", "state", "avg", "percent"})
_CATEGORY_TAG = "component"


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the one alert of a problem, an update or a recovery. Raises SourceError."""
    given = object_at(decode_json(delivery.body, repair=True))
    fields = _resolved(given)
    tags = _tags(fields.text("event_tags"))
    if _is_unresolved(given.text("event_id")):
        return [trial_alert(delivery, SOURCE, find_tenant(directory, SOURCE, tags))]
    return [_alert(delivery, directory, fields, tags)]


def _alert(delivery: Delivery, directory: Directory, fields: Fields, tags: Fields) -> Alert:
    problem = fields.needed("event_id")
    tenant = delivery.tenant_or(find_tenant(directory, SOURCE, tags))
    place = find_place(
        directory,
        tenant,
        SOURCE,
        fields.text("host_id"),
        fields.text("host_name"),
        fields.text("host_host"),
    )
    check, obj = _check(fields)
    title = clean_text(fields.text("event_name")) or check
    measure = _measure(fields)
    condition = condition_key(
        tenant, place.device, check, clean_name(fields.text("trigger_id")) or obj
    )
    return Alert(
        event_key=delivery.key,
        alert_key=alert_key(tenant, SOURCE, problem, condition),
        condition_key=condition,
        tenant=tenant,
        site=place.site,
        device=place.device,
        device_class=place.device_class,
        check=check,
        object=obj,
        category=_category(check, tags, title),
        severity=_severity(fields),
        source_severity=clean_key(fields.text("event_severity", "event_nseverity")),
        state=_state(fields),
        title=title,
        value=measure.value,
        threshold=measure.threshold,
        unit=measure.unit,
        bad_when=measure.bad_when,
        occurred_at=_occurred_at(fields, directory, tenant),
        received_at=delivery.arrived_at,
        source=SOURCE,
        link=_link(fields, problem),
        labels=clean_labels(
            {
                "ip": fields.text("host_ip"),
                "groups": fields.text("host_groups"),
                "trigger": fields.text("trigger_id"),
                "item": fields.text("item_key"),
            }
        ),
    )


def _resolved(given: Fields) -> Fields:
    """Return the fields without the macros that Zabbix had no value for."""
    return Fields({name: text for name, text in given.items() if not _is_unresolved(text)})


def _is_unresolved(text: str | None) -> bool:
    if text is None or not ("{" in text or "*" in text):
        return False  # nearly every text, told without the pattern
    return _UNRESOLVED.fullmatch(text.strip()) is not None


def _tags(text: str | None) -> Fields:
    """Return the tags of a problem, none when they cannot be read."""
    try:
        listed = decode_json((text or "[]").encode("utf-8", "replace"))
        tags = Fields({"tags": listed}).members("tags")
    except SourceError:
        return Fields({})
    return Fields({tag.text("tag") or "": tag.text("value") for tag in tags})


def _check(fields: Fields) -> tuple[str, str | None]:
    """Return the item's name and, from its parameters, the thing that it looks at."""
    found = _ITEM.fullmatch(fields.text("item_key") or "")
    check = clean_name(found[1]) if found else None
    if found is None or check is None:
        return clean_name(fields.needed("trigger_id", "event_name")) or SOURCE, None
    parameters = [each.strip(' "') for each in (found[2] or "").split(",")]
    named = [each for each in parameters if each.lower() not in _STATE_PARAMETERS]
    return check, clean_name(",".join(named))


def _state(fields: Fields) -> State:
    if fields.text("event_value") == CLEARED:
        return State.CLEARED
    if fields.text("event_update_status") != UPDATED:
        return State.RAISED
    actions = re.split(r"\W+", (fields.text("event_update_action") or "").lower())
    # One message may tell of several acts: a change of severity must be seen.
    is_known = "acknowledged" in actions and "severity" not in actions
    return State.ACKNOWLEDGED if is_known else State.OTHER


def _category(check: str, tags: Fields, title: str) -> str:
    tag = tags.text(_CATEGORY_TAG)
    return category_of(check, tag, title) or clean_name(tag) or "other"


def _severity(fields: Fields) -> Severity:
    number = fields.text("event_nseverity")
    if number is None:
        return _NAMES.get((fields.text("event_severity") or "").lower(), Severity.MEDIUM)
    return _SEVERITIES.get(number, Severity.MEDIUM)


def _measure(fields: Fields) -> Measure:
    """Return the item's last value; the event's name knows the threshold, for good and bad."""
    latest = read_value(fields.text("item_lastvalue"))
    stated = read_sentence(fields.text("event_name"))
    if latest.value is None:
        return stated
    if stated.unit != latest.unit:
        return latest
    return stated._replace(value=latest.value)


def _occurred_at(fields: Fields, directory: Directory, tenant: str) -> datetime | None:
    zone = directory.zone(tenant, SOURCE)
    names = ("event_recovery_date", "event_recovery_time")
    if fields.text("event_value") != CLEARED or fields.text(names[0]) is None:
        names = ("event_date", "event_time")
    return moment_of_text(" ".join(fields.text(name) or "" for name in names), zone)


def _link(fields: Fields, problem: str) -> str | None:
    url, trigger = fields.text("zabbix_url"), fields.text("trigger_id")
    if url is None or trigger is None:
        return None
    return clean_text(f"{url.rstrip('/')}/tr_events.php?triggerid={trigger}&eventid={problem}")
