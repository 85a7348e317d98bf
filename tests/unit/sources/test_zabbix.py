from __future__ import annotations

from typing import Any

import pytest

from noise.alert import Alert, BadWhen, Severity, State, utc
from noise.directory import Device, Directory
from noise.errors import SourceError
from noise.sources import DeadLetterReason, parse
from tests.factories import delivery, directory

PROBLEM = {
    "event_id": "17",
    "event_recovery_id": "{EVENT.RECOVERY.ID}",
    "event_value": "1",
    "event_update_status": "0",
    "event_update_action": "",
    "event_nseverity": "4",
    "event_severity": "High",
    "event_name": "Disk volume C: free space is 9.9%, below 10%",
    "event_date": "2026.06.01",
    "event_time": "01:44:53",
    "event_recovery_date": "{EVENT.RECOVERY.DATE}",
    "event_recovery_time": "{EVENT.RECOVERY.TIME}",
    "event_tags": '[{"tag": "client", "value": "acme"}, {"tag": "component", "value": "storage"}]',
    "trigger_id": "87309",
    "host_groups": "Acme/Head office",
    "host_id": "14006",
    "host_host": "srv1",
    "host_name": "Server one",
    "host_ip": "10.0.0.8",
    "item_key": "vfs.fs.size[C:,pfree]",
    "item_lastvalue": "9.979 %",
    "zabbix_url": "https://zabbix.example/",
}
RECOVERY = {
    "event_value": "0",
    "event_recovery_id": "18",
    "event_recovery_date": "2026.06.01",
    "event_recovery_time": "02:00:00",
}
UNRESOLVED = {name: f"{{{name.replace('_', '.').upper()}}}" for name in PROBLEM}


def read(known: Directory | None = None, tenant: str | None = "acme", **changes: Any) -> Alert:
    sent = delivery(PROBLEM | changes, "zabbix", tenant)
    (alert,) = parse(sent, known or directory())
    return alert


def test_a_problem_is_raised_with_all_that_its_macros_say() -> None:
    alert = read(directory(time_zone="+02:00"))

    assert alert == Alert(
        event_key="e1",
        alert_key="acme|zabbix|17",
        condition_key="acme|Server one|vfs.fs.size|87309",
        tenant="acme",
        device="Server one",
        check="vfs.fs.size",
        object="C:",
        category="disk",
        severity=Severity.HIGH,
        source_severity="High",
        title="Disk volume C: free space is 9.9%, below 10%",
        value=9.979,
        threshold=10.0,
        unit="%",
        bad_when=BadWhen.BELOW,
        occurred_at=utc(1780271093),
        received_at=utc(1_780_000_000),
        source="zabbix",
        link="https://zabbix.example/tr_events.php?triggerid=87309&eventid=17",
        labels={
            "ip": "10.0.0.8",
            "groups": "Acme/Head office",
            "trigger": "87309",
            "item": "vfs.fs.size[C:,pfree]",
        },
    )


def test_a_recovery_clears_its_problem_at_its_own_time_in_whatever_words() -> None:
    zone = directory(time_zone="+00:00")
    raised = read(zone)
    cleared = read(zone, **RECOVERY, event_name="Wieder gut", item_lastvalue="12 %")

    assert cleared.state is State.CLEARED
    assert (cleared.alert_key, cleared.condition_key) == (raised.alert_key, raised.condition_key)
    assert cleared.value == 12.0
    assert cleared.occurred_at == utc(1780279200)


def test_a_recovery_without_its_own_time_has_the_problems_time() -> None:
    cleared = read(directory(time_zone="UTC"), event_value="0")

    assert cleared.occurred_at == utc(1780278293)


def test_the_servers_zone_counts_before_the_clients() -> None:
    known = directory(time_zone="+02:00", ids={"zabbix": {"utc_offset": "-07:00"}})

    assert read(known).occurred_at == utc(1780278293 + 7 * 3600)


def test_a_time_in_an_unknown_zone_is_not_guessed() -> None:
    assert read().occurred_at is None


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("acknowledged", State.ACKNOWLEDGED),
        ("acknowledged, commented", State.ACKNOWLEDGED),
        ("unacknowledged", State.OTHER),
        ("", State.OTHER),
    ],
)
def test_an_update_is_an_acknowledgement_only_if_it_says_so(action: str, state: State) -> None:
    assert read(event_update_status="1", event_update_action=action).state is state


@pytest.mark.parametrize(
    ("number", "severity"),
    [
        ("5", "critical"),
        ("4", "high"),
        ("3", "medium"),
        ("2", "medium"),
        ("1", "low"),
        ("0", "info"),
    ],
)
def test_the_number_says_how_severe_it_is_whatever_it_is_called(number: str, severity: str) -> None:
    alert = read(event_nseverity=number, event_severity="Renamed")

    assert (alert.severity, alert.source_severity) == (severity, "Renamed")


