"""All that one tenant's learning consists of: model, sightings, answers, people, risk ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from noise.decision import Decision, Drawn, Reason, Score
from noise.errors import SnapshotError
from noise.label import Label, Verdict
from noise.learning import snapshot
from noise.learning.books import Books
from noise.learning.bound import Ledger, Part, Risk, part_of
from noise.learning.challenger import Challenger, Duel
from noise.learning.drift import Drift
from noise.learning.features import facts
from noise.learning.features import name as short_name
from noise.learning.feedback import Feedback, Heard, Resolution, Waiting
from noise.learning.model import TenantModel
from noise.learning.outcomes import Surfaced
from noise.learning.people import People, Person
from noise.learning.shared import Exchange, Others
from noise.learning.starvation import Lately, Starvation
from noise.settings import Settings
from noise.state.answerable import Answerable, Answerables, answerable
from noise.state.case import SAME_MATTER_SECONDS, Case
from noise.state.condition import Condition
from noise.state.facts import Facts
from noise.state.tenant import IncidentMemory

# Kinds of saved pieces; none of them is one of the tenant's state.
MODEL = "m"
SIGHTING = "a"
WAITING = "w"
LEDGER = "r"
PERSON = "p"
DRIFT = "v"
STARVATION = "s"
KINDS = frozenset({MODEL, SIGHTING, WAITING, LEDGER, PERSON, DRIFT, STARVATION})

_MODEL_HIDES = frozenset({Reason.LEARNED_NOISE, Reason.AUDIT_SAMPLE, Reason.PROBE})

VERSION = b"1"
_encoder = msgspec.msgpack.Encoder()
_sighting_decoder = msgspec.msgpack.Decoder(Answerable)
_waiting_decoder = msgspec.msgpack.Decoder(Waiting)
_ledger_decoder = msgspec.msgpack.Decoder(Ledger)
_drift_decoder = msgspec.msgpack.Decoder(Drift)
_starvation_decoder = msgspec.msgpack.Decoder(Starvation)
_person_decoder = msgspec.msgpack.Decoder(Person)


class Piece(NamedTuple):
    """One saved record of a tenant's learning; no ``value`` means that it was forgotten."""

    kind: str
    name: str
    value: bytes | None


class Health(NamedTuple):
    """Whether a model can still be relied on.

    ``doubt`` is the share of what it learned that does not count for now, ``lately`` whether
    it still hears of what is real.
    """

    doubt: float
    lately: Lately


