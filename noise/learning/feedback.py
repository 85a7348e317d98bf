"""Late labels find the sightings that they speak of, and say what is to be learned or taken back.

A technician counts once per sighting: the last word corrects the one before. Where technicians
differ, what is learned is the balance of their answers, each weighed by how often its technician
errs; even answers teach nothing. An answer keeps the weight it was given when it was said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from math import copysign
from typing import NamedTuple

import msgspec

from noise.alert import short_key
from noise.decision import Reason
from noise.label import Label, Outcome, Verdict
from noise.learning.features import name
from noise.learning.outcomes import HOUR, Outcomes, Surfaced
from noise.learning.people import People, key_of
from noise.state.answerable import (
    EVEN,
    Answer,
    Answerable,
    Answerables,
    Taught,
    condition_key_of,
    sighting_of,
)
from noise.state.condition import Condition
from noise.state.facts import Facts

MAX_ANSWERS = 20
MAX_WAITING = 500
_LEAST_SUSPICION = 0.01

_Opinion = tuple[Verdict | None, Verdict | None]


class LabelOutcome(StrEnum):
    """What became of a label; where it met several sightings, the first in this order."""

    CORRECTED = "corrected"
    CONFLICTING = "conflicting"
    LEARNED = "learned"
    OUTDATED = "outdated"
    REPEATED = "repeated"
    UNKNOWN_TARGET = "unknown_target"
    OUTCOME_MATCHED = "outcome_matched"
    OUTCOME_MISSED = "outcome_missed"
    OUTCOME_UNMATCHED = "outcome_unmatched"


_ORDER = list(LabelOutcome)


class Lesson(NamedTuple):
    """Something to learn, or, with ``is_undone``, to take back as it was ``taught``.

    Without ``is_whole`` only names are known, and it is for the counts alone.
    """

    facts: Facts
    taught: Taught
    is_undone: bool
    is_whole: bool

    @property
    def verdict(self) -> Verdict:
        """What the facts stand for."""
        return Verdict.NOISE if self.taught.weight > 0 else Verdict.ACTIONABLE

    @property
    def weight(self) -> float:
        """How many answers it counts for."""
        return abs(self.taught.weight)


class Heard(NamedTuple):
    """How technicians' opinion of a sighting changed; None means no opinion, or an even one.

    ``was_found`` and ``is_found`` are what of it was said of the sighting itself, which alone
    counts in the books (``Answerable.found``).
    """

    answerable: Answerable
    before: Verdict | None
    after: Verdict | None
    was_found: Verdict | None
    is_found: Verdict | None


class Resolution(NamedTuple):
    """What became of one label; ``surfaced`` if it told of something that came to light.

    ``doubted`` are sightings that too few people call real, though they were judged noise.
    """

    outcome: LabelOutcome
    lessons: list[Lesson]
    heard: list[Heard]
    surfaced: Surfaced | None = None
    doubted: tuple[Answerable, ...] = ()


class Waiting(msgspec.Struct):
    """Labels whose decision was not seen yet: feedback and alerts come in no common order."""

    labels: list[Label] = []


class Feedback:
    """Resolves labels against one tenant's sightings and keeps the answers with them."""

    def __init__(
        self,
        answerables: Answerables,
        conditions: Mapping[str, Condition],
        people: People,
        *,
        asks_others: bool = False,
    ) -> None:
        """Take what can be answered, and who answers.

        ``conditions`` by short key are for answers without decision. ``asks_others``: claims are
        put to other people, as mode earn does.
        """
        self._answerables = answerables
        self._conditions = conditions
        self._outcomes = Outcomes(answerables, conditions)
        self._people = people
        self._asks_others = asks_others
        self.waiting = Waiting()
        self.waiting_changed = False
        self._known: list[Label] = []
        self._wanted: set[str] = set()

    def hear(self, label: Label, now: float) -> Resolution:
        """Take a label; one whose target is unknown waits for it."""
        if label.outcome is not None:
            return self._happened(label, label.outcome, now)
        targets = self._targets(label, now)
        if targets:
            return self._answer(label, targets, now)
        if all(kept.label_id != label.label_id for kept in self.waiting.labels):
            before = self._answerables.forgets_before(now)
            fresh = [one for one in self.waiting.labels if one.labelled_at.timestamp() >= before]
            bare = msgspec.structs.replace(label, note=None)  # all that wait are saved together
            self.waiting.labels = _without_surplus([*fresh, bare])
            self.waiting_changed = True
        return Resolution(LabelOutcome.UNKNOWN_TARGET, [], [])

    def recall(self, new: Answerable, now: float) -> list[tuple[Label, Resolution]]:
        """Return what became of the labels that waited for ``new``, in the order they came."""
        if not self._is_wanted(new):
            return []
        found = [label for label in self.waiting.labels if _means(label, new)]
        self.waiting.labels = [label for label in self.waiting.labels if label not in found]
        self.waiting_changed = True
        return [(label, self._answer(label, [new], now)) for label in found]

    def _is_wanted(self, new: Answerable) -> bool:
        if not self.waiting.labels:
            return False
        if self._known is not self.waiting.labels:  # the list is replaced, never changed
            self._known = self.waiting.labels
            self._wanted = {_target(label) for label in self._known}
        return not self._wanted.isdisjoint((new.sighting, new.incident or "", new.condition))

    # -- whom a label means

    def _targets(self, label: Label, now: float) -> list[Answerable]:
        if label.incident_id is not None:
            return self._answerables.of_incident(label.incident_id)
        if label.condition_key is not None:
            one = self._of_condition(short_key(label.condition_key), now)
        else:
            one = self._of_decision(label.decision_id or "")
        return [one] if one is not None else []

    def _of_decision(self, decision_id: str) -> Answerable | None:
        exact = self._answerables.get(decision_id)
        if exact is not None:
            return exact
        # A repeat is not kept; its id ends with the key of the condition that it repeats.
        return self._answerables.latest(condition_key_of(decision_id))

    def _of_condition(self, key: str, now: float) -> Answerable | None:
        latest = self._answerables.latest(key)
        if latest is not None:
            return latest
        condition = self._conditions.get(key)
        if condition is None:
            return None
        bare = _without_decision(condition, now)
        self._answerables.remember(bare)
        return bare

    # -- what came to light by itself

    def _happened(self, label: Label, outcome: Outcome, now: float) -> Resolution:
        surfaced = self._outcomes.meet(outcome)
        if not surfaced.about:
            return Resolution(LabelOutcome.OUTCOME_UNMATCHED, [], [])
        met = self._answer(label, surfaced.about, now)
        became = met.outcome
        if surfaced.hidden and surfaced.is_new:
            became = LabelOutcome.OUTCOME_MISSED
        elif met.lessons:
            became = LabelOutcome.OUTCOME_MATCHED
        return met._replace(outcome=became, surfaced=surfaced)

    # -- what it changes

    def _answer(self, label: Label, targets: list[Answerable], now: float) -> Resolution:
        outcomes: list[LabelOutcome] = []
        lessons: list[Lesson] = []
        heard: list[Heard] = []
        verdict = Verdict.ACTIONABLE if label.outcome is not None else label.verdict
        technician = key_of(label.technician)
        for ignored in self._people.judge(technician):
            self._ignore(technician, ignored, lessons, heard, now)
        trust = self._trust(label, verdict)
        for target, share in zip(targets, _shares(verdict, targets), strict=True):
            before = _opinion(target)
            # A clock that ran ahead must not have the last word for ever.
            said_at = min(label.labelled_at.timestamp(), now + HOUR)
            answer = Answer(
                technician,
                verdict,
                label.label_id,
                said_at,
                share * trust,
                share,
                label.outcome is not None,
                is_second=self._asks_others and target.is_second_opinion(technician),
            )
            known = target.answers
            outcomes.append(_note(target, answer))
            if any(one is answer for one in target.answers):
                gone = [one for one in known if one not in target.answers]
                self._people.heard(target, gone, now)
            lessons += _teach(target, now)
            self._answerables.mark(target)
            heard += _changes(target, before)
        doubted = tuple(target for target in targets if target.doubted_since is not None)
        outcome = min(outcomes, key=_ORDER.index)
        return Resolution(outcome, lessons, heard, doubted=doubted)

    def _ignore(
        self,
        technician: str,
        verdict: Verdict,
        lessons: list[Lesson],
        heard: list[Heard],
        now: float,
    ) -> None:
        """Take back what a technician taught who turns out to say this whatever there is."""
        # By name: a restored engine holds its sightings in another order.
        for target in sorted(self._answerables, key=lambda one: one.sighting):
            said = [
                answer
                for answer in target.answers
                if (answer.technician, answer.verdict) == (technician, verdict)
                and not answer.is_outcome  # that something happened is no opinion
            ]
            if not said or not said[0].weight:
                continue
            before, said[0].weight = _opinion(target), 0.0
            lessons += _teach(target, now)
            self._answerables.mark(target)
            heard += _changes(target, before)

    def _trust(self, label: Label, verdict: Verdict) -> float:
        if label.outcome is not None:
            return 1.0
        return self._people.weight(label.technician, verdict)


