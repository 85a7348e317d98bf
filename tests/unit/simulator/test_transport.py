"""What lies between a product and us."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest

from noise.label import Verdict
from noise.simulator.chance import stream
from noise.simulator.tools import Message
from noise.simulator.transport import Sent, Transport
from tests.unit.simulator.worlds import MONDAY

COUNT = 20_000


def message(number: int, *, clear: bool = False) -> Message:
    body = f'{{"number":{number},"text":"Zürich"}}'.encode()
    truth = Verdict.NOISE
    return Message(MONDAY + 10 * number, "zabbix", body, (truth,), (None,), clear)


def carried(*, clears: bool = False) -> list[Sent]:
    transport = Transport("acme", stream("test transport"))
    messages = (message(number, clear=clears) for number in range(COUNT))
    return list(transport.carry(messages, MONDAY + 10 * COUNT + 86_400))


@pytest.fixture(scope="module")
def raises() -> Sequence[Sent]:
    return carried()


def whole(sent: Sequence[Sent]) -> list[Sent]:
    return [one for one in sent if one.truth]


def test_everything_that_says_something_is_wrong_arrives(raises: Sequence[Sent]) -> None:
    assert len({one.body for one in whole(raises)}) == COUNT


def test_some_clears_are_lost_for_ever() -> None:
    arrived = len({one.body for one in whole(carried(clears=True))})

    assert 0.97 < arrived / COUNT < 0.99


def test_some_messages_come_twice_each_time_with_a_key_of_its_own(raises: Sequence[Sent]) -> None:
    times = Counter(one.body for one in whole(raises))

    assert 0.01 < sum(count == 2 for count in times.values()) / COUNT < 0.02
    assert len({one.event for one in raises}) == len(raises)


def test_a_few_bodies_arrive_broken_and_are_sent_again(raises: Sequence[Sent]) -> None:
    broken = [one for one in raises if not one.truth]

    assert 0.003 < len(broken) / COUNT < 0.005
    assert not any(one.problems for one in broken)
    for one in broken:
        with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
            msgspec.json.decode(one.body)


def test_some_come_so_late_that_others_overtake_them(raises: Sequence[Sent]) -> None:
    numbers = [msgspec.json.decode(one.body)["number"] for one in whole(raises)]
    overtaken = sum(later < earlier for earlier, later in pairwise(numbers))

    assert 0.002 < overtaken / COUNT < 0.03
    assert [one.at for one in raises] == sorted(one.at for one in raises)


def test_a_late_clear_may_take_hours() -> None:
    sent = whole(carried(clears=True))
    delays = [one.at - MONDAY - 10 * msgspec.json.decode(one.body)["number"] for one in sent]

    assert 1800 < max(delays) < 4 * 3600
    assert sorted(delays)[len(delays) // 2] < 2


def test_what_would_arrive_after_the_end_is_not_waited_for() -> None:
    transport = Transport("acme", stream("test transport"))

    assert list(transport.carry([message(0)], MONDAY)) == []
