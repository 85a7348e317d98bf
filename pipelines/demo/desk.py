"""The technicians at their desk: they answer what they see, after a while."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

from noise.decision import DecisionRecord
from noise.label import Label, Verdict
from noise.mode_change import ModeChange
from noise.simulator import Technicians
from noise.state.answerable import condition_key_of
from pipelines.demo.script import Fact

MAX_CLAIMS = 20_000


class Desk:
    """Labels that are to be given, by the time at which they are.

    What an earlier start gave already is known from the feedback topic. The topics are read side by
    side, so a question may be read before what it is about was seen.
    """

    def __init__(self, technicians: Technicians) -> None:
        """Nobody has seen anything yet."""
        self._technicians = technicians
        self._waiting: list[tuple[float, str, Label]] = []
        self._given: set[str] = set()
        self._on_their_way: set[str] = set()
        self._claims: dict[tuple[str, str], Fact] = {}
        self._questions: dict[tuple[str, str], list[ModeChange]] = {}
        self._asked: Counter[str] = Counter()

    def see(self, record: DecisionRecord, fact: Fact) -> None:
        """Have somebody look at an alert that is shown."""
        shown_at = record.decision.decided_at.timestamp()
        answer = self._technicians.answer(
            fact.event, fact.position, fact.verdict, fact.tenant, shown_at
        )
        if answer is None:
            return
        self.put(answer.about(record.decision.id, record.tenant, shown_at))
        if answer.verdict is Verdict.ACTIONABLE:
            claim = _named(record.tenant, record.decision.id)
            _keep(self._claims, claim, fact)
            for question in self._questions.pop(claim, ()):
                self._answer(question, fact)

    def ask(self, question: ModeChange) -> None:
        """Have somebody else look at what was called real though it was judged noise."""
        claim = _named(question.tenant, question.decisions[0])
        fact = self._claims.get(claim)
        if fact is None:
            _keep(self._questions, claim, [*self._questions.get(claim, ()), question])
        else:
            self._answer(question, fact)

    def _answer(self, question: ModeChange, fact: Fact) -> None:
        decision_id, asked_at = question.decisions[0], question.at.timestamp()
        self._asked[decision_id] += 1
        answer = self._technicians.second_opinion(
            fact.event,
            fact.position,
            fact.verdict,
            fact.tenant,
            asked_at,
            number=self._asked[decision_id],
        )
        if answer is not None:
            self.put(answer.about(decision_id, question.tenant, asked_at))

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


def _named(tenant: str, decision_id: str) -> tuple[str, str]:
    """Return the condition of a decision: who answers a repeat of it means the same."""
    return tenant, condition_key_of(decision_id)


def _keep(kept: dict[tuple[str, str], Any], claim: tuple[str, str], value: Any) -> None:
    kept[claim] = value
    if len(kept) > MAX_CLAIMS:
        del kept[next(iter(kept))]
