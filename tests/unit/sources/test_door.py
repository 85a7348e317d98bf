from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noise import sources
from noise.alert import MAX_KEY, MAX_LABELS, MAX_TEXT, Alert
from noise.directory import Directory
from noise.errors import SourceError
from noise.sources import REASONS, SOURCES, DeadLetterReason, Delivery, parse
from noise.sources.payload import MAX_BYTES
from tests.factories import delivery, directory

NAMES = (
    *("check", "title", "device", "metric", "kind", "value", "clock", "episode", "labels"),
    *("event_id", "event_value", "event_name", "event_tags", "item_key", "item_lastvalue"),
    *("trigger_id", "host_id", "host_name", "event_date", "event_time", "zabbix_url"),
    *("alert_id", "agent_id", "hostname", "event", "check_type", "check_name", "severity"),
    *("state", "alert_uid", "alert_type", "alert_message", "platform", "device_os"),
    *("activityType", "statusCode", "sourceName", "subject", "deviceId", "activityTime"),
    *("alerts", "status", "annotations", "summary", "startsAt", "fingerprint", "instance"),
    *("rule", "id", "level", "agent", "name", "data", "syscheck", "path", "timestamp"),
)
WORDS = ("alert", "reset", "raise", "trigger", "CONDITION", "NINJA_BACKUP", "RESET", "TEST", "1")
LEAVES = st.none() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=20)
FLAT = st.dictionaries(st.sampled_from(NAMES), LEAVES, max_size=10)
OBJECTS = st.dictionaries(
    st.sampled_from(NAMES), LEAVES | FLAT | st.lists(FLAT, max_size=2), max_size=10
)
BODIES = st.binary(max_size=100) | st.text(max_size=100).map(str.encode)


@settings(max_examples=300, deadline=None)
@given(source=st.sampled_from(tuple(SOURCES)), body=BODIES | OBJECTS.map(msgspec.json.encode))
def test_any_bytes_are_alerts_that_can_be_written_or_refused_with_a_reason(
    source: str, body: bytes
) -> None:
    try:
        alerts = parse(delivery(body, source, event=None), directory())
    except SourceError as exc:
        refused = exc.reason
    else:
        refused = None
        assert alerts
        for alert in alerts:
            assert msgspec.json.decode(msgspec.json.encode(alert), type=Alert) == alert
            assert max(map(len, (alert.event_key, alert.alert_key, alert.condition_key))) <= MAX_KEY
            assert 0 < len(alert.title) <= MAX_TEXT
            assert len(alert.labels) <= MAX_LABELS
    assert refused in (None, *(set(REASONS) - {DeadLetterReason.UNREADABLE}))


def test_a_delivery_without_a_source_is_canonical() -> None:
    (alert,) = parse(delivery({"check": "disk", "title": "full"}), directory())

    assert alert.source == "canonical"


@pytest.mark.parametrize(
    ("body", "source", "reason"),
    [
        (b"", "zabbix", DeadLetterReason.EMPTY),
        (b" \n", "zabbix", DeadLetterReason.EMPTY),
        (b"x" * (MAX_BYTES + 1), "zabbix", DeadLetterReason.TOO_LARGE),
        (b"{}", "nagios", DeadLetterReason.UNKNOWN_SOURCE),
        (b'{"alerts": []}', "alertmanager", DeadLetterReason.EMPTY),
        (b"[" * 100, "zabbix", DeadLetterReason.TOO_DEEP),
    ],
)
def test_what_is_no_alert_is_refused_with_its_reason(
    body: bytes, source: str | None, reason: DeadLetterReason
) -> None:
    with pytest.raises(SourceError) as refused:
        parse(delivery(body, source), directory())

    assert refused.value.reason == reason


def test_a_parser_that_fails_costs_its_own_delivery_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(delivery: Delivery, directory: Directory) -> list[Alert]:
        raise KeyError("oops")

    monkeypatch.setitem(sources.SOURCES, "broken", broken)

    with pytest.raises(SourceError, match="KeyError") as refused:
        parse(delivery("x", "broken"), directory())
    assert refused.value.reason == DeadLetterReason.UNREADABLE
