"""Which clients earned that noise is hidden, and which lost it again, as their records say."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

import msgspec

from noise.mode_change import Change, ModeChange
from noise.settings import Earn

# With the usual limits it takes weeks, of which nobody wants to see each day.
LIMITS = Earn(hidden_real=0.1, answers=50, wait_hours=6)
LAST = 10


class Earned:
    """Counts what mode earn changed, and keeps the last of it."""

    def __init__(self) -> None:
        """Nothing is live."""
        self.counts: Counter[Change] = Counter()
        self.promoted: deque[ModeChange] = deque(maxlen=LAST)
        self.demoted: deque[ModeChange] = deque(maxlen=LAST)
        self._live: set[tuple[str, str | None]] = set()

    def enter(self, record: ModeChange) -> None:
        """Enter a record of the topic."""
        self.counts[record.change] += 1
        scope = (record.tenant, record.alert_class)
        if record.change is Change.PROMOTED:
            self.promoted.append(record)
            self._live.add(scope)
        elif record.change is Change.DEMOTED:
            self.demoted.append(record)
            self._live.discard(scope)

    @property
    def clients_live(self) -> int:
        """Return at how many clients something is hidden as noise."""
        return len({tenant for tenant, _ in self._live})

    def report(self) -> dict[str, Any]:
        """Return everything as plain values, the last change last."""
        return {
            "limits": limits_in_words(),
            "clients_live": self.clients_live,
            "changes": {change.value: self.counts[change] for change in Change},
            "promoted": [msgspec.to_builtins(record) for record in self.promoted],
            "demoted": [msgspec.to_builtins(record) for record in self.demoted],
        }


def limits_in_words() -> str:
    """Return what it takes here to go live, and what it takes otherwise."""
    usual = Earn()
    return (
        f"looser than usual, so that it shows within minutes: of what is hidden "
        f"{LIMITS.hidden_real:.0%} may be real (usually {usual.hidden_real:.0%}), after "
        f"{LIMITS.wait_hours} hours in shadow (usually {usual.wait_hours // 24} days) and "
        f"{LIMITS.answers} answers (usually {usual.answers}); of real incidents "
        f"{LIMITS.missed_incidents:.0%} may be missed, as usual"
    )
