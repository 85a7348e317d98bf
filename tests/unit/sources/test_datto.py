from __future__ import annotations

import json
from typing import Any

import pytest

from noise.alert import Alert, BadWhen, Severity, State, utc
from noise.directory import Device, Directory
from noise.errors import SourceError
from noise.sources import parse
from tests.factories import delivery, directory

RAISE = {
    "state": "raise",
    "alert_uid": "a9c0",
    "alert_type": "Disk Usage Monitor",
    "alert_category": "Storage",
    "alert_priority": "Moderate",
    "alert_message": "Disk volume C: free space is 9.7%, below 10%",
    "device_uid": "5272",
    "device_id": "9050",
    "device_hostname": "WS-034",
    "device_description": "Reception",
    "device_os": "Microsoft Windows 11 Pro",
    "device_ip": "10.0.0.52",
    "last_user": "gsmith",
    "site_uid": "82b6",
    "site_id": "508",
    "site_name": "Acme",
    "platform": "concord",
}


def read(known: Directory | None = None, tenant: str | None = "acme", **changes: Any) -> Alert:
    sent = delivery(RAISE | changes, "datto", tenant)
    (alert,) = parse(sent, known or directory())
    return alert


def test_an_alert_is_raised_with_all_that_it_says() -> None:
    assert read() == Alert(
        event_key="e1",
        alert_key="acme|datto|a9c0",
        condition_key="acme|WS-034|Disk Usage Monitor: Storage|C: Moderate",
        tenant="acme",
        device="WS-034",
        device_class="workstation",
        check="Disk Usage Monitor: Storage",
        object="C:",
        category="disk",
        severity=Severity.MEDIUM,
        source_severity="Moderate",
        title="Disk volume C: free space is 9.7%, below 10%",
        value=9.7,
        threshold=10.0,
        unit="%",
        bad_when=BadWhen.BELOW,
        received_at=utc(1_780_000_000),
        source="datto",
        link="https://concord.rmm.datto.com/alert/a9c0",
        labels={"ip": "10.0.0.52", "os": "Microsoft Windows 11 Pro"},
    )


def test_a_resolve_clears_its_raise_and_means_the_same_side_of_the_threshold() -> None:
    raised = read()
    cleared = read(state="resolve", alert_message="Disk volume C: free space is 10.4%, above 10%")

    assert cleared.state is State.CLEARED
    assert (cleared.alert_key, cleared.condition_key) == (raised.alert_key, raised.condition_key)
    assert (cleared.value, cleared.bad_when) == (10.4, BadWhen.BELOW)


def test_alerts_about_nothing_known_are_not_taken_for_one_another() -> None:
    kind = {"alert_type": "SNMP Monitor", "alert_category": "Power"}
    raised = read(**kind, alert_message="Wer weiss")
    other = read(**kind, alert_message="Wer weiss", alert_uid="b1")
    clear = read(**kind, alert_message="Alles gut", state="resolve")

    assert (raised.object, raised.category) == (None, "hardware")
    assert raised.condition_key != other.condition_key
    assert (clear.alert_key, clear.condition_key) == (raised.alert_key, raised.condition_key)


def test_a_device_is_online_or_not_whatever_the_message_says() -> None:
    gone = read(alert_type="Online Status Monitor", alert_message="weg")
    again = read(alert_type="Online Status Monitor", alert_message="fort", alert_uid="b1")

    assert gone.condition_key == again.condition_key


def test_two_monitors_of_one_volume_have_two_priorities() -> None:
    assert read(alert_priority="Critical").condition_key != read().condition_key


def test_one_placeholder_that_stayed_is_a_slip_and_the_alert_is_real() -> None:
    alert = read(alert_uid="[alert_id]")

    assert alert.state is State.RAISED
    assert alert.alert_key == alert.condition_key


def test_of_two_messages_the_english_one_is_read() -> None:
    assert read(alert_message="Dienst x", alert_message_en="Service x is stopped").object == "x"


@pytest.mark.parametrize(
    ("word", "state"),
    [("Resolved", "cleared"), ("ok ", "cleared"), ("", "raised"), ("triggered", "raised")],
)
def test_an_edited_template_may_tell_the_state_in_other_words(word: str, state: str) -> None:
    assert read(state=word).state == state


def test_a_kind_of_trouble_that_nobody_knows_keeps_its_name() -> None:
    alert = read(alert_type="", alert_category="Exotics", alert_message="Who knows")

    assert (alert.check, alert.category) == ("Exotics", "exotics")
    assert read(alert_type="", alert_category="", alert_message="Who knows").category == "other"


def test_a_users_backslash_does_not_spoil_the_body() -> None:
    body = json.dumps(RAISE).replace("gsmith", "ACME\\gsmith")
    (alert,) = parse(delivery(body, "datto"), directory())

    assert alert == read()


@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        ("Critical", "critical"),
        ("High", "high"),
        ("Low", "low"),
        ("Information", "info"),
        ("[alert_priority]", "medium"),
    ],
)
def test_the_priority_is_the_severity(priority: str, severity: str) -> None:
    assert read(alert_priority=priority).severity == severity


@pytest.mark.parametrize(
    ("system", "device_class"),
    [
        ("Microsoft Windows Server 2019 Standard", "server"),
        ("Synology DSM 7", None),
        ("[device_os]", None),
    ],
)
def test_the_system_tells_the_class_only_where_it_is_certain(
    system: str, device_class: str | None
) -> None:
    assert read(device_os=system).device_class == device_class


def test_the_directory_knows_the_device_by_its_id() -> None:
    device = Device(name="WS-34", device_class="laptop", site="Berlin", ids={"datto": 9050})
    alert = read(directory(device))

    assert (alert.device, alert.device_class, alert.site) == ("WS-34", "laptop", "Berlin")


def test_the_site_is_the_client() -> None:
    assert read(directory(ids={"datto": {"site": 508}}), None).tenant == "acme"


@pytest.mark.parametrize("changes", [{"platform": "evil.example/"}, {"alert_uid": ""}])
def test_a_link_leads_to_a_platform_of_the_vendor_or_nowhere(changes: dict[str, str]) -> None:
    assert read(**changes).link is None


def test_without_an_id_the_condition_pairs_raise_and_resolve() -> None:
    alert = read(alert_uid="")

    assert alert.alert_key == alert.condition_key


def test_a_state_of_another_name_changes_nothing() -> None:
    assert read(state="muted").state is State.OTHER


def test_a_test_delivery_is_told_but_is_no_condition() -> None:
    unresolved = {name: f"[{name}]" for name in RAISE} | {"state": "raise"}
    (alert,) = parse(delivery(unresolved, "datto"), directory())

    assert (alert.state, alert.title) == (State.OTHER, "Test delivery from datto")


def test_a_body_without_what_matters_is_refused() -> None:
    with pytest.raises(SourceError, match="alert_uid"):
        parse(delivery({"state": "raise", "device_hostname": "WS-034"}, "datto"), directory())
