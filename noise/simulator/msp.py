"""A whole MSP made from a seed: what arrives, what of it was real, and what else came to light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from operator import attrgetter
from typing import Any

from noise.label import Label
from noise.settings import MaintenanceWindow
from noise.simulator.announced import announced
from noise.simulator.estate import DAY, Client, build_clients, directory_tree
from noise.simulator.feed import client_deliveries, client_troubles, scenes
from noise.simulator.outcomes import outcomes
from noise.simulator.problem import Problem
from noise.simulator.tools import Toolbox
from noise.simulator.transport import Sent


class Msp:
    """The same seed always gives the same bytes, and a longer run only appends to a shorter one."""

    def __init__(self, seed: int, *, clients: int, start: float) -> None:
        """``start`` is a midnight UTC in epoch seconds."""
        self.clients: Sequence[Client] = build_clients(seed, clients)
        self._seed = seed
        self._start = start

    def directory(self) -> list[dict[str, Any]]:
        """Return what the MSP knows of its clients, in the form that load_directory() reads."""
        return directory_tree(tuple(self.clients))

    def deliveries(self, days: float) -> Iterator[Sent]:
        """Yield what arrives within ``days``, in order of arrival, made while it is read."""
        until = self._start + days * DAY
        each = (client_deliveries(self._seed, one, self._start, until) for one in self.clients)
        return merge(*each, key=attrgetter("at"))

    def problems(self, days: float) -> Sequence[Problem]:
        """Return the real problems that begin within ``days``, in order; some end later."""
        until = self._start + days * DAY
        found = (
            trouble.problem
            for client in self.clients
            for trouble in client_troubles(self._seed, client, Toolbox(client), self._start, until)
        )
        return sorted(found, key=attrgetter("began_at", "id"))

    def maintenance(self, days: float) -> Sequence[MaintenanceWindow]:
        """Return the planned work that was announced; about half of it was not."""
        until = self._start + days * DAY
        return [
            window
            for client in self.clients
            for scene in scenes(self._seed, client, self._start, until)
            for window in announced(scene)
        ]

    def outcomes(self, days: float) -> Iterator[Label]:
        """Yield the tickets, outages and calls that come to light within ``days``, in order."""
        until = self._start + days * DAY
        told = (label for problem in self.problems(days) for label in outcomes(problem))
        in_time = (label for label in told if label.labelled_at.timestamp() < until)
        yield from sorted(in_time, key=attrgetter("labelled_at", "label_id"))
