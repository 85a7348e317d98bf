from __future__ import annotations

import json
from typing import Any

import pytest

from noise.alert import Alert, BadWhen, Severity, State, utc
from noise.directory import Device, Directory
from noise.errors import SourceError
from noise.sources import parse
from tests.factories import delivery, directory

FAILURE = {
    "v": "1",
    "event": "trigger",
    "alert_id": "8001",
    "agent_id": "ajqd",
    "hostname": "WS-183",
    "client_id": "10",
    "client": "Acme",
    "site_id": "91",
    "site": "Head office",
    "kind": "check",
    "severity": "warning",
    "check_id": "57445",
    "check_type": "diskspace",
    "check_name": "Disk Space Check: Drive D: -  Error Threshold: 10%",
    "task": "None",
    "device_class": "workstation",
    "os": "windows",
    "opened_at": "2026-06-01 00:11:55.236482+00:00",
    "resolved_at": "None",
    "message": "WS-183 has a diskspace check that failed.",
}


def read(known: Directory | None = None, tenant: str | None = "acme", **changes: Any) -> Alert:
    sent = delivery(FAILURE | changes, "tactical", tenant)
    (alert,) = parse(sent, known or directory())
    return alert


def test_a_failure_is_raised_with_all_that_it_says() -> None:
    assert read() == Alert(
        event_key="e1",
        alert_key="acme|tactical|8001",
        condition_key="acme|WS-183|diskspace|57445",
        tenant="acme",
        site="Head office",
        device="WS-183",
        device_class="workstation",
        check="diskspace",
        object="D:",
        category="disk",
        severity=Severity.MEDIUM,
        source_severity="warning",
        title="WS-183 has a diskspace check that failed.",
        threshold=10.0,
        unit="%",
        bad_when=BadWhen.BELOW,
        occurred_at=utc(1780272715.236482),
        received_at=utc(1_780_000_000),
        source="tactical",
        labels={
            "kind": "check",
            "os": "windows",
            "check_id": "57445",
            "check_name": "Disk Space Check: Drive D: -  Error Threshold: 10%",
        },
    )


def test_a_resolve_clears_its_failure_at_its_own_time() -> None:
    raised = read()
    cleared = read(
        event="resolve", resolved_at="2026-06-01 01:00:00.000000+00:00", message="All is well."
    )

    assert cleared.state is State.CLEARED
    assert (cleared.alert_key, cleared.condition_key) == (raised.alert_key, raised.condition_key)
    assert cleared.occurred_at == utc(1780275600)


def test_the_next_failure_of_a_check_is_another_alert_of_the_same_condition() -> None:
    first, second = read(), read(alert_id="8002")

    assert first.alert_key != second.alert_key
    assert first.condition_key == second.condition_key


def test_an_agent_that_is_overdue_has_no_check_and_still_a_condition() -> None:
    nothing = dict.fromkeys(("check_id", "check_type", "check_name"), "None")
    alert = read(kind="availability", severity="error", **nothing)

    assert alert.condition_key == "acme|WS-183|availability|"
    assert (alert.category, alert.severity, alert.threshold) == ("availability", "high", None)


def test_quotes_that_the_template_did_not_escape_are_read() -> None:
    job = FAILURE | {"check_type": "script", "check_name": "Script Check: Backup job @WS image@"}
    body = json.dumps(job).replace("@", '"')
    (alert,) = parse(delivery(body, "tactical"), directory())

    assert (alert.check, alert.object) == ("script: Backup job", 'Backup job "WS image"')


@pytest.mark.parametrize(
    ("kind", "name", "check"),
    [
        ("script", "Script Check: RAID health 0", "script: RAID health"),
        ("script", "Script Check: Replication acme.example", "script: Replication"),
        ("script", "Script Check: Queue 5 length", "script: Queue 5 length"),
        ("eventlog", "Event Log Check: Logins (4625) bob", "eventlog: Logins (4625)"),
        ("eventlog", "None", "eventlog"),
        ("winsvc", "Service Check: Print Spooler", "winsvc"),
    ],
)
def test_what_is_told_by_its_name_alone_is_a_check_of_its_own(
    kind: str, name: str, check: str
) -> None:
    assert read(check_type=kind, check_name=name).check == check


