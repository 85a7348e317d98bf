"""The ledgers behind mode earn: one for each class of alerts, for members, and for all classes.

Scopes are named as in ``noise/state/scope.py``. A class for which the owner set a limit of its own
stands apart: it does not count for all classes together, and always has a ledger of its own. Of the
others only the first that came up have one, for as long as the client is known.

A class of which too much was real stands aside: what comes of it from then on does not count for
all, what came before does. So what counts for all is chosen before it is answered, and the bound,
which allows for a share that changes with every draw and in answer to earlier ones, holds.
"""

from __future__ import annotations

import msgspec

from noise.alert import Alert
from noise.decision import Reason
from noise.label import Verdict
from noise.learning.bound import Ledger, Part, part_of
from noise.state.answerable import Answerable
from noise.state.scope import ALL, OTHER, scope_of_class

MAX_CLASSES = 20
_COUNTED = frozenset({Part.SAMPLED, Part.HIDDEN})  # before anybody has answered


class Books:
    """One tenant's ledgers by scope, bounded in number but for classes that stand apart."""

    def __init__(self, audit_share: float, apart: frozenset[str]) -> None:
        """Take the classes of alerts that stand ``apart``."""
        self.ledgers: dict[str, Ledger] = {}
        self.aside: set[str] = set()
        self._changed: set[str] = set()
        self._audit_share = audit_share
        self._apart = frozenset(map(scope_of_class, apart))

    def scope_of(self, alert: Alert) -> str:
        """Return the scope to which an alert belongs."""
        return self._scope_of(alert.category)

    def _scope_of(self, alert_class: str | None) -> str:
        scope = scope_of_class(alert_class)
        if scope in self.ledgers or scope in self._apart or len(self.ledgers) < MAX_CLASSES:
            return scope
        return scope_of_class(OTHER)

    def decided(self, new: Answerable, replaced: Answerable | None, now: float) -> None:
        """Enter a decision, and take out the earlier one on the same sighting."""
        if replaced is not None and self.counting(replaced) != self.counting(new):
            for scope in self.counting(replaced):
                self._ledger(scope).decided(_uncounted(new), replaced, now, self._audit_share)
            replaced = _uncounted(replaced)
        is_counted = replaced is not None or part_of(new) in _COUNTED
        for scope in self.counting(new):
            if is_counted:
                self._ledger(scope).decided(new, replaced, now, self._audit_share)
            elif scope not in self.ledgers:  # so that the number of classes is bounded
                self._ledger(scope)

    def heard(
        self, one: Answerable, before: Verdict | None, after: Verdict | None, now: float
    ) -> None:
        """Enter that what was found of a sighting went from ``before`` to ``after``."""
        booked_at = one.booked_at
        for scope in self.counting(one):
            self._ledger(scope).heard(one, before, after, now, self._audit_share)
            one.booked_at = booked_at  # the next ledger has not booked it yet

    def take_changed(self) -> list[tuple[str, Ledger]]:
        """Take the ledgers that changed since the last call, by scope."""
        changed, self._changed = self._changed, set()
        return [(scope, self.ledgers[scope]) for scope in sorted(changed)]

    def told_anyway(self, one: Answerable) -> None:
        """Enter, before its first answer, that a sample would have been shown in the end."""
        for scope in self.counting(one):
            self._ledger(scope).told_anyway(one)
            one.told_anyway = False  # the next ledger has not entered it yet

    def became_known(self, one: Answerable) -> None:
        """Enter, before its first answer, that people were told of its incident meanwhile."""
        for scope in self.counting(one):
            self._ledger(scope).became_known(one)
            one.told = False  # the next ledger has not entered it yet

    def surfaced(self, alert_class: str, now: float, *, is_missed: bool) -> None:
        """Enter that something real came to light by itself, and whether its alerts were hidden."""
        own = self._scope_of(alert_class)
        for scope in (own,) if own in self.aside else self.counted_in(own):
            ledger = self._ledger(scope)
            ledger.surfaced(alert_class, now, self._audit_share, is_missed=is_missed)

    def counted_in(self, scope: str) -> tuple[str, ...]:
        """Return the scopes whose ledgers count what belongs to ``scope``."""
        if not scope:
            return ()
        return (scope,) if scope in self._apart else (scope, ALL)

    def counting(self, one: Answerable) -> tuple[str, ...]:
        """Return the scopes whose ledgers count a sighting."""
        return (one.scope,) if one.alone else self.counted_in(one.scope)

    def _ledger(self, scope: str) -> Ledger:
        self._changed.add(scope)
        ledger = self.ledgers.get(scope)
        if ledger is None:
            # How well scores rank is asked of the client's own ledger alone.
            ledger = self.ledgers[scope] = Ledger(noise_scores=[], real_scores=[])
        return ledger


def _uncounted(one: Answerable) -> Answerable:
    """Return the same sighting as something that waits, which no ledger counts."""
    return msgspec.structs.replace(one, reason=Reason.HOLDING, would_suppress=True, cleared=False)
