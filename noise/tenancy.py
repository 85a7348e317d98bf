"""One tenant's state and learning side by side; the engine holds one for each tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from noise.decision import Decision, Drawn, Score
from noise.label import Label, Verdict
from noise.learning.bound import Risk
from noise.learning.feedback import Heard, Resolution
from noise.learning.learner import KINDS, Learner
from noise.learning.outcomes import Surfaced
from noise.learning.shared import Exchange, Others
from noise.settings import Settings
from noise.state import snapshot
from noise.state.case import Case
from noise.state.condition import Condition
from noise.state.facts import Facts
from noise.state.snapshot import PieceKey
from noise.state.tenant import (
    CHECK,
    CONDITION,
    CORE,
    INCIDENT,
    CheckState,
    IncidentMemory,
    TenantState,
)


class Tenancy:
    """Joins what is remembered of a tenant with what was learned from its answers."""

    def __init__(self, name: str, settings: Settings, exchange: Exchange | None = None) -> None:
        """Start with nothing known of the tenant; by ``exchange`` others teach it."""
        self.name = name
        self.state = TenantState(name)
        others = Others(name, exchange or Exchange(settings.sharing))
        self._learner = Learner(settings, self.state.conditions, others)

    def score(self, case: Case) -> Score:
        """Return the model's opinion of a case."""
        return self._learner.score(case)

    def learn(self, label: Label, now: float) -> Resolution:
        """Take an answer; return what became of it."""
        resolution = self._learner.hear(label, now)
        self._count(resolution.heard)
        self._note_slips()
        if resolution.surfaced is not None and resolution.surfaced.is_missed:
            self._distrust(resolution.surfaced, now)
        return resolution

    def _distrust(self, surfaced: Surfaced, now: float) -> None:
        """Have the like of what was missed shown until somebody answers it."""
        for one in surfaced.about:
            if (check := self.state.checks.get(one.check)) is not None:
                check.missed_at = now
                self.state.mark(CHECK, check.key)

    def remember(
        self,
        case: Case,
        decision: Decision,
        incident: IncidentMemory | None,
        drawn: Drawn | None = None,
    ) -> None:
        """Keep a decision on a case that was scored, so that it can be answered."""
        if heard := self._learner.remember(case, decision, incident, drawn):
            self._count(heard)
            self._note_slips()

    def risk(self) -> Risk:
        """Return how often the engine was wrong here, as far as is known."""
        return self._learner.risk()

    def _note_slips(self) -> None:
        core, slips = self.state.core, self._learner.model.slips
        if core.slips != slips:
            core.slips = slips
            self.state.mark(CORE, "")

    def _count(self, heard: Iterable[Heard]) -> None:
        state = self.state
        for one, before, after in heard:
            if (condition := state.conditions.get(one.condition)) is not None:
                _move(condition, before, after)
                _widen(condition, one.facts.excess, after)
                state.mark(CONDITION, condition.key)
            if (check := state.checks.get(one.check)) is not None:
                _move(check, before, after)
                _widen(check, one.facts.excess, after)
                _note_company(check, one.facts, after)
                if one.decided_at > check.missed_at:
                    check.missed_at = 0.0
                state.mark(CHECK, check.key)
            if (incident := state.incident(one.incident)) is not None:
                _move(incident, before, after)
                state.mark(INCIDENT, incident.id)

    # -- what must survive

    def changed_pieces(self) -> Iterator[tuple[PieceKey, bytes | None]]:
        """Take what changed since the last call, None for what was forgotten."""
        yield from snapshot.changed_pieces(self.state)
        for kind, name, value in self._learner.changed_pieces():
            yield PieceKey(self.name, kind, name), value

    def forget_changes(self) -> None:
        """Drop what ``changed_pieces`` would give, and the news of incidents."""
        self.state.changed.clear()
        self.state.take_incident_news()
        self._learner.forget_changes()

    def all_pieces(self) -> Iterator[tuple[PieceKey, bytes]]:
        """Return everything; ``load`` of each in a new tenancy restores this one."""
        yield from snapshot.all_pieces(self.state)
        for kind, name, value in self._learner.all_pieces():
            yield PieceKey(self.name, kind, name), value

    def load(self, key: PieceKey, value: bytes) -> None:
        """Put back one saved piece. Raises SnapshotError."""
        if key.kind in KINDS:
            self._learner.load(key.kind, key.name, value)
        else:
            snapshot.load_piece(self.state, key, value)


def _move(
    answered: Condition | CheckState | IncidentMemory,
    before: Verdict | None,
    after: Verdict | None,
) -> None:
    for verdict, amount in ((before, -1), (after, 1)):
        if verdict is Verdict.NOISE:
            answered.noise_answers = max(0, answered.noise_answers + amount)
        elif verdict is Verdict.ACTIONABLE:
            answered.actionable_answers = max(0, answered.actionable_answers + amount)


def _widen(answered: Condition | CheckState, excess: float | None, after: Verdict | None) -> None:
    """Remember the worst value that was called noise."""
    if excess is None or after is not Verdict.NOISE:
        return
    known = answered.noise_excess
    answered.noise_excess = excess if known is None else max(known, excess)


def _note_company(check: CheckState, known: Facts, after: Verdict | None) -> None:
    """Remember in how much company it was called noise: on its device, and of its own kind."""
    if after is Verdict.NOISE:
        check.noise_company = max(check.noise_company, known.device_company)
        check.noise_crowd = max(check.noise_crowd, known.check_company)
