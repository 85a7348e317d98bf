"""One tenant's state and learning side by side; the engine holds one for each tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from noise.decision import Action, Decision, Drawn, InForce, Mode, Reason, Ruling, Score, Terms
from noise.label import Label, Verdict
from noise.learning.bound import Ledger, Risk
from noise.learning.challenger import Duel
from noise.learning.earning import REVIEW_SECONDS, Earning
from noise.learning.feedback import Heard, Resolution
from noise.learning.learner import KINDS, Health, Learner
from noise.learning.outcomes import Surfaced
from noise.learning.shared import Exchange, Others
from noise.mode_change import ModeChange
from noise.settings import Settings
from noise.state import snapshot
from noise.state.answerable import Answerable
from noise.state.case import Case
from noise.state.condition import Condition
from noise.state.facts import Facts
from noise.state.snapshot import PieceKey
from noise.state.tenant import (
    CHECK,
    CONDITION,
    CORE,
    INCIDENT,
    REVIEW,
    CheckState,
    Deadline,
    IncidentMemory,
    TenantState,
)

_ENFORCED = {action: Terms(action, InForce.ENFORCE) for action in Action}
STANDING = "e"  # a kind of saved piece


class Tenancy:
    """Joins what is remembered of a tenant with what was learned from its answers."""

    def __init__(self, name: str, settings: Settings, exchange: Exchange | None = None) -> None:
        """Start with nothing known of the tenant; by ``exchange`` others teach it."""
        self.name = name
        self.state = TenantState(name)
        others = Others(name, exchange or Exchange(settings.sharing))
        self._mode = settings.mode_of(name)
        limited = {limit.alert_class for limit in settings.risk_limits} - {None}
        apart = {one for one in limited if settings.risk_limit_of(name, one).alert_class}
        self._learner = Learner(
            settings,
            self.state.conditions,
            others,
            frozenset(map(str, apart)),
            incidents=self.state.incidents,
            asks_others=self._earns,
        )
        self._earning = Earning(name, settings, self._learner.books, self._learner.answerables)
        self.misses: list[Answerable] = []
        self.doubts: list[Answerable] = []

    def score(self, case: Case) -> Score:
        """Return the model's opinion of a case."""
        return self._learner.score(case)

    def hidden_a_day(self, case: Case) -> float:
        """Return how many alerts of the case's class were hidden a day."""
        return self._learner.hidden_a_day(case)

    def learn(self, label: Label, now: float) -> Resolution:
        """Take an answer; return what became of it."""
        resolution = self._learner.hear(label, now)
        self._count(resolution.heard)
        self._doubt(resolution.doubted)
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
        *,
        drawn: Drawn | None = None,
        scope: str = "",
    ) -> None:
        """Keep a decision on a case that was scored, so that it can be answered.

        ``scope`` is what it counts for in mode earn.
        """
        if scope:
            self._earning.decided(scope, case.now)
            self._plan_review(case.now)
        heard = self._learner.remember(case, decision, incident, drawn=drawn, scope=scope)
        if heard:
            self._count(heard)
            self._doubt(one.answerable for one in heard)
            self._note_slips()

    def cleared(self, decision_id: str, now: float) -> None:
        """Note that what was to wait cleared in that time: where it is not seen, nobody is told."""
        one = self._learner.cleared(decision_id, now)
        if one is not None and one.found is not None:
            self._earning.heard(one, None, one.found)
            self._doubt([one])

    def duel(self) -> Duel | None:
        """Return the marks of the model and its challenger, None if there is none."""
        return self._learner.duel()

    def health(self) -> Health:
        """Return whether what was learned here can still be relied on."""
        return self._learner.health()

    @property
    def ledger(self) -> Ledger:
        """The books of right and wrong."""
        return self._learner.ledger

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
        for one, before, after, was_found, is_found in heard:
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
            if one.scope:
                self._earning.heard(one, was_found, is_found)
                if self._earns and self._earning.is_miss(one, is_found):
                    self.misses.append(one)

    # -- what has been earned

    @property
    def _earns(self) -> bool:
        return self._mode is Mode.EARN

    def terms(self, case: Case, ruling: Ruling, *, is_later: bool = False) -> Terms:
        """Return how ``ruling`` is carried out here; ``is_later``: the alert was decided before."""
        if self._mode is Mode.ENFORCE:
            return _ENFORCED[ruling.action]
        scope = self._learner.books.scope_of(case.alert)
        if not self._earns:
            action = Action.NOTIFY if ruling.hides else ruling.action
            return Terms(action, InForce.OBSERVE, ruling.hides, scope)
        return self._earned_terms(case, ruling, scope, is_later=is_later)

    def _earned_terms(self, case: Case, ruling: Ruling, scope: str, *, is_later: bool) -> Terms:
        in_force = self._earning.in_force(case, ruling, scope)
        if _ends_what_was_seen(case, ruling):
            return Terms(Action.UPDATE, InForce.OBSERVE, True, scope, True)
        if ruling.hides and in_force is InForce.OBSERVE:
            return Terms(_seen_as(case), in_force, True, scope, True)
        action = ruling.action
        if is_later and case.condition.was_seen and action is Action.NOTIFY:
            action = Action.UPDATE
        return Terms(action, in_force, False, scope, True)

    def _doubt(self, answered: Iterable[Answerable]) -> None:
        if self._earns:
            self.doubts += [one for one in answered if self._earning.is_in_doubt(one)]

    def take_doubts(self) -> list[Answerable]:
        """Take what was judged noise and one person alone called real since the last call."""
        doubts, self.doubts = self.doubts, []
        return doubts

    def take_misses(self) -> list[Answerable]:
        """Take what was judged noise in a live scope and was answered real since the last call."""
        misses, self.misses = self.misses, []
        return misses

    def review(self, now: float) -> tuple[list[ModeChange], set[str]]:
        """Change what is in force as the evidence asks; return the records, and what fell back."""
        self.state.core.review_at = 0.0
        self.state.mark(CORE, "")
        if not self._earns:
            return [], set()
        before = self._earning.live_scopes()
        changes = self._earning.review(now)
        return changes, before - self._earning.live_scopes()

    def missed(self, one: Answerable, now: float, released: list[str]) -> ModeChange:
        """Return the record of a miss and of the decisions that showed its like."""
        return self._earning.missed(one, now, released)

    def asked(self, one: Answerable, now: float) -> ModeChange:
        """Return the record of a question to somebody else."""
        return self._earning.asked(one, now)

    def _plan_review(self, now: float) -> None:
        core = self.state.core
        if self._earns and not core.review_at:
            core.review_at = (now // REVIEW_SECONDS + 1) * REVIEW_SECONDS
            self.state.mark(CORE, "")
            self.state.remember_deadline(Deadline(core.review_at, REVIEW, ""))

    def live_classes(self) -> int:
        """Return in how many scopes what is judged noise is hidden."""
        return len(self._earning.live_scopes()) if self._earns else 0

    # -- what must survive

    def changed_pieces(self) -> Iterator[tuple[PieceKey, bytes | None]]:
        """Take what changed since the last call, None for what was forgotten."""
        yield from snapshot.changed_pieces(self.state)
        for kind, name, value in self._learner.changed_pieces():
            yield PieceKey(self.name, kind, name), value
        for scope, value in self._earning.changed_pieces():
            yield PieceKey(self.name, STANDING, scope), value

    def forget_changes(self) -> None:
        """Drop what ``changed_pieces`` would give, and the news of incidents."""
        self.state.changed.clear()
        self.state.take_incident_news()
        self._learner.forget_changes()
        self._earning.changed.clear()

    def all_pieces(self) -> Iterator[tuple[PieceKey, bytes]]:
        """Return everything; ``load`` of each in a new tenancy restores this one."""
        yield from snapshot.all_pieces(self.state)
        for kind, name, value in self._learner.all_pieces():
            yield PieceKey(self.name, kind, name), value
        for scope, value in self._earning.all_pieces():
            yield PieceKey(self.name, STANDING, scope), value

    def load(self, key: PieceKey, value: bytes) -> None:
        """Put back one saved piece. Raises SnapshotError."""
        if key.kind == STANDING:
            self._earning.load(key.name, value)
        elif key.kind in KINDS:
            self._learner.load(key.kind, key.name, value)
        else:
            snapshot.load_piece(self.state, key, value)


def _seen_as(case: Case) -> Action:
    seen = case.incident is not None and case.incident.was_seen
    return Action.UPDATE if seen else case.showing


def _ends_what_was_seen(case: Case, ruling: Ruling) -> bool:
    ends = ruling.reason in {Reason.CLEARED, Reason.CLEARED_WHILE_HELD}
    return ends and case.condition.is_open and case.condition.was_seen


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
        check.noise_beside = max(check.noise_beside, known.beside)
        check.noise_crowd = max(check.noise_crowd, known.check_company)