def _opinion(target: Answerable) -> _Opinion:
    return target.verdict, target.found


def _changes(target: Answerable, before: _Opinion) -> list[Heard]:
    after = _opinion(target)
    if after == before:
        return []
    return [Heard(target, before[0], after[0], before[1], after[1])]


def _without_surplus(waiting: list[Label]) -> list[Label]:
    """Beyond the bound, drop the first of whoever has most labels waiting."""
    if len(waiting) <= MAX_WAITING:
        return waiting
    counts = Counter(key_of(label.technician) for label in waiting)
    most = max(counts, key=counts.__getitem__)
    first = next(label for label in waiting if key_of(label.technician) == most)
    return [label for label in waiting if label is not first]


def _target(label: Label) -> str:
    if label.condition_key is not None:
        return short_key(label.condition_key)
    return label.incident_id or sighting_of(label.decision_id or "")


def _means(label: Label, new: Answerable) -> bool:
    if label.decision_id is not None:
        return sighting_of(label.decision_id) == new.sighting
    if label.incident_id is not None:
        return label.incident_id == new.incident
    return label.condition_key is not None and short_key(label.condition_key) == new.condition


def _shares(verdict: Verdict, targets: list[Answerable]) -> list[float]:
    """Share one answer among the checks of an incident.

    Noise means all of them. Real means at least one: the most suspicious counts fully and the
    others in proportion, since copying such an answer to every member spoils what is known of them.
    """
    if verdict is Verdict.NOISE:
        return [1.0] * len(targets)
    suspicion = [max(1.0 - target.likely_noise, _LEAST_SUSPICION) for target in targets]
    most = max(suspicion)
    return [one / most for one in suspicion]


