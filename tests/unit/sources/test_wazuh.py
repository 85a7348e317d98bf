from __future__ import annotations

from typing import Any

import pytest

from noise.alert import Alert, Severity, State, utc
from noise.directory import Device, Directory
from noise.errors import SourceError
from noise.sources import parse
from tests.factories import delivery, directory

RULE = {
    "level": 10,
    "description": "Multiple Windows logon failures",
    "id": "60204",
    "firedtimes": 3,
    "groups": ["windows", "authentication_failures"],
    "mitre": {"id": ["T1110"]},
}
FIRED = {
    "timestamp": "2026-06-01T08:52:19.500+0000",
    "rule": RULE,
    "agent": {"id": "005", "name": "MAIL01", "ip": "10.0.0.6"},
    "manager": {"name": "wazuh-manager"},
    "id": "1780303939.76309424",
    "location": "EventChannel",
    "full_log": "6 failed logins for account bjones within 5 minutes",
    "data": {"win": {"eventdata": {"targetUserName": "bjones"}}},
}


def read(known: Directory | None = None, tenant: str | None = "acme", **changes: Any) -> Alert:
    (alert,) = parse(delivery(FIRED | changes, "wazuh", tenant), known or directory())
    return alert


def test_a_rule_that_fired_is_raised_with_all_that_it_says() -> None:
    assert read() == Alert(
        event_key="e1",
        alert_key="acme|MAIL01|rule 60204|bjones",
        condition_key="acme|MAIL01|rule 60204|bjones",
        tenant="acme",
        device="MAIL01",
        check="rule 60204",
        object="bjones",
        category="security",
        severity=Severity.MEDIUM,
        source_severity="10",
        state=State.RAISED,
        title="Multiple Windows logon failures",
        message="6 failed logins for account bjones within 5 minutes",
        occurred_at=utc(1780303939.5),
        received_at=utc(1_780_000_000),
        source="wazuh",
        labels={
            "rule": "60204",
            "groups": "windows,authentication_failures",
            "mitre": "T1110",
            "ip": "10.0.0.6",
            "location": "EventChannel",
            "manager": "wazuh-manager",
            "id": "1780303939.76309424",
        },
    )


def test_a_repeat_is_the_same_alert_in_whatever_words() -> None:
    again = read(id="2.2", rule=RULE | {"firedtimes": 9, "description": "Other words"})

    assert again.alert_key == read().alert_key


@pytest.mark.parametrize(
    ("level", "severity"),
    [(16, "critical"), (12, "high"), (7, "medium"), (3, "low"), (0, "info"), (None, "medium")],
)
def test_the_level_is_the_severity(level: int | None, severity: str) -> None:
    assert read(rule=RULE | {"level": level}).severity == severity


@pytest.mark.parametrize(
    ("said", "thing"),
    [
        ({"syscheck": {"path": "C:/hosts"}}, "C:/hosts"),
        ({"data": {"dstuser": "root"}}, "root"),
        ({"data": {}}, None),
    ],
)
def test_the_file_or_the_account_is_the_thing(said: dict[str, Any], thing: str | None) -> None:
    assert read(**said).object == thing


def test_a_device_that_has_no_agent_is_the_one_that_is_watched() -> None:
    assert read(agentless={"host": "fw1"}).device == "fw1"


def test_the_manager_is_not_the_device_whose_logs_it_was_sent() -> None:
    manager, log = {"id": "000", "name": "wazuh-manager"}, {"hostname": "fw1"}

    assert read(agent=manager, predecoder=log).device == "fw1"
    assert read(agent=manager).device == "wazuh-manager"
    assert read(predecoder=log).device == read().device


def test_two_weaknesses_of_one_agent_are_two_conditions() -> None:
    found = [
        read(syscheck=None, data={"vulnerability": {"cve": f"CVE-2026-{number}"}})
        for number in (1, 2)
    ]

    assert found[0].object == "CVE-2026-1"
    assert found[0].condition_key != found[1].condition_key


def test_the_directory_knows_the_device_by_its_name() -> None:
    alert = read(directory(Device(name="MAIL01", device_class="server", site="Berlin")))

    assert (alert.device_class, alert.site) == ("server", "Berlin")


def test_a_label_of_the_agent_names_the_client_when_no_header_does() -> None:
    assert read(tenant=None, agent={"id": "1", "labels": {"customer": "acme"}}).tenant == "acme"


def test_an_alert_of_no_rule_is_refused() -> None:
    with pytest.raises(SourceError, match=r"rule"):
        read(rule={})
