"""The engine: the same alerts and labels at the same times always give the same decisions.

``handle`` decides, ``learn`` takes an answer, ``tick`` runs what became due. Time is an argument,
in epoch seconds; the engine reads no clock, and randomness comes from the event keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from noise.alert import Alert, State
from noise.correlation import Correlation, incident_record
from noise.decided import decide, later_id
from noise.decision import Action, DecidedAlert, Mode, Reason, Ruling, Terms
from noise.errors import SnapshotError
from noise.habits import Habits
from noise.incident import Incident
from noise.label import Label
from noise.learning.bound import Ledger, Risk
from noise.learning.challenger import Comparison, Duel
from noise.learning.learner import Health
from noise.learning.shared import Exchange, SharedLesson, SharedModel
from noise.mode_change import ModeChange
from noise.releasing import Releasing
from noise.settings import Settings
from noise.stages import stages_after_hold, stages_for_arrivals
from noise.stages.sampling import Sampling
from noise.state import recording
from noise.state.bounds import keep_within
from noise.state.case import Case
from noise.state.condition import Condition
from noise.state.snapshot import PieceKey, decode_key, encode_key
from noise.state.tenant import (
    CORE_PIECE,
    HOLD,
    INCIDENT,
    REVIEW,
    Deadline,
    IncidentMemory,
    TenantState,
)
from noise.tenancy import Tenancy


class Stage(Protocol):
    """One reason to show or suppress an alert. Reads the case, never changes anything."""

    def judge(self, case: Case) -> Ruling | None:
        """Return a ruling, or None if this stage has nothing to say."""
        ...


class LabelResult(msgspec.Struct, frozen=True):
    """What became of an answer, and what was decided because time went on."""

    outcome: str
    decisions: list[DecidedAlert]


class TenantReport(NamedTuple):
    """How a tenant fares; ``spoke_at`` is the arrival of its last alert in epoch seconds.

    ``live`` is in how many scopes mode earn hides what is judged noise.
    """

    tenant: str
    mode: Mode
    spoke_at: float
    risk: Risk
    health: Health
    live: int = 0


class Engine:
    """Decides for any number of tenants; they never touch each other's state."""

    def __init__(self, settings: Settings) -> None:
        """Build the stages from ``settings``; the state comes by ``load`` or from alerts."""
        self._settings = settings
        self._on_arrival: Sequence[Stage] = stages_for_arrivals(settings)
        self._after_hold: Sequence[Stage] = stages_after_hold(settings)
        self._sampling = Sampling(settings.sampling)
        self._correlation = Correlation(settings.correlation)
        self._releasing = Releasing(settings, self._correlation, self._case)
        self._habits = Habits(settings.habits)
        self._window = settings.repeats.window_minutes * 60.0
        self._tenants: dict[str, Tenancy] = {}
        self._exchange = Exchange(settings.sharing)
        # What fell due and was not handed back, because an error came between.
        self._unsaid: list[DecidedAlert] = []
        self.unreadable = 0

    # -- what callers ask

    def handle(self, alert: Alert, now: float, origin: str) -> list[DecidedAlert]:
        """Decide on ``alert``, which arrived at ``now``; ``origin`` names the delivery.

        Returns the decisions that fell due first, and the alert's own first decision last.
        """
        tenant = self._tenant(alert.tenant)
        state = tenant.state
        now = state.advance(now)
        if state.soonest <= now:
            self._run_deadlines(tenant, now)
        own = self._arrive(tenant, alert, now, origin)
        if tenant.misses or tenant.doubts:
            self._say_later(self._releasing.answer_misses(tenant, now))
        state.core.spoke_at = now
        state.changed.add(CORE_PIECE)
        keep_within(state, self._settings.limits, now)
        return [*self._say(), own] if self._unsaid else [own]

    def learn(self, label: Label, now: float) -> LabelResult:
        """Take a technician's answer, which arrived at ``now``."""
        tenant = self._tenant(label.tenant)
        now = tenant.state.advance(now)
        self._run_deadlines(tenant, now)
        resolution = tenant.learn(label, now)
        if resolution.surfaced is not None:
            missed = resolution.surfaced.hidden
            self._say_later(self._releasing.after_outcome(tenant, missed, label, now))
        self._say_later(self._releasing.answer_misses(tenant, now))
        return LabelResult(resolution.outcome, self._say())

    def tick(self, now: float) -> list[DecidedAlert]:
        """Run the deadlines of all tenants up to ``now``; each decides with its own time."""
        due = [name for name, tenant in self._tenants.items() if tenant.state.soonest <= now]
        # By name: a restored engine has met its tenants in another order.
        for name in sorted(due):
            self._run_deadlines(self._tenants[name], now)
        return self._say()

    def _say_later(self, made: Iterator[DecidedAlert]) -> None:
        for one in made:
            self._unsaid.append(one)

    def _say(self) -> list[DecidedAlert]:
        said, self._unsaid = self._unsaid, []
        return said

    def incidents(self) -> list[Incident]:
        """Take the incidents that changed since the last call."""
        return [
            incident_record(tenant.state.core.tenant, incident)
            for tenant in self._tenants.values()
            for incident in tenant.state.take_incident_news()
        ]

    def mode_changes(self) -> list[ModeChange]:
        """Take what mode earn changed, and the misses that it met, since the last call."""
        return self._releasing.take_changes()

    def reports(self) -> Iterator[TenantReport]:
        """Say of each tenant how it fares; read rarely, for it costs some statistics."""
        for name, tenant in self._tenants.items():
            mode = self._settings.mode_of(name)
            spoke_at = tenant.state.core.spoke_at
            health, live = tenant.health(), tenant.live_classes()
            yield TenantReport(name, mode, spoke_at, tenant.risk(), health, live)

    def comparison(self) -> Comparison | None:
        """Return how the model and its challenger did, None if ``scoring.challenger`` is off."""
        if not self._settings.scoring.challenger:
            return None
        total = Duel()
        duels = (self._tenants[name].duel() for name in sorted(self._tenants))
        for duel in filter(None, duels):
            total.include(duel)
        return total.comparison()

    # -- what clients teach each other

    def offer(self, slot: str, model: SharedModel | None) -> None:
        """Take the shared model of a slot, None where there is none any more.

        Each decision follows the one that counts at its time. They are kept by whoever hands them
        out, not with this engine's state: a restored engine is offered them again.
        """
        self._exchange.offer(slot, model)

    def lessons(self) -> list[SharedLesson]:
        """Take what the clients that share have learned since the last call."""
        return self._exchange.take_lessons()

    def ledgers(self) -> dict[str, Ledger]:
        """Return the risk ledgers by tenant, to be read only."""
        return {name: tenant.ledger for name, tenant in self._tenants.items()}

    # -- what must survive

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Take the state records that changed since the last call, None for what was forgotten."""
        for tenant in self._tenants.values():
            for key, value in tenant.changed_pieces():
                yield encode_key(key), value

    def forget_changes(self) -> None:
        """Drop the news that would be handed over: nobody will save it."""
        self._exchange.take_lessons()
        for tenant in self._tenants.values():
            tenant.forget_changes()
        self._releasing.take_changes()

    def export(self) -> Iterator[tuple[bytes, bytes]]:
        """Return all state records; ``load`` of each in a new engine restores this one."""
        for tenant in self._tenants.values():
            for key, value in tenant.all_pieces():
                yield encode_key(key), value

    def load(self, key: bytes, value: bytes) -> None:
        """Put back one saved record. One that cannot be read is counted and left out.

        What is missing then is unknown to the engine, and the unknown is shown.
        """
        try:
            piece: PieceKey = decode_key(key)
            self._tenant(piece.tenant).load(piece, value)
        except SnapshotError:
            self.unreadable += 1

    # -- deciding

    def _tenant(self, name: str) -> Tenancy:
        tenant = self._tenants.get(name)
        if tenant is None:
            tenant = self._tenants[name] = Tenancy(name, self._settings, self._exchange)
        return tenant

    def _arrive(self, tenant: Tenancy, alert: Alert, now: float, origin: str) -> DecidedAlert:
        case = self._case(tenant, alert, now)
        ruling = self._rule(self._on_arrival, case) or self._shown(case)
        decision_id = f"{origin}.{case.condition.key}"
        terms = tenant.terms(case, ruling)
        if alert.state is State.CLEARED:
            hold = case.condition.hold
            if hold is not None and ruling.reason is Reason.CLEARED_WHILE_HELD:
                tenant.cleared(hold.decision_id, now)
            recording.cleared(tenant.state, case)
        elif _adds_nothing(case, ruling):
            recording.noted(tenant.state, case)
        elif case.repeats and ruling.action is Action.SUPPRESS and not _waits_anew(case, ruling):
            recording.repeated(tenant.state, case)
        else:
            return self._arrive_anew(tenant, case, ruling, terms, decision_id=decision_id)
        return self._decide(tenant, case, ruling, terms, decision_id=decision_id)

    def _arrive_anew(
        self, tenant: Tenancy, case: Case, ruling: Ruling, terms: Terms, *, decision_id: str
    ) -> DecidedAlert:
        surge, now = tenant.state.core.surge, case.now
        was_calm = not surge.is_on(now)
        case.incident = self._record(tenant, case, ruling, terms, decision_id)
        own = self._decide(tenant, case, ruling, terms, decision_id=decision_id)
        if was_calm and surge.is_on(now):
            self._unsaid += self._releasing.after_surge(tenant, case.incident, now)
        return own

    def _case(self, tenant: Tenancy, alert: Alert, now: float) -> Case:
        state = tenant.state
        condition = recording.condition_of(state, alert, now)
        repeats = self._repeats(state, condition, alert, now)
        if repeats or alert.state is State.CLEARED:
            incident = state.incident(condition.incident)
        else:
            incident = self._correlation.joinable(state, alert, now)
        return Case(
            alert=alert,
            tenant=state,
            condition=condition,
            check=recording.check_of(state, alert, now),
            device=recording.device_of(state, alert, now),
            incident=incident,
            repeats=repeats,
            now=now,
            scorer=tenant.score,
            hiding_rate=tenant.hidden_a_day,
            habits=self._habits,
        )

    def _repeats(self, state: TenantState, condition: Condition, alert: Alert, now: float) -> bool:
        if not condition.is_open or condition.is_new_episode(alert, now):
            return False
        window = self._window
        # Where clears are sent, what is open is known to be: it is said again after 1, 4, 24 times
        # the window. Elsewhere nobody knows.
        if state.core.clears.get(alert.source):
            window *= condition.reminders_apart
        return condition.hold is not None or now - condition.window_at < window

    def _rule(self, stages: Sequence[Stage], case: Case) -> Ruling | None:
        try:
            ruling = self._judge(stages, case)
            if not case.repeats and not _adds_nothing(case, ruling):
                _ = case.score  # asked here, so that a model that fails shows the alert
        except Exception as exc:  # noqa: BLE001 - whatever fails, the alert is shown
            return Ruling(
                Action.NOTIFY,
                Reason.FAIL_OPEN,
                f"shown unjudged, because judging failed: {type(exc).__name__}: {exc}"[:300],
            )
        return ruling

    def _judge(self, stages: Sequence[Stage], case: Case) -> Ruling | None:
        for stage in stages:
            ruling = stage.judge(case)
            if ruling is not None:
                return self._sampling.review(case, ruling)
        return None

    def _shown(self, case: Case) -> Ruling:
        """Return why it is shown where no stage has anything to say."""
        if case.check.answers < self._settings.scoring.guard_labels:
            return Ruling(
                Action.NOTIFY,
                Reason.FIRST_OF_INCIDENT,
                "nothing speaks for hiding it: technicians have not answered enough of its kind",
            )
        if case.check.missed_at:
            return Ruling(
                Action.NOTIFY,
                Reason.SCORE,
                "such an alert was hidden when something real happened, and nobody answered one "
                "since",
            )
        return Ruling(Action.NOTIFY, Reason.SCORE, "the model is not sure enough to hide it")

    def _record(
        self, tenant: Tenancy, case: Case, ruling: Ruling, terms: Terms, decision_id: str
    ) -> IncidentMemory:
        state = tenant.state
        incident = _incident_of(case, ruling)
        if incident is None:
            incident = self._correlation.open(state, case.alert, decision_id, case.now)
        self._correlation.wake(state, incident, case.now)
        if case.repeats:
            recording.repeated(state, case)
            if case.condition.incident != incident.id:  # its own was forgotten
                recording.joined(state, case, incident, decision_id)
        else:
            recording.raised(state, case, incident, decision_id)
        _carry_out(state, case, incident, ruling, terms, decision_id=decision_id)
        return incident

    def _decide(
        self,
        tenant: Tenancy,
        case: Case,
        ruling: Ruling,
        terms: Terms,
        *,
        decision_id: str,
        supersedes: str | None = None,
    ) -> DecidedAlert:
        made = decide(
            case, ruling, terms, self._settings, decision_id=decision_id, supersedes=supersedes
        )
        if case.known_score is not None:
            tenant.remember(
                case, made.decision, case.incident, drawn=ruling.drawn, scope=terms.scope
            )
        return made

    # -- what becomes due

    def _run_deadlines(self, tenant: Tenancy, until: float) -> None:
        while (due := tenant.state.next_due(until)) is not None:
            if due.kind == HOLD:
                self._unsaid += self._hold_over(tenant, due)
            elif due.kind == REVIEW:
                self._look_over(tenant, due)
            else:
                self._quiet(tenant, due)

    def _hold_over(self, tenant: Tenancy, due: Deadline) -> list[DecidedAlert]:
        state = tenant.state
        condition = state.conditions.get(due.key)
        if condition is None or condition.hold is None or condition.hold.until != due.at:
            return []
        hold = condition.hold
        state.advance(due.at)
        recording.end_hold(state, condition)
        case = self._case(tenant, hold.alert, due.at)
        case.repeats = False
        case.incident = state.incident(condition.incident)
        ruling = self._rule(self._after_hold, case) or _persisted(case)
        decision_id = later_id(hold.decision_id)
        terms = tenant.terms(case, ruling, is_later=True)
        case.incident = _incident_of(case, ruling)
        if case.incident is None:
            case.incident = self._correlation.open(state, hold.alert, decision_id, due.at)
        self._correlation.wake(state, case.incident, due.at)
        if condition.incident != case.incident.id:
            recording.joined(state, case, case.incident, decision_id)
        _carry_out(state, case, case.incident, ruling, terms, decision_id=decision_id)
        made = self._decide(
            tenant, case, ruling, terms, decision_id=decision_id, supersedes=hold.decision_id
        )
        return [made]

    def _look_over(self, tenant: Tenancy, due: Deadline) -> None:
        if tenant.state.core.review_at == due.at:
            tenant.state.advance(due.at)
            self._say_later(self._releasing.review(tenant, due.at))

    def _quiet(self, tenant: Tenancy, due: Deadline) -> None:
        incident = tenant.state.incident(due.key)
        if incident is None or incident.resolved_at or incident.look_at != due.at:
            return
        at = self._correlation.quiet_at(tenant.state, incident)
        if at > due.at:
            self._correlation.watch(tenant.state, incident, at)
            tenant.state.changed.add((INCIDENT, incident.id))  # no news to anybody else
            return
        incident.is_quiet = True
        tenant.state.mark(INCIDENT, incident.id)


def _carry_out(
    state: TenantState,
    case: Case,
    incident: IncidentMemory,
    ruling: Ruling,
    terms: Terms,
    *,
    decision_id: str,
) -> None:
    if ruling.hold_until is not None:
        recording.held(state, case, ruling.hold_until, decision_id)
    elif ruling.action is not Action.SUPPRESS:
        recording.told(state, case, incident)
    if ruling.reason is Reason.LEARNED_NOISE:
        recording.hidden(state, case, decision_id, terms.scope)
    if terms.is_earned and terms.shows:
        recording.seen(state, case, incident)


def _incident_of(case: Case, ruling: Ruling) -> IncidentMemory | None:
    """Return where it belongs: what is shown again goes to where people were told of it."""
    if ruling.action is not Action.SUPPRESS and case.matter is not None:
        return case.matter
    return case.incident


def _adds_nothing(case: Case, ruling: Ruling | None) -> bool:
    """Say whether it is no trouble of its own: a clear, what it overtook, an acknowledgement."""
    if ruling is not None and ruling.reason is Reason.CLEARED:
        return True
    if case.alert.state is State.ACKNOWLEDGED:
        return case.condition.is_open
    return case.alert.state is State.CLEARED


def _waits_anew(case: Case, ruling: Ruling) -> bool:
    """Say whether a condition got worse while it may not be told: it is told afterwards."""
    return ruling.hold_until is not None and case.alert.severity.rank > case.condition.severity


def _persisted(case: Case) -> Ruling:
    waited = (case.now - case.condition.window_at) / 60
    return Ruling(
        case.showing, Reason.PERSISTED, f"did not clear by itself within {waited:.0f} minutes"
    )
