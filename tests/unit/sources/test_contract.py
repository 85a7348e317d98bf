"""What every source promises, whatever it is given."""

from __future__ import annotations

import string
import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noise.alert import MAX_KEY, MAX_LABELS, MAX_TEXT, Alert
from noise.directory import Directory
from noise.errors import SourceError
from noise.sources import REASONS, SOURCES, DeadLetterReason, Delivery, parse
from tests.factories import delivery, directory

NAMES = {
    "canonical": "schema event_key alert_key condition_key tenant site device device_class check "
    "object category severity source_severity state title message value threshold unit bad_when "
    "occurred_at received_at source link labels",
    "ninjaone": "id activityTime deviceId seriesUid activityType statusCode status sourceConfigUid "
    "sourceName subject severity priority message type activityResult organizationId organization "
    "location device",
    "datto": "state event alert_uid alert_type alert_category alert_priority alert_message "
    "device_uid device_id device_hostname device_os last_user site_uid site_id site_name platform",
    "tactical": "v event alert_id agent_id hostname client_id client site kind severity check_id "
    "check_type check_name task device_class os opened_at resolved_at message",
    "zabbix": "event_id event_recovery_id event_value event_update_status event_update_action "
    "event_ack_status event_nseverity event_severity event_name event_date event_time "
    "event_recovery_date event_recovery_time event_tags trigger_id host_groups host_id host_host "
    "host_name host_ip item_key item_lastvalue zabbix_url",
    "alertmanager": "version alerts truncatedAlerts status labels annotations startsAt endsAt "
    "generatorURL fingerprint",
    "wazuh": "timestamp rule agent manager agentless predecoder location full_log syscheck data",
    "ait-ads": "time name ip host short",
    "rmm-nab": "device metric kind tenant clock cls type sev value threshold episode",
}
INNER = (
    "id", "name", "systemName", "nodeClass", "organizationId", "level", "description", "groups",
    "host", "hostname", "alertname", "severity", "instance", "summary", "value", "path", "win",
    "eventdata", "targetUserName", "status", "labels",
)  # fmt: skip
WORDS = (
    "TRIGGERED", "RESET", "TEST", "CONDITION", "NINJA_BACKUP", "_FAILED", "resolve", "resolved",
    "trigger", "firing", "reset", "alert", "[alert_uid]", "{{alert.id}}", "{EVENT.ID}", "None",
    "*UNKNOWN*", "0", "1", "Yes", "acknowledged", "high", "diskspace", "script", "availability",
    "Script Check: Backup job \"x\"", "Disk volume C: free space is 9.6%, below 10%",
    "2026-06-01T00:00:00Z", "2026.06.01", "01:02:03", "1780272000", "9" * 400, "1e999", "x" * 6_000,
    '[{"tag": "client", "value": "acme"}]', "a|b|c|d", "\ud800", "\x00", "\n", "vfs.fs[C:,x]",
)  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
    st.text(max_size=40),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(INNER), inner, max_size=5)
    ),
    max_leaves=12,
)


def bodies(source: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(NAMES[source].split()), VALUES, max_size=12)


def written(value: Any) -> bytes:
    """JSON as a careless sender writes it: lone surrogates and large numbers pass."""
    if isinstance(value, dict):
        pairs = (b"%b:%b" % (written(name), written(each)) for name, each in value.items())
        return b"{" + b",".join(pairs) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(written, value)) + b"]"
    if isinstance(value, str) and "\ud800" in value:
        return b'"\\ud800"'
    return (
        str(value).encode()
        if isinstance(value, int) and not isinstance(value, bool)
        else (msgspec.json.encode(value))
    )


def check(
    source: str, body: bytes, tenant: str | None, event_key: str | None, known: Directory
) -> None:
    one = delivery(body, source, tenant, event_key)
    outcome = outcome_of(one, known)
    if isinstance(outcome, SourceError):
        assert outcome.reason in REASONS
        assert outcome.reason != DeadLetterReason.UNREADABLE, outcome
        return
    assert outcome
    assert outcome == outcome_of(one, known)  # reading twice gives the same
    for alert in outcome:
        check_alert(alert)
    assert len({alert.event_key for alert in outcome}) == len(outcome)


def outcome_of(one: Delivery, known: Directory) -> list[Alert] | SourceError:
    try:
        return parse(one, known)
    except SourceError as refused:
        return refused


def check_alert(alert: Alert) -> None:
    assert msgspec.json.decode(msgspec.json.encode(alert), type=Alert) == alert
    for key in (alert.event_key, alert.alert_key, alert.condition_key, alert.tenant, alert.check):
        assert 0 < len(key) <= MAX_KEY
        assert not {unicodedata.category(each) for each in key} & {"Cc", "Cs", "Zl", "Zp"}
    assert 0 < len(alert.title) <= MAX_TEXT
    assert len(alert.message or "") <= MAX_TEXT
    assert len(alert.labels) <= MAX_LABELS
    for name in (alert.device, alert.site, alert.object, alert.device_class, alert.category):
        assert name is None or 0 < len(name) <= MAX_KEY


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=50)
@given(body=st.binary(max_size=200), tenant=st.none() | st.text(max_size=600))
def test_any_bytes_give_alerts_or_a_reason(source, body, tenant):
    check(source, body, tenant, None, Directory())


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=80)
@given(data=st.data(), tenant=st.sampled_from(["acme", None]), key=st.none() | st.text())
def test_any_values_in_known_fields_give_alerts_or_a_reason(source, data, tenant, key):
    body = written(data.draw(bodies(source)))

    check(source, body, tenant, key, directory(time_zone="Europe/Berlin"))


@given(members=st.lists(bodies("alertmanager"), max_size=4))
def test_any_members_of_a_batch_are_numbered(members):
    check("alertmanager", written({"alerts": members}), "acme", "e1", Directory())


@pytest.mark.parametrize("source", ["datto", "tactical"])
@given(
    values=st.dictionaries(
        st.sampled_from(NAMES["datto"].split() + NAMES["tactical"].split()),
        st.text(string.printable + "\u00fc"),
        max_size=8,
    )
)
def test_any_texts_pasted_into_a_template_give_alerts_or_a_reason(source, values):
    pairs = ",".join(f'"{name}":"{value}"' for name, value in values.items())

    check(source, ("{" + pairs + "}").encode(), "acme", None, Directory())
