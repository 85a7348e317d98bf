"""What lies between a product and us: delays, losses, doubles and broken bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import count
from random import Random

import msgspec

from noise.label import Verdict
from noise.simulator.chance import chance, hours, minutes
from noise.simulator.tools import Message

_LOST_CLEARS = 0.02
_LATE = 0.004
_LATE_CLEARS = 0.01
_TWICE = 0.015
_BROKEN = 0.004
_PROXY_PAGE = b"<html><head><title>502 Bad Gateway</title></head></html>"
_DELAY = {  # seconds, in the middle
    "ninjaone": 4.0,
    "datto": 6.0,
    "tactical": 1.5,
    "zabbix": 0.6,
    "alertmanager": 0.3,
    "wazuh": 2.0,
}


class Sent(msgspec.Struct, frozen=True):
    """One delivery as it arrives at ``at`` (epoch seconds).

    ``truth`` and ``problems`` have one entry for each alert in the body; both are empty when there
    is none in it, as in a test delivery or a broken body.
    """

    at: float
    tenant: str
    source: str
    event: str
    body: bytes
    truth: tuple[Verdict, ...]
    problems: tuple[str | None, ...]


class Transport:
    """The way of one client's messages to us."""

    def __init__(self, tenant: str, rng: Random) -> None:
        self._tenant = tenant
        self._rng = rng
        self._numbers = count(1)
        self._under_way: list[tuple[float, int, Sent]] = []

    def carry(self, messages: Iterable[Message], until: float) -> Iterator[Sent]:
        """Yield what arrives of ``messages`` before ``until``, in order of arrival."""
        for message in messages:
            yield from self._arrived(message.at)
            self._send(message)
        yield from self._arrived(until)

    def _arrived(self, now: float) -> Iterator[Sent]:
        under_way = self._under_way
        while under_way and under_way[0][0] < now:
            yield heappop(under_way)[2]

    def _send(self, message: Message) -> None:
        rng = self._rng
        if message.only_clears and chance(rng, _LOST_CLEARS):
            return
        at = message.at + self._delay(message)
        if chance(rng, _BROKEN):  # the product tries again, as it got no answer
            self._put(at, message, _broken(rng, message.body))
            at += rng.uniform(2, 30)
        self._put(at, message)
        if chance(rng, _TWICE):
            self._put(at + rng.uniform(1, 120), message)

    def _delay(self, message: Message) -> float:
        rng = self._rng
        delay = _DELAY[message.source] * rng.lognormvariate(0, 0.5)
        if message.only_clears and chance(rng, _LATE_CLEARS):
            return delay + hours(rng, 0.5, 3)
        if chance(rng, _LATE):
            return delay + minutes(rng, 1, 9)
        return delay

    def _put(self, at: float, message: Message, broken: bytes | None = None) -> None:
        number = next(self._numbers)
        sent = Sent(
            round(at, 3),
            self._tenant,
            message.source,
            f"{self._tenant}-{number:06}",
            message.body if broken is None else broken,
            message.truth if broken is None else (),
            message.problems if broken is None else (),
        )
        heappush(self._under_way, (sent.at, number, sent))


def _broken(rng: Random, body: bytes) -> bytes:
    """Cut the body short, write a part of it in another encoding, or put a proxy's page instead."""
    middle = rng.randrange(1, len(body))
    return rng.choice((body[:middle], body[:middle] + b"\xfc" + body[middle:], _PROXY_PAGE))
