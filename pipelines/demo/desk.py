"""The technicians at their desk: they answer what they see, after a while."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from noise.decision import DecisionRecord
from noise.label import Label
from noise.simulator import Technicians
from pipelines.demo.script import Fact


class Desk:
    """Labels that are to be given, by the time at which they are.

    What an earlier start gave already is known from the feedback topic.
    """

    def __init__(self, technicians: Technicians) -> None:
        """Nobody has seen anything yet."""
        self._technicians = technicians
        self._waiting: list[tuple[float, str, Label]] = []
        self._given: set[str] = set()
        self._on_their_way: set[str] = set()

    def see(self, record: DecisionRecord, fact: Fact) -> None:
        """Have somebody look at an alert that is shown."""
        shown_at = record.decision.decided_at.timestamp()
        answer = self._technicians.answer(
            fact.event, fact.position, fact.verdict, fact.tenant, shown_at
        )
        if answer is None:
            return
        self.put(answer.about(record.decision.id, record.tenant, shown_at))

    def put(self, label: Label) -> None:
        """Give ``label`` when its time has come."""
        heappush(self._waiting, (label.labelled_at.timestamp(), label.label_id, label))

    def hear(self, label_id: str) -> None:
        """Take note of a label that is on the feedback topic."""
        if label_id in self._on_their_way:
            self._on_their_way.discard(label_id)
        else:
            self._given.add(label_id)

    def due(self, now: float) -> Iterator[Label]:
        """Yield the labels whose time has come and that were not given before."""
        while self._waiting and self._waiting[0][0] <= now:
            _, label_id, label = heappop(self._waiting)
            if label_id in self._given:
                self._given.discard(label_id)
                continue
            self._on_their_way.add(label_id)
            yield label
