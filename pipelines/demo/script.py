"""What the simulated MSP sends, and what whoever knows everything knows about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from noise.label import Label, Verdict
from noise.simulator import Msp, Problem, Sent

START = 1_780_272_000.0  # a Monday, midnight UTC
DAY = 86_400.0
MAX_DAYS = 3_650
MAX_REMEMBERED = 200_000


class Fact(NamedTuple):
    """The truth about one alert: what to answer, and which real problem it tells of."""

    event: str
    position: int
    tenant: str
    verdict: Verdict
    problem: str | None


class Script:
    """The days of one MSP in order. The same seed and number of clients always give the same."""

    def __init__(self, seed: int, clients: int) -> None:
        """Begin with the first delivery."""
        self._msp = Msp(seed, clients=clients, start=START)
        self._deliveries = self._msp.deliveries(MAX_DAYS)
        self._next = next(self._deliveries, None)
        self._facts: dict[str, list[Fact | None]] = {}

    @property
    def tenants(self) -> frozenset[str]:
        """Return the ids of the clients."""
        return frozenset(client.tenant for client in self._msp.clients)

    def directory(self) -> list[dict[str, Any]]:
        """Return what is known of the clients, in the form of a tenants file."""
        return self._msp.directory()

    def arrived(self, until: float) -> Iterator[Sent]:
        """Yield what arrives up to ``until`` and has not been yielded, and remember the truth."""
        while self._next is not None and self._next.at <= until:
            sent, self._next = self._next, next(self._deliveries, None)
            self._remember(sent)
            yield sent

    def _remember(self, sent: Sent) -> None:
        if not sent.truth:
            return
        self._facts[sent.event] = [
            Fact(sent.event, position, sent.tenant, verdict, problem)
            for position, (verdict, problem) in enumerate(
                zip(sent.truth, sent.problems, strict=True)
            )
        ]
        if len(self._facts) > MAX_REMEMBERED:
            del self._facts[next(iter(self._facts))]

    def recall(self, event_key: str) -> Fact | None:
        """Return the truth about an alert, once."""
        event, _, number = event_key.partition("#")
        facts, position = self._facts.get(event), int(number or 0)
        if facts is None or position >= len(facts):
            return None
        fact, facts[position] = facts[position], None
        return fact

    def problems(self, days: int) -> Sequence[Problem]:
        """Return the real problems that begin within the first ``days``."""
        return self._msp.problems(days)

    def outcomes(self, days: int) -> Sequence[Label]:
        """Return the tickets and outages of those problems."""
        return list(self._msp.outcomes(days))


def days_until(until: float) -> int:
    """Return how many days have begun."""
    return int((until - START) // DAY) + 1
