"""Six products, each with its form, its numbers and its quirks."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noise.alert import Severity
from noise.label import Verdict
from noise.simulator import Msp
from noise.simulator.checks import (
    ACTIVITY,
    AVAILABILITY,
    BACKUP,
    CPU,
    DISK,
    ENCRYPTION,
    FAILED_LOGINS,
    FILE_INTEGRITY,
    INTERFACE,
    PRINTER,
)
from noise.simulator.estate import Client
from noise.simulator.events import Event, Turn, ended
from noise.simulator.tools import Message, Tool, Toolbox
from noise.simulator.tools.alertmanager import Alertmanager
from noise.simulator.tools.datto import Datto
from noise.simulator.tools.ninjaone import NinjaOne
from noise.simulator.tools.tactical import Tactical
from noise.simulator.tools.wazuh import Wazuh
from noise.simulator.tools.zabbix import Zabbix
from tests.unit.simulator.worlds import DAY, MONDAY, client, event

ACME = client("tactical", 90)
FIRST = event(ACME)


def test_bodies_have_the_keys_and_types_of_real_ones(noise_data: Path) -> None:
    real: dict[str, set[str]] = {}
    for record in _recorded(noise_data / "msp-sample" / "envelope.jsonl.gz"):
        real.setdefault(record["source"], set()).update(_shape(record["body"]))
    msp = Msp(1, clients=4, start=MONDAY)
    for sent in msp.deliveries(4):
        try:
            body = msgspec.json.decode(sent.body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        assert set(_shape(body)) <= real[sent.source], sent.source


def _recorded(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path) as lines:
        for line in lines:
            record: dict[str, Any] = msgspec.json.decode(line)
            if not isinstance(record["body"], str):
                yield record


def _shape(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _shape(below, f"{path}.{key}")
    elif isinstance(value, list):
        for below in value:
            yield from _shape(below, f"{path}[]")
    else:
        yield f"{path}: {type(value).__name__}"


def told(tool: Tool, *events: Event) -> list[Message]:
    """Play two days of events, and what the tool wants later, in order of time."""
    waiting = list(events)
    said: list[Message] = []
    while waiting and min(one.at for one in waiting) < MONDAY + 2 * DAY:
        waiting.sort(key=lambda one: one.at)
        for answer in tool.tell(waiting.pop(0)):
            if isinstance(answer, Message):
                said.append(answer)
            else:
                waiting.append(answer)
    return said


def bodies(tool: Tool, *events: Event) -> list[dict[str, Any]]:
    return [msgspec.json.decode(message.body) for message in told(tool, *events)]


def later(first: Event, seconds: float, turn: Turn = Turn.CLEAR) -> Event:
    return ended(first, first.at + seconds, 50.0, turn)


def acknowledged(check: Any = CPU, **fields: Any) -> Event:
    """Return a raise that somebody will acknowledge."""
    return next(
        one
        for number in range(4000)
        for one in (event(ACME, check, at=MONDAY + number, **fields),)
        if any(
            not isinstance(said, Message) and said.turn is Turn.ACKNOWLEDGE
            for said in Zabbix(ACME).tell(one)
        )
    )


@pytest.mark.parametrize("product", [NinjaOne, Datto, Tactical, Zabbix, Alertmanager])
def test_truth_goes_with_raise_and_clear(product: Any) -> None:
    real = msgspec.structs.replace(FIRST, problem="p1")
    first, last = told(product(ACME), real, later(real, 400))

    assert (first.truth, first.problems) == ((Verdict.ACTIONABLE,), ("p1",))
    assert (last.truth, last.problems) == ((Verdict.ACTIONABLE,), ("p1",))
    assert (first.only_clears, last.only_clears) == (False, True)


@pytest.mark.parametrize("product", [NinjaOne, Datto, Tactical, Zabbix])
def test_a_pressed_test_button_sends_what_is_no_alert(product: Any) -> None:
    press = msgspec.structs.replace(FIRST, turn=Turn.TEST)
    (said,) = told(product(ACME), press)

    assert (said.truth, said.problems, said.only_clears) == ((), (), False)
    assert re.search(rb'null|"\[alert_uid\]"|"{{alert.id}}"|"{EVENT.ID}"', said.body)


@pytest.mark.parametrize("product", [Alertmanager, Wazuh])
def test_these_two_have_no_test_button(product: Any) -> None:
    assert not told(product(ACME), msgspec.structs.replace(FIRST, turn=Turn.TEST))


def test_ninjaone_numbers_each_activity_and_keeps_the_series() -> None:
    first, last = bodies(NinjaOne(ACME), FIRST, later(FIRST, 60))

    assert (first["statusCode"], last["statusCode"]) == ("TRIGGERED", "RESET")
    assert first["id"] != last["id"]
    assert first["seriesUid"] == last["seriesUid"]


def test_some_ninjaone_webhooks_name_organization_and_location() -> None:
    first = {bool(bodies(NinjaOne(one), event(one))[0].get("organizationId")) for one in _several()}

    assert first == {True, False}


def _several() -> list[Client]:
    return [client("ninjaone", 20, number) for number in range(1, 8)]


def test_a_ninjaone_alert_is_acknowledged_while_it_is_open_only() -> None:
    first = acknowledged()

    assert [body["statusCode"] for body in bodies(NinjaOne(ACME), first)] == [
        "TRIGGERED", "ACKNOWLEDGED",
    ]  # fmt: skip
    assert [body["statusCode"] for body in bodies(NinjaOne(ACME), first, later(first, 60))] == [
        "TRIGGERED", "RESET",
    ]  # fmt: skip


def test_ninjaone_says_nothing_of_a_retry_and_completes_under_a_new_series() -> None:
    first = event(ACME, BACKUP, obj="job")
    failed, done = bodies(NinjaOne(ACME), first, later(first, 60, Turn.RETRY), later(first, 90))

    assert (failed["activityResult"], done["activityResult"]) == ("FAILURE", "SUCCESS")
    assert failed["subject"] == done["subject"]
    assert failed["seriesUid"] != done["seriesUid"]


def test_ninjaone_sends_what_is_no_alert_as_an_activity() -> None:
    (body,) = bodies(NinjaOne(ACME), event(ACME, ACTIVITY, obj="User logged in"))

    assert (body["activityType"], body["statusCode"]) == ("SYSTEM", "USER_LOGGED_IN")


def test_datto_tells_raise_and_resolve_by_a_literal_word() -> None:
    first, last = bodies(Datto(ACME), FIRST, later(FIRST, 60))

    assert (first.pop("state"), last.pop("state")) == ("raise", "resolve")
    assert first["alert_uid"] == last["alert_uid"]
    assert not told(Datto(ACME), event(ACME, FILE_INTEGRITY))


def test_a_backslash_in_a_user_name_breaks_the_json_of_datto() -> None:
    which = client("datto", 60)
    desks = which.of_class("workstation", "laptop")
    said = [
        told(Datto(which), msgspec.structs.replace(FIRST, device=desk))[0].body for desk in desks
    ]

    assert 0 < sum(b"\\" in body for body in said) < len(said)


def test_tactical_numbers_alerts_and_resolves_under_the_same_number() -> None:
    first, last = bodies(Tactical(ACME), FIRST, later(FIRST, 60))

    assert (first["event"], last["event"]) == ("trigger", "resolve")
    assert first["alert_id"] == last["alert_id"]
    assert (first["resolved_at"], last["resolved_at"][:10]) == ("None", "2026-06-01")
    assert re.fullmatch("[a-z]{40}", first["agent_id"])


def test_tactical_knows_a_dead_agent_as_a_kind_of_its_own() -> None:
    (body,) = bodies(Tactical(ACME), event(ACME, AVAILABILITY))

    assert (body["kind"], body["check_id"]) == ("availability", "None")
    assert not told(Tactical(ACME), event(ACME, PRINTER))


def test_quotes_in_the_name_of_a_check_break_the_json_of_tactical() -> None:
    (said,) = told(Tactical(ACME), event(ACME, BACKUP, obj="job"))

    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(said.body)


def test_zabbix_recovers_under_the_number_of_the_problem() -> None:
    first, last = bodies(Zabbix(ACME), FIRST, later(FIRST, 60))

    assert first["event_id"] == last["event_id"]
    assert (first["event_value"], last["event_value"]) == ("1", "0")
    assert first["event_recovery_id"] == "{EVENT.RECOVERY.ID}"
    assert not told(Zabbix(ACME), later(FIRST, 60))  # it never heard of this one


def test_zabbix_repeats_what_stays_open_every_four_hours_but_not_for_ever() -> None:
    said = told(Zabbix(ACME), event(ACME, INTERFACE, device_class="switch", obj="Gi1/0/1"))

    assert [round((one.at - MONDAY) / 3600) for one in said] == [0, 4, 8, 12, 16, 20, 24]


def test_a_zabbix_operator_may_acknowledge_a_problem() -> None:
    first = acknowledged()
    (opened, update, *_) = bodies(Zabbix(ACME), first)

    assert (opened["event_ack_status"], update["event_ack_status"]) == ("No", "Yes")
    assert update["event_update_action"] == "acknowledged"


def test_alertmanager_sends_what_came_within_half_a_minute_as_one_body() -> None:
    other = event(ACME, at=MONDAY + 10, obj="second")
    said = told(Alertmanager(ACME), FIRST, other)[0]
    body = msgspec.json.decode(said.body)

    assert said.at == MONDAY + 30
    assert len(body["alerts"]) == len(said.truth) == 2
    assert "resource" not in body["commonLabels"]


def test_alertmanager_says_nothing_of_what_ended_before_it_was_sent() -> None:
    assert not told(Alertmanager(ACME), FIRST, later(FIRST, 10))
    assert not told(Alertmanager(ACME), later(FIRST, 10))


def test_alertmanager_repeats_every_four_hours_until_all_is_resolved() -> None:
    said = told(Alertmanager(ACME), FIRST, later(FIRST, 5 * 3600))
    statuses = [msgspec.json.decode(one.body)["status"] for one in said]

    assert statuses == ["firing", "firing", "resolved"]
    assert said[1].at - said[0].at == 4 * 3600
    assert [one.only_clears for one in said] == [False, False, True]


def test_a_change_in_a_group_waits_for_five_minutes_since_the_last() -> None:
    other = event(ACME, at=MONDAY + 60, obj="second")
    said = told(Alertmanager(ACME), FIRST, other, later(FIRST, 900), later(other, 900))

    assert [one.at - MONDAY for one in said] == [30, 330, 930, 1230]


def test_a_fingerprint_returns_with_each_recurrence() -> None:
    again = event(ACME, at=MONDAY + 3600)
    said = bodies(Alertmanager(ACME), FIRST, later(FIRST, 400), again, later(again, 400))

    assert len({body["alerts"][0]["fingerprint"] for body in said}) == 1
    assert not told(Alertmanager(ACME), event(ACME, ENCRYPTION))


def test_wazuh_never_clears_and_counts_how_often_a_rule_fired() -> None:
    first = event(ACME, FAILED_LOGINS, obj="administrator")
    said = bodies(Wazuh(ACME), first, later(first, 60), event(ACME, FAILED_LOGINS, at=MONDAY + 90))

    assert [body["rule"]["firedtimes"] for body in said] == [1, 2]
    assert said[0]["data"]["win"]["system"]["eventID"] == "4625"
    assert not told(Wazuh(ACME), FIRST)


def test_wazuh_tells_changed_files_by_their_path() -> None:
    (body,) = bodies(Wazuh(ACME), event(ACME, FILE_INTEGRITY, obj="C:/a.xml"))

    assert body["syscheck"]["path"] == "C:/a.xml"


def test_one_fault_of_a_server_is_told_by_two_products_one_after_the_other() -> None:
    box = Toolbox(ACME)
    seen = list(box.notice(event(ACME, AVAILABILITY)))

    assert box.telling(FIRST.device, AVAILABILITY) == ("tactical", ACME.netmon)
    assert 20 <= seen[1][1].at - seen[0][1].at < 120
    assert seen[1][1].episode == seen[0][1].episode


def test_agents_are_watched_by_the_rmm_and_the_rest_by_the_network_monitor() -> None:
    box = Toolbox(ACME)
    switch = ACME.of_class("switch")[0]

    assert box.telling(FIRST.device, DISK)[0] == "tactical"
    assert box.telling(switch, INTERFACE) == (ACME.netmon,)


def test_without_a_network_monitor_some_rmms_watch_the_network_too() -> None:
    which = client("datto", 20)
    while which.netmon is not None:
        which = msgspec.structs.replace(which, netmon=None)
    switch = which.of_class("switch")[0]

    assert Toolbox(which).telling(switch, INTERFACE) == ("datto",)


def test_security_alerts_of_agents_are_told_by_the_security_monitor_as_well() -> None:
    which = msgspec.structs.replace(ACME, siem="wazuh")

    assert Toolbox(which).telling(FIRST.device, FAILED_LOGINS) == ("tactical", "wazuh")
    assert Toolbox(which).telling(which.of_class("switch")[0], FAILED_LOGINS) == ()


@pytest.mark.parametrize("level", list(Severity))
def test_each_product_has_a_word_for_each_severity(level: Severity) -> None:
    graded = msgspec.structs.replace(FIRST, severity=level)

    assert all(
        told(product(ACME), graded) for product in (NinjaOne, Datto, Tactical, Zabbix, Alertmanager)
    )
