from __future__ import annotations

from typing import Any

import pytest

from noise.alert import Alert, BadWhen, Severity, State, utc
from noise.directory import Device
from noise.errors import SourceError
from noise.sources import parse
from tests.factories import delivery, directory

RECORD = {
    "device": "ec2-1",
    "metric": "cpu",
    "kind": "alert",
    "tenant": "nab",
    "clock": 1642992045,
    "cls": "server",
    "type": "cpu:high_warning",
    "sev": 1,
    "value": 91.5,
    "threshold": 90.0,
    "episode": 7,
}


def read(*devices: Device, tenant: str | None = None, **changes: Any) -> Alert:
    sent = delivery(RECORD | changes, "rmm-nab", tenant)
    (alert,) = parse(sent, directory(*devices, tenant="nab"))
    return alert


def test_an_alert_is_raised_with_all_that_it_says() -> None:
    assert read() == Alert(
        event_key="e1",
        alert_key="nab|ec2-1|cpu|#7",
        condition_key="nab|ec2-1|cpu|",
        tenant="nab",
        device="ec2-1",
        device_class="server",
        check="cpu",
        category="cpu",
        severity=Severity.MEDIUM,
        source_severity="warning",
        title="cpu high warning on ec2-1",
        value=91.5,
        threshold=90.0,
        unit="%",
        bad_when=BadWhen.ABOVE,
        occurred_at=utc(1642992045),
        received_at=utc(1_780_000_000),
        source="rmm-nab",
        labels={"rule": "high_warning"},
    )


def test_a_reset_clears_what_its_episode_raised_under_whichever_rule() -> None:
    raised, cleared = read(), read(kind="reset", type="cpu:low_critical", sev=2)

    assert cleared.state is State.CLEARED
    assert (cleared.alert_key, cleared.condition_key) == (raised.alert_key, raised.condition_key)
    assert cleared.title == "cpu is back to normal on ec2-1"
    assert (cleared.severity, cleared.bad_when) == (Severity.HIGH, BadWhen.BELOW)


def test_without_an_episode_the_condition_pairs_them() -> None:
    assert read(episode=None).alert_key == "nab|ec2-1|cpu|"


def test_a_rule_that_says_nothing_is_no_guess() -> None:
    alert = read(type=None, sev=None, metric="mood")

    assert (alert.severity, alert.source_severity, alert.bad_when) == ("low", None, None)
    assert (alert.category, alert.unit, alert.labels) == ("other", None, {})


def test_the_directory_and_the_header_come_first() -> None:
    known = Device(name="EC2-1", device_class="cloud", site="Berlin")

    assert (read(known).device_class, read(known).site) == ("cloud", "Berlin")
    assert read(tenant="other").tenant == "other"


@pytest.mark.parametrize(
    ("changes", "where"),
    [({"device": ""}, "device"), ({"metric": " "}, "metric"), ({"kind": "odd"}, r"\$.kind")],
)
def test_the_place_that_is_wrong_is_named(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(SourceError, match=where):
        read(**changes)


def test_a_long_record_is_read_like_any_other() -> None:
    record = {"device": "x" * 3_000, "metric": "cpu", "kind": "alert"}
    (alert,) = parse(delivery(record, "rmm-nab"), directory())

    assert (alert.device or "").startswith("xxx")
