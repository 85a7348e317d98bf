"""What was hidden is shown after all: in a surge of news, after a miss, and where trust is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from noise.alert import Alert
from noise.correlation import Correlation
from noise.decided import decide, later_id
from noise.decision import Action, DecidedAlert, Mode, Reason, Ruling
from noise.label import Label, LabelSource
from noise.mode_change import Change, ModeChange, Scope, with_released
from noise.settings import Settings
from noise.state import recording
from noise.state.answerable import Answerable
from noise.state.case import Case
from noise.state.condition import Hidden
from noise.state.scope import in_words, scope_in
from noise.state.tenant import IncidentMemory
from noise.tenancy import Tenancy

LOOK_BACK_SECONDS = 1_800.0
_SAYS = {
    LabelSource.HUMAN: "a person",
    LabelSource.TICKET: "a ticket",
    LabelSource.OUTAGE: "an outage",
    LabelSource.AUTOMATIC: "a tool",
}
SURGE = "shown because several kinds of alerts came since that this client never had"

_MINUTE, _HOUR = 60.0, 3_600.0
MakeCase = Callable[[Tenancy, Alert, float], Case]


class Releasing:
    """Decides again on alerts that were hidden, to show them.

    Each decision is handed over as soon as it is made, so that none is lost if an error comes next.
    """

    def __init__(self, settings: Settings, correlation: Correlation, case: MakeCase) -> None:
        """``case`` gathers what is known of an alert now."""
        self._settings = settings
        self._correlation = correlation
        self._case = case
        self._changes: list[ModeChange] = []

    def take_changes(self) -> list[ModeChange]:
        """Take the records of what mode earn changed since the last call."""
        taken, self._changes = self._changes, []
        return taken

    def after_surge(
        self, tenant: Tenancy, incident: IncidentMemory, now: float
    ) -> list[DecidedAlert]:
        """Show what the model hid shortly before so much news came: it may belong to it."""
        shown = []
        for kept in recording.hidden_lately(tenant.state, now - LOOK_BACK_SECONDS):
            case = self._case(tenant, kept.alert, now)
            made = self._show(tenant, case, incident, kept, why=SURGE)
            tenant.remember(case, made.decision, incident, scope=kept.scope)
            shown.append(made)
        return shown

    def after_outcome(
        self, tenant: Tenancy, missed: Sequence[Answerable], label: Label, now: float
    ) -> Iterator[DecidedAlert]:
        """Show what was hidden on a device on which something real came to light."""
        for one in missed:
            condition = tenant.state.conditions.get(one.condition)
            if condition is not None and condition.hidden is not None:
                real = f"something real happened on {one.device}"
                why = f"shown because {real}, says {_SAYS[label.source]}"
                yield self._free(tenant, condition.hidden, why, now)

    def review(self, tenant: Tenancy, now: float) -> Iterator[DecidedAlert]:
        """See what may be hidden from now on; what no longer may is shown if it is still open."""
        changes, lost = tenant.review(now)
        released: dict[str, list[str]] = {}
        for kept in recording.hidden_still(tenant.state, lost, now):
            why = f"shown because {in_words(kept.scope)} are no longer hidden as noise"
            made = self._free(tenant, kept, why, now)
            released.setdefault(kept.scope, []).append(made.decision.id)
            yield made
        self._changes += [
            with_released(change, _released_by(change, changes, released)) for change in changes
        ]

    def answer_misses(self, tenant: Tenancy, now: float) -> Iterator[DecidedAlert]:
        """Show at once what is like something hidden that was real, and see what may be hidden.

        Of what one person alone called real, somebody else is asked.
        """
        self._changes += [tenant.asked(one, now) for one in tenant.take_doubts()]
        for missed in tenant.take_misses():
            yield from self.review(tenant, now)
            why = f"shown because another alert of {missed.check!r} turned out to be real"
            like = []
            for kept in recording.hidden_still(tenant.state, {missed.scope}, now):
                if kept.alert.check == missed.check:
                    made = self._free(tenant, kept, why, now)
                    like.append(made.decision.id)
                    yield made
            self._changes.append(tenant.missed(missed, now, like))

    def _free(self, tenant: Tenancy, kept: Hidden, why: str, now: float) -> DecidedAlert:
        """Show an alert in its own incident; the ledger goes on counting that it was hidden."""
        case = self._case(tenant, kept.alert, now)
        incident = tenant.state.incident(case.condition.incident)
        if incident is None:
            decision_id = later_id(kept.decision_id)
            incident = self._correlation.open(tenant.state, kept.alert, decision_id, now)
        self._correlation.wake(tenant.state, incident, now)
        return self._show(tenant, case, incident, kept, why=why)

    def _show(
        self, tenant: Tenancy, case: Case, incident: IncidentMemory, kept: Hidden, *, why: str
    ) -> DecidedAlert:
        decision_id = later_id(kept.decision_id)
        case.repeats = False
        case.incident = incident
        with suppress(Exception):  # a model that fails must not keep it hidden
            _ = case.score
        was_seen = case.condition.was_seen or self._settings.mode_of(tenant.name) is Mode.OBSERVE
        hidden = "would have been hidden" if was_seen else "hidden"
        text = f"{hidden} {_ago(case.now - kept.at)} ago; {why}"
        action = Action.UPDATE if incident.told_at else Action.NOTIFY
        ruling = Ruling(action, Reason.INCIDENT_CHANGED, text)
        terms = tenant.terms(case, ruling, is_later=True)
        if case.condition.incident != incident.id:
            recording.joined(tenant.state, case, incident, decision_id)
        recording.told(tenant.state, case, incident)
        return decide(
            case,
            ruling,
            terms,
            self._settings,
            decision_id=decision_id,
            supersedes=kept.decision_id,
        )


def _released_by(
    change: ModeChange, changes: Sequence[ModeChange], released: Mapping[str, list[str]]
) -> tuple[str, ...]:
    """Return what a demotion shows: its own scope, or all that fell with all classes together."""
    if change.change is not Change.DEMOTED:
        return ()
    if change.scope is not Scope.ALL:
        return tuple(released.get(scope_in(change), ()))
    own = {scope_in(one) for one in changes if one.scope is not Scope.ALL}
    return tuple(one for scope in sorted(released.keys() - own) for one in released[scope])


def _ago(seconds: float) -> str:
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} minutes"
    return f"{seconds / _HOUR:.0f} hours"
