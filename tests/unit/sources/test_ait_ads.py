from __future__ import annotations

import pytest

from noise.alert import Alert, Severity, utc
from noise.directory import Device
from noise.errors import SourceError
from noise.sources import DeadLetterReason, parse
from tests.factories import delivery, directory

ROW = "1642992045.0,Wazuh: Web server 400 error code.,192.168.1.2,mail,W-Acc-400"


def read(row: object, *devices: Device) -> Alert:
    (alert,) = parse(delivery(row, "ait-ads"), directory(*devices))
    return alert


def test_a_row_is_a_raise_of_one_rule_on_one_host() -> None:
    assert read(ROW) == Alert(
        event_key="e1",
        alert_key="acme|mail|Wazuh: Web server 400 error code.|",
        condition_key="acme|mail|Wazuh: Web server 400 error code.|",
        tenant="acme",
        device="mail",
        check="Wazuh: Web server 400 error code.",
        category="security",
        severity=Severity.LOW,
        title="Wazuh: Web server 400 error code. on mail",
        occurred_at=utc(1642992045),
        received_at=utc(1_780_000_000),
        source="ait-ads",
        labels={"tool": "Wazuh", "ip": "192.168.1.2", "rule": "W-Acc-400"},
    )


@pytest.mark.parametrize(
    "row",
    [
        ROW + ",false_positive,benign",
        ROW.replace("Wazuh: Web server 400 error code.", '"Wazuh: Web server 400 error code."'),
        {
            "time": 1642992045,
            "name": "Wazuh: Web server 400 error code.",
            "ip": "192.168.1.2",
            "host": "mail",
            "short": "W-Acc-400",
        },
    ],
)
def test_truth_quotes_and_an_object_make_no_difference(row: object) -> None:
    assert read(row) == read(ROW)


def test_commas_that_nobody_quoted_belong_to_the_name() -> None:
    assert read("1642992045,AMiner: a, b, and c,1.2.3.4,mail,A").check == "AMiner: a, b, and c"


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("Wazuh: Multiple authentication failures.", "medium"),
        ("Wazuh: sshd brute force", "medium"),
        ("Suricata: Alert - SURICATA TLS invalid record", "info"),
        ("Suricata: Alert - ET POLICY curl", "low"),
        ("Suricata: Alert - ET SCAN", "medium"),
        ("AMiner: New event type.", "medium"),
    ],
)
def test_the_severity_is_what_the_tools_say_of_such_rules(name: str, severity: str) -> None:
    assert read(f"1642992045,{name},1.2.3.4,mail,S").severity == severity


def test_load_on_a_processor_is_no_matter_of_security() -> None:
    assert read("1642992045,AMiner: CPU load.,1.2.3.4,mail,S").category == "cpu"


def test_the_directory_knows_site_and_class() -> None:
    alert = read(ROW, Device(name="mail", device_class="server", site="Berlin"))

    assert (alert.device_class, alert.site) == ("server", "Berlin")


@pytest.mark.parametrize(
    "row",
    ["time,name,ip,host,short", "1,2,3", "1,,3,mail,5", "1,name,3,,5", '{"name": "x"}', '\r"'],
)
def test_a_row_without_name_or_host_is_refused(row: str) -> None:
    with pytest.raises(SourceError) as refused:
        read(row)

    assert refused.value.reason == DeadLetterReason.WRONG_SHAPE


def test_a_long_row_is_read_like_any_other() -> None:
    row = f"1642760000,{'x' * 3_000},10.0.0.1,web,y"
    (alert,) = parse(delivery(row, "ait-ads"), directory())

    assert alert.check.startswith("xxx")
