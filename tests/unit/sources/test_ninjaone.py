from __future__ import annotations

from typing import Any

import pytest

from noise.alert import Alert, BadWhen, Severity, State, utc
from noise.directory import Device, Directory
from noise.errors import SourceError
from noise.sources import parse
from tests.factories import delivery, directory

DEVICE = {
    "id": 5021,
    "nodeClass": "WINDOWS_WORKSTATION",
    "systemName": "LT-012",
    "displayName": "Laptop of Tess",
    "dnsName": "lt-012.acme.example",
}
TRIGGER = {
    "id": 410000445,
    "activityTime": 1780322376.098386,
    "deviceId": 5021,
    "seriesUid": "cdbc",
    "activityType": "CONDITION",
    "statusCode": "TRIGGERED",
    "status": "Triggered",
    "sourceConfigUid": "4b20",
    "sourceName": "CPU > threshold",
    "subject": "CPU > threshold",
    "severity": "MODERATE",
    "priority": "MEDIUM",
    "message": "CPU utilization is 100%, above 90% for 5 minutes",
    "type": "Condition",
    "device": DEVICE,
}
BACKUP = {
    "activityType": "NINJA_BACKUP",
    "statusCode": "NINJA_BACKUP_BACKUPJOB_FAILED",
    "sourceName": "Backup job failed",
    "subject": "DC01 image",
    "message": 'Backup job "DC01 image" failed',
    "activityResult": "FAILURE",
}


def read(known: Directory | None = None, tenant: str | None = "acme", **changes: Any) -> Alert:
    sent = delivery(TRIGGER | changes, "ninjaone", tenant)
    (alert,) = parse(sent, known or directory())
    return alert


def test_a_condition_is_raised_with_all_that_it_says() -> None:
    assert read(location={"id": 1, "name": "Head office"}) == Alert(
        event_key="e1",
        alert_key="acme|ninjaone|cdbc",
        condition_key="acme|LT-012|4b20|",
        tenant="acme",
        site="Head office",
        device="LT-012",
        device_class="workstation",
        check="CPU > threshold",
        category="performance",
        severity=Severity.MEDIUM,
        source_severity="MODERATE",
        title="CPU utilization is 100%, above 90% for 5 minutes",
        value=100.0,
        threshold=90.0,
        unit="%",
        bad_when=BadWhen.ABOVE,
        occurred_at=utc(1780322376.098386),
        received_at=utc(1_780_000_000),
        source="ninjaone",
        labels={
            "activity": "CONDITION",
            "priority": "MEDIUM",
            "node_class": "WINDOWS_WORKSTATION",
        },
    )


@pytest.mark.parametrize(
    "code", ["RESET", "RESET_BY_PSA_TICKET_CALLBACK", "CUSTOM_HEALTH_STATUS_RESET"]
)
def test_a_reset_clears_its_condition_in_whatever_words(code: str) -> None:
    raised = read()
    cleared = read(id=2, statusCode=code, message="CPU-Auslastung ist 40%")

    assert cleared.state is State.CLEARED
    assert (cleared.alert_key, cleared.condition_key) == (raised.alert_key, raised.condition_key)


def test_a_reset_knows_on_which_side_of_the_threshold_trouble_lies() -> None:
    cleared = read(statusCode="RESET", message="CPU utilization is 39%, back below 90%")

    assert (cleared.value, cleared.bad_when) == (39.0, BadWhen.ABOVE)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("ACKNOWLEDGED", State.ACKNOWLEDGED),
        ("DISABLED", State.OTHER),
        ("EVALUATION_FAILURE", State.OTHER),
    ],
)
def test_other_turns_of_a_condition_are_no_clear(code: str, state: State) -> None:
    assert read(statusCode=code).state is state


def test_the_words_of_the_status_stand_for_a_missing_code() -> None:
    assert read(statusCode=None, status="Reset").state is State.CLEARED


def test_one_condition_on_two_volumes_is_two_conditions() -> None:
    c, d = read(subject="C:"), read(subject="D:")

    assert (c.object, d.object) == ("C:", "D:")
    assert c.condition_key != d.condition_key


def test_a_condition_keeps_its_key_when_its_policy_gets_another_name() -> None:
    renamed = read(sourceName="Prozessor", subject="Prozessor")

    assert renamed.condition_key == read().condition_key


def test_a_condition_without_ids_is_known_by_its_name() -> None:
    alert = read(sourceConfigUid=None, seriesUid=None)

    assert alert.alert_key == alert.condition_key == "acme|LT-012|CPU > threshold|"