class Learner:
    """Scores cases, keeps what may be answered, and learns from the answers of one tenant."""

    def __init__(
        self,
        settings: Settings,
        conditions: Mapping[str, Condition],
        others: Others | None = None,
        apart: frozenset[str] = frozenset(),
        *,
        incidents: Mapping[str, IncidentMemory] | None = None,
        asks_others: bool = False,
    ) -> None:
        """Start from day-one knowledge; ``conditions`` are the tenant's, by short key.

        ``incidents`` are the tenant's, by id. ``others`` teach this tenant, and hear from it if it
        agreed to share. ``apart`` are classes of alerts with a limit of their own.
        ``asks_others``: claims against the engine are put to other people.
        """
        self.model = TenantModel(settings.scoring)
        self.answerables = Answerables(settings.limits)
        self.ledger = Ledger()
        self._others = others or Others("", Exchange(settings.sharing))
        self.books = Books(settings.sampling.audit_share, apart)
        self._audit_share = settings.sampling.audit_share
        self._conditions = conditions
        self._incidents = incidents if incidents is not None else {}
        self._people = People()
        self._feedback = Feedback(
            self.answerables, conditions, self._people, asks_others=asks_others
        )
        self._ledger_changed = self._drift_changed = False
        self._drift = Drift()
        self._starvation = Starvation()
        self._challenger = Challenger() if settings.scoring.challenger else None
        self._asked: tuple[Case, Facts] | None = None

    def score(self, case: Case) -> Score:
        """Return the model's opinion of a case."""
        known = facts(case)
        # Kept for ``remember``: by then the state has taken in the alert, and the facts differ.
        self._asked = (case, known)
        return self.model.score(known, case.now, self._others.model(case.now))

    def remember(
        self,
        case: Case,
        decision: Decision,
        incident: IncidentMemory | None,
        *,
        drawn: Drawn | None = None,
        scope: str = "",
    ) -> list[Heard]:
        """Keep a decision on a case that was scored; return what answers that waited changed.

        ``scope`` is what it counts for in mode earn.
        """
        asked, self._asked = self._asked, None
        known = asked[1] if asked is not None and asked[0] is case else facts(case)
        new = answerable(case, decision, known, incident, drawn=drawn, scope=scope)
        new.alone = scope in self.books.aside
        replaced = self.answerables.remember(new)
        self.ledger.decided(new, replaced, case.now, self._audit_share)
        self.books.decided(new, replaced, case.now)
        hides = _model_hides(new)
        if hides is not None and (replaced is None or _model_hides(replaced) is None):
            self._starvation.decided(case.now, hides=hides)
        self._ledger_changed = True
        recalled = self._feedback.recall(new, case.now)
        return [heard for _, one in recalled for heard in self._apply(one, case.now)]

    def cleared(self, decision_id: str, now: float) -> Answerable | None:
        """Enter that what was to wait cleared in that time; return it if it was seen meanwhile."""
        waited = self.answerables.get(decision_id)
        if waited is None:
            return None
        if not waited.observed:
            if waited.scope:
                waited.unseen = True
                self.answerables.mark(waited)
            return None
        new = msgspec.structs.replace(waited, cleared=True, told=self._is_known(waited))
        self.answerables.remember(new)
        self.ledger.decided(new, waited, now, self._audit_share)
        self.books.decided(new, waited, now)
        self._ledger_changed = True
        return new

    def hidden_a_day(self, case: Case) -> float:
        """Return how many alerts of the case's class were hidden a day, as the ledger knows."""
        return self.ledger.hidden_a_day(short_name(case.alert.category), case.now)

    def hear(self, label: Label, now: float) -> Resolution:
        """Take an answer and learn what follows from it."""
        resolution = self._feedback.hear(label, now)
        self._apply(resolution, now)
        if resolution.surfaced is not None and resolution.surfaced.is_new:
            self._note_surfaced(resolution.surfaced, now)
        return resolution

    def _note_surfaced(self, surfaced: Surfaced, now: float) -> None:
        self.ledger.surfaced(
            surfaced.alert_class, now, self._audit_share, is_missed=surfaced.is_missed
        )
        self.books.surfaced(surfaced.alert_class, now, is_missed=surfaced.is_missed)
        self._ledger_changed = True

    def _apply(self, resolution: Resolution, now: float) -> list[Heard]:
        self.model.slips = self._people.slips
        if self._challenger is not None:
            self._compare(self._challenger, resolution, now)
        for lesson in resolution.lessons:
            taught, args = lesson.taught, (lesson.facts, lesson.verdict)
            if lesson.is_undone:
                self.model.unlearn(*args, taught.at, now, lesson.weight, step=taught.step)
            else:
                counts_only = not lesson.is_whole
                taught.step = self.model.learn(*args, now, lesson.weight, counts_only=counts_only)
            self._others.hear(lesson.facts, taught, now, is_undone=lesson.is_undone)
        for one, _, _, before, after in resolution.heard:
            if before is after:
                continue
            if one.booked_at == 0.0:
                self._note_first_answer(one, after, now)
            self.books.heard(one, before, after, now)
            self.ledger.heard(one, before, after, now, self._audit_share)
            self._ledger_changed = True
        return resolution.heard

    def _compare(self, challenger: Challenger, resolution: Resolution, now: float) -> None:
        others = self._others.model(now)
        for one, _, _, _, after in resolution.heard:
            if one.booked_at == 0.0 and one.noise_probability is not None and after is not None:
                says = self.model.score(one.facts, now, others).noise_probability
                challenger.meet(one.facts, says, after)
        for lesson in resolution.lessons:
            if lesson.is_whole and not lesson.is_undone:
                challenger.learn(lesson.facts, lesson.verdict, lesson.weight)

    def _note_first_answer(self, one: Answerable, verdict: Verdict | None, now: float) -> None:
        if self._would_be_told(one, now):
            self.books.told_anyway(one)
            self.ledger.told_anyway(one)
        elif not one.told and self._is_known(one):
            self.books.became_known(one)
            self.ledger.became_known(one)
        if verdict is Verdict.ACTIONABLE:
            self._starvation.heard_real(now)
        if one.noise_probability is not None and verdict is not None:
            self._drift.note(one.noise_probability, verdict, self.model.slips)
            self.model.doubt = self._drift.doubt
            self._drift_changed = True

    def _is_known(self, one: Answerable) -> bool:
        """Say whether people would know of it, though what they saw of it they saw in shadow only.

        They would if its incident was told, or its condition was shown within a day before, or
        since.
        """
        if one.told or not (one.observed and one.would_suppress):
            return one.told
        incident = self._incidents.get(one.incident or "")
        if incident is not None and incident.told_at > 0.0:
            return True
        since = one.decided_at - SAME_MATTER_SECONDS
        return any(
            other.condition == one.condition and part_of(other) is Part.SHOWN
            for other in self.answerables.of_device(one.device or "")
            if other.decided_at >= since
        )

    def _would_be_told(self, one: Answerable, now: float) -> bool:
        """Say whether a sample surely lasted until it would have been shown after all."""
        condition = self._conditions.get(one.condition)
        if not one.hidden_until or now < one.hidden_until or condition is None:
            return False
        if condition.raised_at > one.decided_at:  # raised again: how long it lasted is forgotten
            return False
        return not one.decided_at <= condition.cleared_at <= one.hidden_until

    def duel(self) -> Duel | None:
        """Return the marks of the model and its challenger, None if there is none."""
        return self._challenger.duel if self._challenger is not None else None

    def health(self) -> Health:
        """Return whether what was learned can still be relied on."""
        return Health(self._drift.doubt, self._starvation.change())

    def risk(self) -> Risk:
        """Return how often the engine was wrong, as far as is known."""
        return self.ledger.risk()

    # -- what must survive

    def changed_pieces(self) -> list[Piece]:
        """Take what changed since the last call."""
        pieces = [Piece(MODEL, *part) for part in snapshot.changed_parts(self.model)]
        for name, sighting in self.answerables.take_changed():
            value = _encode(sighting) if sighting is not None else None
            pieces.append(Piece(SIGHTING, name, value))
        if self._feedback.waiting_changed:
            pieces.append(Piece(WAITING, "", _encode(self._feedback.waiting)))
        if self._ledger_changed:
            pieces.append(Piece(LEDGER, "", _encode(self.ledger)))
            pieces.append(Piece(STARVATION, "", _encode(self._starvation)))
        if self._drift_changed:
            pieces.append(Piece(DRIFT, "", _encode(self._drift)))
        for name, person in self._people.take_changed():
            pieces.append(Piece(PERSON, name, _encode(person) if person is not None else None))
        changed = self.books.take_changed()
        pieces += [Piece(LEDGER, scope, _encode(ledger)) for scope, ledger in changed]
        self._unmark()
        return pieces

    def forget_changes(self) -> None:
        """Drop what ``changed_pieces`` would give."""
        self.model.changed.clear()
        self.answerables.take_changed()
        self._people.take_changed()
        self.books.take_changed()
        self._unmark()

    def _unmark(self) -> None:
        self._feedback.waiting_changed = self._ledger_changed = self._drift_changed = False

    def all_pieces(self) -> Iterator[tuple[str, str, bytes]]:
        """Return kind, name and value of everything; ``load`` of each restores this learner."""
        for part, value in snapshot.all_parts(self.model):
            yield MODEL, part, value
        for sighting in self.answerables:
            yield SIGHTING, sighting.sighting, _encode(sighting)
        yield WAITING, "", _encode(self._feedback.waiting)
        yield LEDGER, "", _encode(self.ledger)
        yield DRIFT, "", _encode(self._drift)
        yield STARVATION, "", _encode(self._starvation)
        for technician, person in self._people:
            yield PERSON, technician, _encode(person)
        for scope, ledger in self.books.ledgers.items():
            yield LEDGER, scope, _encode(ledger)

    def load(self, kind: str, name: str, value: bytes) -> None:
        """Put back one saved piece of one of the ``KINDS``. Raises SnapshotError."""
        if kind == MODEL:
            snapshot.load_part(self.model, name, value)
            return
        if value[:1] != VERSION:
            raise SnapshotError(f"{kind!r} {name!r} was saved by an unknown version")
        try:
            self._load(kind, name, value[1:])
        except msgspec.MsgspecError as exc:
            raise SnapshotError(f"{kind!r} {name!r} cannot be read: {exc}") from exc

    def _load(self, kind: str, name: str, value: bytes) -> None:
        if kind == SIGHTING:
            self.answerables.load(_sighting_decoder.decode(value))
        elif kind == WAITING:
            self._feedback.waiting = _waiting_decoder.decode(value)
        elif kind == PERSON:
            self._people.load(name, _person_decoder.decode(value))
            self.model.slips = self._people.slips
        elif kind == DRIFT:
            self._drift = _drift_decoder.decode(value)
            self.model.doubt = self._drift.doubt
        elif kind == STARVATION:
            self._starvation = _starvation_decoder.decode(value)
        elif name:
            self.books.ledgers[name] = _ledger_decoder.decode(value)
        else:
            self.ledger = _ledger_decoder.decode(value)


def _model_hides(one: Answerable) -> bool | None:
    """Say whether the model judged it to be noise, None where something else hid it."""
    if one.reason in _MODEL_HIDES:
        return True
    return None if one.would_suppress else False


def _encode(piece: Answerable | Waiting | Ledger | Person | Drift | Starvation) -> bytes:
    return VERSION + _encoder.encode(piece)
