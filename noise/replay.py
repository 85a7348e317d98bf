"""Recorded alerts through an engine in virtual time, with technicians who answer what they see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple, Protocol

import msgspec

from noise.alert import Alert
from noise.decision import Action, DecidedAlert, Reason
from noise.directory import Directory
from noise.engine import Engine
from noise.errors import SourceError
from noise.label import Label, Verdict
from noise.learning.trainer import Trainer
from noise.mode_change import Change, ModeChange
from noise.recorded import Answer, Recorded
from noise.sources import Delivery, parse
from noise.state.answerable import condition_key_of

TICK_SECONDS = 600.0  # deadlines decide with their own time, however late they run
MAX_WAITING = 100_000
CHANGES_EVERY = 20_000


class Replayed(msgspec.Struct, frozen=True, gc=False):
    """What became of one delivery, or, without a delivery, of the time that went by.

    ``changes`` are what mode earn changed since the last delivery.
    """

    recorded: Recorded | None
    decided: list[DecidedAlert]
    error: SourceError | None = None
    changes: Sequence[ModeChange] = ()


class Technicians(Protocol):
    """Whoever answers. Asked when an alert arrives; what they say is only heard if they see it."""

    def answer(self, event: str, truth: Verdict | None) -> Answer | None:
        """Return what would be said of the alert with this event key, None for nothing."""
        ...

    def second_opinion(self, event: str, truth: Verdict | None, number: int) -> Answer | None:
        """Return what somebody else says when asked for the ``number``-th time, from 1."""
        ...


class WrittenAnswers:
    """Answers that were recorded beside the alerts."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        """Take the answers by event key."""
        self._answers = answers

    def answer(self, event: str, truth: Verdict | None) -> Answer | None:  # noqa: ARG002
        """Return the recorded answer."""
        return self._answers.get(event)

    def second_opinion(self, event: str, truth: Verdict | None, number: int) -> None:
        """Return nothing: of each alert one answer is recorded."""


class TrueAnswers:
    """A technician who knows the truth, answers late, and errs in a given share of cases."""

    def __init__(self, delay_seconds: float, error_share: float, seed: int) -> None:
        """Errors follow from ``seed`` and the event key, so that a replay repeats them."""
        self._delay = delay_seconds
        self._errors = error_share
        self._seed = seed

    def answer(self, event: str, truth: Verdict | None) -> Answer | None:
        """Return the truth, or its opposite now and then."""
        return self._say(event, truth, "truth")

    def second_opinion(self, event: str, truth: Verdict | None, number: int) -> Answer | None:
        """Return the same from another technician, who errs as often and on other alerts."""
        return self._say(f"{event}\0{number}", truth, f"truth {number + 1}")

    def _say(self, asked: str, truth: Verdict | None, technician: str) -> Answer | None:
        if truth is None:
            return None
        if self._errors and self._errs(asked):
            truth = Verdict.NOISE if truth is Verdict.ACTIONABLE else Verdict.ACTIONABLE
        return Answer(truth, self._delay, technician)

    def _errs(self, asked: str) -> bool:
        digest = blake2b(f"{self._seed}\0{asked}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / (1 << 64) < self._errors


class _Waiting(NamedTuple):
    at: float
    order: int
    label: Label


class _Claim(msgspec.Struct):
    """Something called real, about which others may be asked; ``asked`` so many times so far."""

    event: str
    truth: Verdict | None
    asked: int = 0


class Replay:
    """Drives an engine through recorded deliveries, sorted by arrival."""

    def __init__(
        self,
        engine: Engine,
        directory: Directory,
        technicians: Technicians | None = None,
        trainer: Trainer | None = None,
        outcomes: Iterable[Label] = (),
    ) -> None:
        """Take the engine, what is known of the clients, who answers, and who shares answers.

        ``outcomes`` are labels that are heard when they are written, whatever was shown; what
        became of them is counted in ``surfaced``. Those of after the last delivery are not heard.
        """
        self._engine = engine
        self._directory = directory
        self._technicians = technicians
        self._trainer = trainer
        self._answers: dict[tuple[str, str], tuple[Answer, Verdict | None]] = {}
        self._claims: dict[tuple[str, str], _Claim] = {}
        self._waiting = [
            _Waiting(label.labelled_at.timestamp(), number, label)
            for number, label in enumerate(outcomes)
        ]
        heapify(self._waiting)
        self._labels = len(self._waiting)
        self._ticked_at = 0.0
        self.labels_given = 0
        self.surfaced: Counter[str] = Counter()

    def run(self, deliveries: Iterable[Recorded]) -> Iterator[Replayed]:
        """Yield what became of each delivery, in order, and what fell due between them."""
        at = 0.0
        for number, recorded in enumerate(deliveries):
            at = max(at, recorded.at)
            due = at - self._ticked_at >= TICK_SECONDS or self._is_due(at)
            if due and (decided := self._pass_time(at)):
                yield Replayed(None, decided)
            yield self._deliver(recorded, at)
            if number % CHANGES_EVERY == 0:
                self._engine.forget_changes()
        decided = self._pass_time(at)
        yield Replayed(None, decided, changes=self._engine.mode_changes())

    def _is_due(self, at: float) -> bool:
        return bool(self._waiting) and self._waiting[0].at <= at

    def _pass_time(self, until: float) -> list[DecidedAlert]:
        decided: list[DecidedAlert] = []
        while self._is_due(until):
            waiting = heappop(self._waiting)
            self._hand_out(waiting.at)
            decided += self._shown(self._engine.tick(waiting.at))
            learned = self._engine.learn(waiting.label, waiting.at)
            decided += self._shown(learned.decisions)
            if waiting.label.outcome is None:
                self.labels_given += 1
            else:
                self.surfaced[learned.outcome] += 1
            self._collect()
        self._hand_out(until)
        decided += self._shown(self._engine.tick(until))
        self._ticked_at = until
        return decided

    def _deliver(self, recorded: Recorded, at: float) -> Replayed:
        try:
            alerts = parse(
                Delivery(recorded.body, recorded.source, recorded.tenant, recorded.event, at),
                self._directory,
            )
        except SourceError as exc:
            return Replayed(recorded, [], exc)
        self._hand_out(at)
        decided: list[DecidedAlert] = []
        for position, alert in enumerate(alerts):
            if self._technicians is not None:
                self._ask(self._technicians, alert, recorded.truth)
            decided += self._engine.handle(alert, at, f"{recorded.origin}-{position}")
        self._collect()
        changes = self._engine.mode_changes()
        for change in changes:
            if change.change is Change.ASKED:
                self._ask_again(change)
        return Replayed(recorded, self._shown(decided), changes=changes)

    def _hand_out(self, now: float) -> None:
        """Have the engine told of the shared models that are due."""
        if self._trainer is not None:
            for slot, model in self._trainer.advance(now):
                self._engine.offer(slot, model)

    def _collect(self) -> None:
        if self._trainer is not None:
            for lesson in self._engine.lessons():
                self._trainer.take(lesson)

    def _ask(self, technicians: Technicians, alert: Alert, truth: Verdict | None) -> None:
        answer = technicians.answer(alert.event_key, truth)
        if answer is None:
            return
        self._answers[alert.tenant, alert.event_key] = answer, truth
        _keep_within(self._answers)

    def _ask_again(self, question: ModeChange) -> None:
        """Have somebody else say what a claim is about."""
        tenant, at, decision_id = question.tenant, question.at.timestamp(), question.decisions[0]
        claim = self._claims.get((tenant, condition_key_of(decision_id)))
        if claim is None or self._technicians is None:
            return
        claim.asked += 1
        answer = self._technicians.second_opinion(claim.event, claim.truth, claim.asked)
        if answer is not None:
            self._put(answer, decision_id, tenant, at)

    def _put(self, answer: Answer, decision_id: str, tenant: str, at: float) -> None:
        label = answer.about(decision_id, tenant, at)
        self._labels += 1
        heappush(self._waiting, _Waiting(at + answer.delay_seconds, self._labels, label))

    def _shown(self, decided: list[DecidedAlert]) -> list[DecidedAlert]:
        """Have the technicians answer what they see among ``decided``, which is returned."""
        if self._technicians is not None:
            for one in decided:
                self._see(one)
        return decided

    def _see(self, decided: DecidedAlert) -> None:
        alert, decision = decided.alert, decided.decision
        if decision.action is Action.SUPPRESS:
            may_be_released = decision.reason is Reason.LEARNED_NOISE
            if decision.hold_until is None and not may_be_released:
                self._answers.pop((alert.tenant, alert.event_key), None)
            return
        answer, truth = self._answers.pop((alert.tenant, alert.event_key), (None, None))
        if answer is None:
            return
        self._put(answer, decision.id, alert.tenant, decision.decided_at.timestamp())
        if answer.verdict is Verdict.ACTIONABLE:
            claim = _Claim(alert.event_key, truth)
            self._claims[alert.tenant, condition_key_of(decision.id)] = claim
            _keep_within(self._claims)


def _keep_within(kept: dict[tuple[str, str], Any]) -> None:
    if len(kept) > MAX_WAITING:
        del kept[next(iter(kept))]