def _note(target: Answerable, new: Answer) -> LabelOutcome:
    """Enter an answer beside those of other technicians, and beside what came to light."""
    if any(answer.label_id == new.label_id for answer in target.answers):
        return LabelOutcome.REPEATED
    others = [answer for answer in target.answers if _voice(answer) != _voice(new)]
    earlier = next((answer for answer in target.answers if _voice(answer) == _voice(new)), None)
    if earlier is not None:
        return _correct(target, others, earlier, new)
    target.answers = _within_bound([*others, new])
    if any(answer.verdict is not new.verdict for answer in others):
        return LabelOutcome.CONFLICTING
    return LabelOutcome.LEARNED


def _voice(answer: Answer) -> tuple[str, bool]:
    return answer.technician, answer.is_outcome


def _within_bound(answers: list[Answer]) -> list[Answer]:
    """Beyond the bound, drop the first answer of the majority: many cannot push out a few.

    What came to light gives way to nothing that is said.
    """
    if len(answers) <= MAX_ANSWERS:
        return answers
    said = [answer.verdict for answer in answers if not answer.is_outcome]
    is_mostly_real = 2 * said.count(Verdict.ACTIONABLE) > len(said)
    most = Verdict.ACTIONABLE if is_mostly_real else Verdict.NOISE
    first = min(answers, key=lambda one: (one.is_outcome, one.verdict is not most))
    return [answer for answer in answers if answer is not first]


def _correct(
    target: Answerable, others: list[Answer], earlier: Answer, new: Answer
) -> LabelOutcome:
    if new.said_at < earlier.said_at:
        return LabelOutcome.OUTDATED
    if new.verdict is earlier.verdict:
        earlier.label_id, earlier.said_at = new.label_id, new.said_at
        return LabelOutcome.REPEATED
    target.answers = [*others, new]
    return LabelOutcome.CORRECTED


def _teach(target: Answerable, now: float) -> list[Lesson]:
    """Bring what was taught in line with the balance of the answers, undoing the latest first."""
    wanted = target.balance
    known = sum(taught.weight for taught in target.taught)
    stays = min(abs(known), abs(wanted)) if known * wanted > 0 else 0.0
    lessons = _take_back(target, abs(known) - stays)
    missing = wanted - copysign(stays, wanted)
    if abs(missing) >= EVEN:
        target.taught = [*target.taught, Taught(missing, now)]
        lessons.append(_lesson(target, target.taught[-1], is_undone=False))
    return lessons


def _take_back(target: Answerable, surplus: float) -> list[Lesson]:
    lessons = []
    while surplus >= EVEN:
        last = target.taught.pop()
        share = min(1.0, surplus / abs(last.weight))
        back = Taught(last.weight * share, last.at, last.step * share)
        lessons.append(_lesson(target, back, is_undone=True))
        if abs(last.weight - back.weight) >= EVEN:
            rest = Taught(last.weight - back.weight, last.at, last.step - back.step)
            target.taught.append(rest)
        surplus -= abs(back.weight)
    return lessons


def _lesson(target: Answerable, taught: Taught, *, is_undone: bool) -> Lesson:
    return Lesson(target.facts, taught, is_undone, target.noise_probability is not None)


def _without_decision(condition: Condition, now: float) -> Answerable:
    """Stand in for a sighting that is no longer remembered: its names alone."""
    return Answerable(
        decision_id=f"condition.{condition.key}",
        condition=condition.key,
        check=condition.check,
        device=condition.device,
        incident=None,
        reason=Reason.CLEARED,
        would_suppress=False,
        observed=False,
        told=False,
        noise_probability=None,
        decided_at=now,
        facts=Facts(
            check=name(condition.check),
            condition=condition.key,
            site=name(condition.site),
            category=name(condition.category),
            severity=condition.severity,
        ),
    )