def test_what_two_triggers_find_in_one_item_are_two_conditions() -> None:
    assert read().condition_key != read(trigger_id="87310").condition_key


def test_an_item_without_a_trigger_id_is_told_apart_by_what_it_looks_at() -> None:
    assert read(trigger_id="").condition_key == "acme|Server one|vfs.fs.size|C:"


def test_without_an_item_the_trigger_is_the_check() -> None:
    alert = read(item_key="{ITEM.KEY}")

    assert (alert.check, alert.object) == ("87309", None)


@pytest.mark.parametrize(
    ("key", "check", "thing"),
    [
        ("agent.ping", "agent.ping", None),
        ("service.info[DNS,state]", "service.info", "DNS"),
        ('web.test.fail["shop, login"]', "web.test.fail", "shop,login"),
    ],
)
def test_an_items_parameters_name_the_thing(key: str, check: str, thing: str | None) -> None:
    alert = read(item_key=key)

    assert (alert.check, alert.object) == (check, thing)


def test_a_device_that_the_directory_knows_by_its_id_has_its_name_class_and_site() -> None:
    device = Device(name="SRV1", device_class="server", site="Berlin", ids={"zabbix": 14006})
    alert = read(directory(device))

    assert (alert.device, alert.device_class, alert.site) == ("SRV1", "server", "Berlin")


def test_a_device_that_is_known_by_its_technical_name_is_found() -> None:
    assert read(directory(Device(name="SRV1", site="Berlin"))).site == "Berlin"


def test_a_tag_names_the_client_when_no_header_does() -> None:
    assert read(tenant=None).tenant == "acme"


def test_a_tag_holds_the_id_that_zabbix_has_for_the_client() -> None:
    known = directory(ids={"zabbix": {"client": "A-1"}})

    assert read(known, None, event_tags='[{"tag": "client", "value": "A-1"}]').tenant == "acme"


@pytest.mark.parametrize("tags", ["", "no JSON", "{}", "[1]", '[{"tag": "client"}]'])
def test_tags_that_say_nothing_are_no_reason_to_lose_an_alert(tags: str) -> None:
    assert read(event_tags=tags).category == "disk"
    assert read(event_tags=tags, item_key="x", event_name="y").category == "other"


def test_a_component_that_nobody_knows_keeps_its_name() -> None:
    tags = '[{"tag": "component", "value": "exotics"}]'

    assert read(event_tags=tags, item_key="x", event_name="y").category == "exotics"


def test_a_change_of_severity_is_seen_also_if_it_comes_with_an_acknowledgement() -> None:
    action = "acknowledged, changed severity from Average to High"

    assert read(event_update_status="1", event_update_action=action).state is State.OTHER


@pytest.mark.parametrize(
    ("name", "severity"), [("Disaster", "critical"), ("Information", "low"), ("Schlimm", "medium")]
)
def test_without_its_number_a_severity_is_told_by_its_name(name: str, severity: str) -> None:
    number = "{EVENT.NSEVERITY}"

    assert read(event_nseverity=number, event_severity=name).severity == severity


def test_an_alert_of_nobody_is_refused() -> None:
    with pytest.raises(SourceError) as refused:
        read(tenant=None, event_tags="[]")

    assert refused.value.reason == DeadLetterReason.NO_TENANT


@pytest.mark.parametrize(
    ("latest", "name", "value", "threshold"),
    [
        ("*UNKNOWN*", "CPU is 95%, above 90%", 95.0, 90.0),
        ("95 B", "CPU is 95%, above 90%", 95.0, None),
        ("Stopped (3)", "Service DNS is stopped", None, None),
    ],
)
def test_a_value_and_a_threshold_belong_together_only_in_one_unit(
    latest: str, name: str, value: float | None, threshold: float | None
) -> None:
    alert = read(item_lastvalue=latest, event_name=name)

    assert (alert.value, alert.threshold) == (value, threshold)


@pytest.mark.parametrize("missing", ["zabbix_url", "trigger_id"])
def test_without_an_address_there_is_no_link(missing: str) -> None:
    assert read(**{missing: UNRESOLVED[missing]}).link is None


def test_a_test_delivery_is_told_but_is_no_condition() -> None:
    (alert,) = parse(delivery(UNRESOLVED, "zabbix"), directory())

    assert (alert.state, alert.severity) == (State.OTHER, Severity.INFO)
    assert alert.title == "Test delivery from zabbix"


def test_a_problem_without_an_id_is_refused() -> None:
    with pytest.raises(SourceError, match="event_id") as refused:
        read(event_id="")

    assert refused.value.reason == DeadLetterReason.WRONG_SHAPE
