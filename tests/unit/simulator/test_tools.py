from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest

from noise.simulator import checks
from noise.simulator.chance import stream
from noise.simulator.checks import Check
from noise.simulator.estate import Client, build_clients
from noise.simulator.events import Event, Turn, ended, raised
from noise.simulator.tools import Message, Tool
from noise.simulator.tools.alertmanager import Alertmanager
from noise.simulator.tools.datto import Datto
from noise.simulator.tools.ninjaone import NinjaOne
from noise.simulator.tools.tactical import Tactical
from noise.simulator.tools.wazuh import Wazuh
from noise.simulator.tools.zabbix import Zabbix

AT = 1_780_272_000.0
CLIENT = build_clients(1, 3)[2]
PRODUCTS = (Alertmanager, Datto, NinjaOne, Tactical, Wazuh, Zabbix)


def a_raise(check: Check = checks.DISK, at: float = AT, obj: str = "C:", seed: int = 0) -> Event:
    device = CLIENT.of_class("server")[0]
    return raised(stream("tools", seed), at, device, check, obj=obj, value=9.0)


def said(tool: Tool, events: Iterable[Event]) -> list[Message]:
    """Have a product told of events, and for two days of what it wants to be told later."""
    messages, coming = [], list(events)
    while coming and min(event.at for event in coming) < AT + 2 * 86_400:
        coming.sort(key=lambda event: event.at)
        for one in tool.tell(coming.pop(0)):
            if isinstance(one, Event):
                coming.append(one)
            else:
                messages.append(one)
    return messages


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_product_without_a_word_for_a_check_says_nothing(product):
    unspeakable = msgspec.structs.replace(
        checks.DISK, ninjaone=None, datto=None, tactical=None, alertmanager=None, wazuh=None
    )
    if product is not NinjaOne and product is not Zabbix:  # these two are asked by their toolbox
        assert said(product(CLIENT), [a_raise(unspeakable)]) == []


@pytest.mark.parametrize("product", [Datto, NinjaOne, Tactical, Zabbix])
def test_a_test_delivery_holds_no_alert(product):
    test = msgspec.structs.replace(a_raise(), turn=Turn.TEST)

    (message,) = said(product(CLIENT), [test])

    assert message.truth == ()
    assert message.body


@pytest.mark.parametrize("product", [Alertmanager, Wazuh])
def test_products_without_a_test_button_say_nothing_of_it(product):
    assert said(product(CLIENT), [msgspec.structs.replace(a_raise(), turn=Turn.TEST)]) == []


@pytest.mark.parametrize("product", [Datto, NinjaOne, Tactical, Zabbix])
def test_a_raise_is_followed_by_its_clear(product):
    first = a_raise()

    messages = said(product(CLIENT), [first, ended(first, AT + 600, 40)])

    assert len(messages) >= 2
    assert not messages[0].only_clears
    assert messages[-1].only_clears


def test_alertmanager_gathers_what_comes_together_and_forgets_what_ends_at_once():
    tool = Alertmanager(CLIENT)
    one, two = a_raise(obj="C:", seed=1), a_raise(obj="D:", at=AT + 3, seed=2)
    brief = a_raise(obj="E:", at=AT + 1, seed=3)

    messages = said(tool, [one, two, brief, ended(brief, AT + 2)])

    assert len(messages[0].truth) == 2


def test_alertmanager_says_nothing_of_an_end_without_a_beginning_and_of_an_empty_group():
    brief = a_raise()

    assert said(Alertmanager(CLIENT), [ended(brief, AT + 5)]) == []
    assert said(Alertmanager(CLIENT), [brief, ended(brief, AT + 1)]) == []


def test_alertmanager_ignores_the_end_of_an_earlier_episode_and_other_turns():
    first, second = a_raise(seed=1), a_raise(at=AT + 20, seed=2)
    acknowledged = msgspec.structs.replace(first, turn=Turn.ACKNOWLEDGE, at=AT + 30)

    messages = said(Alertmanager(CLIENT), [first, second, ended(first, AT + 40), acknowledged])

    assert not any(message.only_clears for message in messages)


def test_a_flush_that_another_replaced_sends_nothing():
    tool = Alertmanager(CLIENT)
    list(tool.tell(a_raise()))

    assert list(tool.tell(msgspec.structs.replace(a_raise(), turn=Turn.FLUSH, at=AT + 1))) == []


def test_what_is_over_is_not_acknowledged():
    for product in (NinjaOne, Zabbix):
        tool, first = product(CLIENT), a_raise()
        said(tool, [first, ended(first, AT + 60)])
        late = msgspec.structs.replace(first, turn=Turn.ACKNOWLEDGE, at=AT + 90)
        assert list(tool.tell(late)) == []


def test_zabbix_reminds_of_what_stays_open_a_bounded_number_of_times():
    messages = said(Zabbix(CLIENT), [a_raise()])

    assert 3 < len(messages) < 12


def test_some_alerts_are_acknowledged():
    for product in (NinjaOne, Zabbix):
        tool = product(CLIENT)
        events = [a_raise(obj=f"V{n}:", at=AT + n, seed=n) for n in range(300)]
        assert any(b"ACKNOWLEDGED" in m.body or b'"event_update_status":"1"' in m.body
                   for m in said(tool, events))  # fmt: skip


def test_only_some_clients_expand_their_organization():
    def expands(client: Client) -> bool:
        first = raised(stream("x"), AT, client.of_class("server")[0], checks.DISK, obj="C:")
        return b"organizationId" in said(NinjaOne(client), [first])[0].body

    assert {expands(client) for client in build_clients(1, 20)} == {True, False}


def test_a_client_ends_its_days_where_it_is_told():
    assert len(list(CLIENT.days(AT, AT + 86_400))) in (1, 2)
