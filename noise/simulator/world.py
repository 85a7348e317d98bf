"""The MSP as a stream: all clients' deliveries in order of arrival, and the truth about them.

Whatever is asked for, a day is always the same day: a longer run only goes on. Nothing is kept but
what is still to come of the day in work.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush, merge
from itertools import count, takewhile
from random import Random
from typing import Any

import msgspec

from noise.alert import utc
from noise.label import Label, LabelSource, Outcome, Verdict
from noise.simulator.chance import chance, hours, minutes, stream
from noise.simulator.estate import DAY, Client, Day, build_clients, directory_tree
from noise.simulator.events import Event
from noise.simulator.quiet import PATTERNS
from noise.simulator.tools import Message, Tool, Toolbox
from noise.simulator.trouble import Problem, problems_of

SURFACED = 0.45  # the share of real problems of which somebody calls, or writes a ticket
_TICKETS = 0.7
_LATENCY = 3.0
_SLOW = 0.02
_LOST_CLEARS = 0.015
_TWICE = 0.01
_BROKEN = 0.005


class Sent(msgspec.Struct, frozen=True):
    """One delivery as it reaches the MSP at ``at`` (epoch seconds).

    ``truth`` and ``problems`` have one entry for each alert in the body; none for a test delivery
    and for bytes that were damaged on their way.
    """

    at: float
    tenant: str
    source: str
    event: str
    body: bytes
    truth: tuple[Verdict, ...]
    problems: tuple[str | None, ...]


class Msp:
    """A managed service provider with its clients."""

    def __init__(self, seed: int, *, clients: int, start: float) -> None:
        """Build the estate of ``seed``; the stream begins at the epoch second ``start``."""
        self.clients = build_clients(seed, clients)
        self._seed = seed
        self._start = start

    def directory(self) -> list[dict[str, Any]]:
        """Return what the MSP knows of its clients, as ``load_directory`` reads it."""
        return directory_tree(self.clients)

    def problems(self, days: float) -> list[Problem]:
        """Return the real problems that begin within so many days, in order."""
        end = self._start + days * DAY
        found = [
            problem
            for client in self.clients
            for day in client.days(self._start, end)
            for problem, _ in self._problems_on(client, day)
            if self._start <= problem.began_at < end
        ]
        return sorted(found, key=lambda problem: (problem.began_at, problem.id))

    def outcomes(self, days: float) -> Iterator[Label]:
        """Yield what surfaces of the problems without anybody's alert: tickets and outages."""
        for problem in self.problems(days):
            rng = stream(self._seed, "outcome", problem.id)
            if chance(rng, SURFACED):
                yield _outcome(rng, problem)

    def deliveries(self, days: float) -> Iterator[Sent]:
        """Yield everything that arrives within so many days, in order of arrival."""
        end = self._start + days * DAY
        by_client = [self._sent_by(client, end) for client in self.clients]
        in_order = merge(*by_client, key=lambda one: (one.at, one.event))
        yield from takewhile(lambda one: one.at < end, in_order)

    def _problems_on(self, client: Client, day: Day) -> Iterator[tuple[Problem, Any]]:
        return problems_of(stream(self._seed, "trouble", client.tenant, day.index), client, day)

    def _events_on(self, client: Client, day: Day) -> Iterator[Event]:
        for pattern in PATTERNS:
            rng = stream(self._seed, pattern.__name__, client.tenant, day.index)
            yield from pattern(self._seed, rng, client, day)
        for _, events in self._problems_on(client, day):
            yield from events

    def _sent_by(self, client: Client, end: float) -> Iterator[Sent]:
        rng = stream(self._seed, "way", client.tenant)
        numbers = count()
        underway: list[tuple[float, int, Message]] = []
        for number, message in enumerate(self._told_by(client, end)):
            while underway and underway[0][0] <= message.at:
                yield _arrived(client, next(numbers), *heappop(underway)[::2])
            for position, at in enumerate(_ways(rng, message)):
                heappush(underway, (at, 2 * number + position, message))
        while underway:
            yield _arrived(client, next(numbers), *heappop(underway)[::2])

    def _told_by(self, client: Client, end: float) -> Iterator[Message]:
        """Yield what the client's products say, in order."""
        toolbox, numbers = Toolbox(client), count()
        coming: list[tuple[float, int, Tool, Event]] = []
        for day in client.days(self._start, end):
            for event in self._events_on(client, day):
                for tool, seen in toolbox.notice(event):
                    heappush(coming, (seen.at, next(numbers), tool, seen))
            yield from self._said_until(coming, numbers, day.at(24))

    def _said_until(
        self, coming: list[tuple[float, int, Tool, Event]], numbers: Iterator[int], until: float
    ) -> Iterator[Message]:
        while coming and coming[0][0] < until:
            _, _, tool, event = heappop(coming)
            for said in tool.tell(event):
                if isinstance(said, Event):
                    heappush(coming, (said.at, next(numbers), tool, said))
                elif said.at >= self._start:
                    yield said


def _ways(rng: Random, message: Message) -> Iterator[float]:
    """Yield when a message arrives: late, twice, or, for some clears, never."""
    is_lost, is_twice = chance(rng, _LOST_CLEARS), chance(rng, _TWICE)
    at = message.at + rng.expovariate(1 / _LATENCY)
    if chance(rng, _SLOW):
        at += minutes(rng, 5, 60) if message.only_clears else minutes(rng, 0.5, 3)
    if is_lost and message.only_clears:
        return
    yield at
    if is_twice:
        yield at + minutes(rng, 0.1, 4)


def _arrived(client: Client, number: int, at: float, message: Message) -> Sent:
    event = f"{client.tenant}.{number:07}"
    body, truth, problems = message.body, message.truth, message.problems
    if not any(problems) and chance(stream("damage", event), _BROKEN):
        body, truth, problems = body[: len(body) // 2] + b"\xff", (), ()
    return Sent(round(at, 3), client.tenant, message.source, event, body, truth, problems)


def _outcome(rng: Random, problem: Problem) -> Label:
    is_ticket = chance(rng, _TICKETS)
    at = problem.began_at + minutes(rng, 5, 60)
    return Label(
        label_id=f"outcome/{problem.id}",
        tenant=problem.tenant,
        verdict=Verdict.ACTIONABLE,
        technician="service desk" if is_ticket else "outage log",
        source=LabelSource.TICKET if is_ticket else LabelSource.OUTAGE,
        labelled_at=utc(at + hours(rng, 0.2, 12)),
        outcome=Outcome(device=rng.choice(problem.devices), at=utc(at)),
    )
