from __future__ import annotations

from typing import Any

import pytest

from noise.alert import Alert, BadWhen, Severity, State, utc
from noise.directory import Device, Directory
from noise.errors import SourceError
from noise.sources import DeadLetterReason, parse
from tests.factories import delivery, directory

LABELS = {
    "alertname": "HostDiskSpaceLow",
    "customer": "acme",
    "instance": "APP01:9182",
    "host": "APP01",
    "device_class": "server",
    "job": "windows",
    "severity": "warning",
    "site": "Head office",
    "resource": "D:",
}
MEMBER = {
    "status": "firing",
    "labels": LABELS,
    "annotations": {
        "summary": "Disk volume D: free space is 9.4%, below 10%",
        "description": "storage on APP01",
        "value": "9.3941",
    },
    "startsAt": "2026-06-01T00:23:26.500Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus.example/graph",
    "fingerprint": "2e16",
}
RESOLVED = {"status": "resolved", "endsAt": "2026-06-01T01:00:00Z"}


def group(*members: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"version": "4", "status": "firing", "alerts": list(members), **changes}


def read(known: Directory | None = None, tenant: str | None = "acme", **changes: Any) -> Alert:
    (alert,) = parse(
        delivery(group(MEMBER | changes), "alertmanager", tenant), known or directory()
    )
    return alert


def labelled(**labels: Any) -> Alert:
    return read(labels=LABELS | labels)


def test_a_member_that_fires_is_raised_with_all_that_it_says() -> None:
    assert read() == Alert(
        event_key="e1#0",
        alert_key="acme|alertmanager|2e16|2026-06-01T00:23:26.500Z",
        condition_key="acme|APP01|HostDiskSpaceLow|resource=D:",
        tenant="acme",
        site="Head office",
        device="APP01",
        device_class="server",
        check="HostDiskSpaceLow",
        object="D:",
        category="disk",
        severity=Severity.MEDIUM,
        source_severity="warning",
        title="Disk volume D: free space is 9.4%, below 10%",
        message="storage on APP01",
        value=9.3941,
        threshold=10.0,
        unit="%",
        bad_when=BadWhen.BELOW,
        occurred_at=utc(1780273406.5),
        received_at=utc(1_780_000_000),
        source="alertmanager",
        link="http://prometheus.example/graph",
        labels=LABELS,
    )


def test_a_member_that_is_resolved_clears_and_has_no_value_any_more() -> None:
    raised, cleared = read(), read(**RESOLVED)

    assert cleared.state is State.CLEARED
    assert (cleared.alert_key, cleared.condition_key) == (raised.alert_key, raised.condition_key)
    assert (cleared.value, cleared.bad_when) == (None, BadWhen.BELOW)
    assert cleared.occurred_at == utc(1780275600)


def test_members_are_numbered_and_say_themselves_whether_they_fire() -> None:
    body = group(MEMBER | RESOLVED, MEMBER, status="firing")
    alerts = parse(delivery(body, "alertmanager"), directory())

    assert [(each.event_key, each.state) for each in alerts] == [
        ("e1#0", State.CLEARED),
        ("e1#1", State.RAISED),
    ]


def test_another_severity_is_the_same_condition() -> None:
    assert labelled(severity="critical").condition_key == read().condition_key


def test_any_other_label_makes_another_condition() -> None:
    keys = {labelled(cpu=str(cpu)).condition_key for cpu in range(3)}

    assert len(keys) == 3


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("Critical", "critical"),
        ("high", "high"),
        ("info", "low"),
        ("none", "info"),
        ("P3", "medium"),
    ],
)
def test_usual_words_are_severities_and_others_are_medium(word: str, severity: str) -> None:
    alert = labelled(severity=word)

    assert (alert.severity, alert.source_severity) == (severity, word)


def test_a_host_is_taken_from_the_instance_without_its_port() -> None:
    labels = {name: text for name, text in LABELS.items() if name != "host"}
    known = directory(Device(name="app01", site="Berlin"))
    alert = read(known, labels=labels)

    assert (alert.device, alert.site) == ("app01", "Berlin")


def test_a_value_without_a_sentence_stands_alone() -> None:
    alert = read(annotations={"value": "3"})

    assert (alert.value, alert.threshold, alert.title) == (3.0, None, "HostDiskSpaceLow")


def test_a_sentence_gives_the_value_if_nothing_else_does() -> None:
    assert read(annotations={"summary": "CPU is 95%, above 90%"}).value == 95.0


def test_a_member_that_says_nearly_nothing_is_still_an_alert() -> None:
    (alert,) = parse(delivery(group({}), "alertmanager"), directory())

    assert (alert.state, alert.check, alert.device) == (State.OTHER, "alertmanager", None)
    assert alert.alert_key == alert.condition_key


@pytest.mark.parametrize("ids", [{}, {"alertmanager": {"customer": "acme"}}])
def test_a_label_names_the_client_when_no_header_does(ids: dict[str, Any]) -> None:
    assert read(directory(ids=ids), None).tenant == "acme"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (group(), DeadLetterReason.EMPTY),
        ({"alerts": {}}, DeadLetterReason.WRONG_SHAPE),
        ({"alerts": [1]}, DeadLetterReason.WRONG_SHAPE),
    ],
)
def test_a_group_without_members_is_refused(body: Any, reason: DeadLetterReason) -> None:
    with pytest.raises(SourceError) as refused:
        parse(delivery(body, "alertmanager"), directory())

    assert refused.value.reason == reason


def test_the_clear_of_an_occurrence_is_not_that_of_the_next_one() -> None:
    first, clear = read(), read(status="resolved", endsAt="2026-06-01T01:00:00Z")
    second = read(startsAt="2026-06-01T00:59:00Z")

    assert clear.alert_key == first.alert_key != second.alert_key
    assert clear.condition_key == second.condition_key


def test_the_labels_stand_for_an_occurrence_whose_start_is_unknown() -> None:
    assert read(startsAt=None).alert_key == "acme|alertmanager|2e16"