def test_a_failed_backup_is_over_when_the_same_job_completes_in_another_series() -> None:
    failed = read(**BACKUP, seriesUid="one")
    done = read(
        **BACKUP | {"statusCode": "NINJA_BACKUP_BACKUPJOB_COMPLETED", "message": "Fertig"},
        seriesUid="two",
    )

    assert (failed.state, done.state) == (State.RAISED, State.CLEARED)
    assert (done.alert_key, done.condition_key) == (failed.alert_key, failed.condition_key)
    assert (failed.category, failed.object) == ("backup", "DC01 image")


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("NINJA_BACKUP_BACKUPJOB_COMPLETED_WITH_WARNING", State.RAISED),
        ("SHADOWPROTECT_BACKUPJOB_ABORTED", State.RAISED),
        ("NINJA_BACKUP_BACKUPJOB_STARTED", State.OTHER),
    ],
)
def test_a_backup_job_is_judged_by_how_it_ended(code: str, state: State) -> None:
    assert read(**BACKUP | {"statusCode": code}).state is state


def test_jobs_on_one_device_are_conditions_of_their_own() -> None:
    other = read(**BACKUP | {"subject": "SQL"})

    assert read(**BACKUP).condition_key != other.condition_key


def test_an_activity_that_is_no_condition_is_for_information() -> None:
    alert = read(
        activityType="SYSTEM", statusCode="USER_LOGGED_IN", sourceName="Activity", severity="NONE"
    )

    assert (alert.severity, alert.state) == (Severity.INFO, State.OTHER)
    assert alert.category == "activity"
    assert alert.condition_key == "acme|LT-012|SYSTEM.USER_LOGGED_IN|"


@pytest.mark.parametrize(
    ("word", "severity"),
    [("CRITICAL", "critical"), ("MAJOR", "high"), ("MINOR", "low"), ("NONE", "info"),
     ("DIRE", "medium")],
)  # fmt: skip
def test_the_word_is_the_severity(word: str, severity: str) -> None:
    alert = read(severity=word, priority="NONE")

    assert (alert.severity, alert.source_severity) == (severity, word)


def test_the_directory_knows_the_device_by_its_id() -> None:
    device = Device(name="LT12", device_class="laptop", site="Berlin", ids={"ninjaone": 5021})
    alert = read(directory(device), device=None)

    assert (alert.device, alert.device_class, alert.site) == ("LT12", "laptop", "Berlin")


def test_a_device_of_which_only_the_id_is_known_is_called_by_it() -> None:
    assert read(device=None).device == "5021"


@pytest.mark.parametrize(
    "said",
    [
        {"organizationId": 17},
        {"device": DEVICE | {"organizationId": 17}},
        {"organization": {"id": 17}},
    ],
)
def test_the_organization_is_the_client_wherever_it_stands(said: dict[str, Any]) -> None:
    known = directory(ids={"ninjaone": {"organization": 17}})

    assert read(known, None, **said).tenant == "acme"


def test_a_test_message_is_told_but_is_no_condition() -> None:
    alert = read(activityType="SYSTEM", statusCode="TEST", deviceId=None, device=None)

    assert (alert.state, alert.title) == (State.OTHER, "Test delivery from ninjaone")


def test_a_condition_left_without_severity_takes_its_priority() -> None:
    assert read(severity="NONE", priority="HIGH").severity is Severity.HIGH
    assert read(activityType="SYSTEM", severity="NONE", priority="HIGH").severity is Severity.INFO


def test_the_code_may_stand_where_the_words_belong() -> None:
    assert read(statusCode="CONDITION_AGENT_CPU", status="RESET").state is State.CLEARED
    assert read(activityType="MDM", statusCode="LOCKED", status="Reset").state is State.OTHER


def test_an_activity_that_failed_is_raised() -> None:
    failed = read(activityType="PATCH_MANAGEMENT", statusCode="X", activityResult="FAILURE")

    assert (failed.state, failed.category) == (State.RAISED, "update")


def test_a_condition_is_known_by_its_code_and_nothing_else_is_refused_but_silence() -> None:
    assert read(activityType=None).condition_key == read().condition_key
    with pytest.raises(SourceError, match="activityType"):
        read(activityType=None, statusCode=None, status=None)


def test_a_condition_of_which_nothing_is_said_is_shown_under_its_kind() -> None:
    (bare,) = parse(delivery({"statusCode": "TRIGGERED"}, "ninjaone"), Directory())

    assert (bare.check, bare.title, bare.state) == ("CONDITION", "CONDITION", State.RAISED)