def test_a_check_keeps_its_condition_under_another_name() -> None:
    kept = [read(check_type="script", check_name=f"Script Check: {name}") for name in "ab"]

    assert kept[0].condition_key == kept[1].condition_key


def test_an_agent_is_there_or_not_and_other_alerts_without_a_check_are_told_apart() -> None:
    nothing = dict.fromkeys(("check_type", "check_id", "check_name"), "None")
    gone = [read(**nothing, kind="availability", alert_id=number) for number in "12"]
    custom = [read(**nothing, kind="custom", alert_id=number) for number in "12"]

    assert gone[0].condition_key == gone[1].condition_key
    assert custom[0].condition_key != custom[1].condition_key
    assert (gone[0].category, custom[0].category) == ("availability", "other")


@pytest.mark.parametrize(
    ("word", "state"), [("Resolved", "cleared"), ("ok", "cleared"), ("None", "raised")]
)
def test_an_edited_template_may_tell_the_event_in_other_words(word: str, state: str) -> None:
    assert read(event=word).state == state


def test_a_body_that_was_sent_as_one_json_text_is_read() -> None:
    (alert,) = parse(delivery(json.dumps(json.dumps(FAILURE)), "tactical"), directory())

    assert alert == read()


@pytest.mark.parametrize(
    ("name", "thing"),
    [
        ("CPU Load Check -  Error Threshold: 90%", None),
        ("Service Check: Print Spooler", "Print Spooler"),
        ("something else", "something else"),
        ("None", None),
    ],
)
def test_the_description_names_the_thing_without_thresholds(name: str, thing: str | None) -> None:
    assert read(check_name=name).object == thing


def test_a_task_is_the_thing_that_failed() -> None:
    nothing = dict.fromkeys(("check_id", "check_type", "check_name"), "None")

    assert read(kind="task", task="Clean up", **nothing).object == "Clean up"


@pytest.mark.parametrize(
    ("severity", "name", "threshold"),
    [
        ("warning", "Memory Check - Warning Threshold: 80% - Error Threshold: 90%", 80.0),
        ("error", "Memory Check - Warning Threshold: 80% - Error Threshold: 90%", 90.0),
        ("info", "Memory Check - Warning Threshold: 80% - Error Threshold: 90%", None),
        ("error", "Memory Check", None),
    ],
)
def test_the_threshold_is_that_of_the_severity(
    severity: str, name: str, threshold: float | None
) -> None:
    alert = read(severity=severity, check_type="memory", check_name=name)

    assert alert.threshold == threshold
    assert alert.bad_when == (BadWhen.ABOVE if threshold else None)


def test_a_device_is_found_by_its_name() -> None:
    alert = read(directory(Device(name="WS-183", device_class="laptop", site="Berlin")))

    assert (alert.device_class, alert.site) == ("laptop", "Berlin")


def test_the_client_is_found_by_its_id() -> None:
    assert read(directory(ids={"tactical": {"client": 10}}), None).tenant == "acme"


def test_a_test_delivery_is_told_but_is_no_condition() -> None:
    unresolved = {name: f"{{{{alert.{name}}}}}" for name in FAILURE}
    (alert,) = parse(delivery(unresolved, "tactical"), directory())

    assert (alert.state, alert.title) == (State.OTHER, "Test delivery from tactical")


def test_an_unknown_event_changes_nothing() -> None:
    assert read(event="snooze").state is State.OTHER


def test_a_severity_of_another_name_is_medium() -> None:
    assert read(severity="None").severity is Severity.MEDIUM


def test_a_body_without_what_matters_is_refused() -> None:
    with pytest.raises(SourceError, match="alert_id"):
        parse(delivery({"event": "trigger", "hostname": "WS-183"}, "tactical"), directory())
