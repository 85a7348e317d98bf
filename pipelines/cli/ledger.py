"""The books of a replay: every record and every alert ends in exactly one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from noise.decision import Action, DecidedAlert, Reason
from noise.mode_change import Change, ModeChange
from noise.replay import Replayed

FOLDED = frozenset((Reason.REPEAT, Reason.FLAPPING))
MAX_CHANGES = 500
GATHERED = frozenset((Reason.INCIDENT_MEMBER, Reason.CLEARED, Reason.CLEARED_WHILE_HELD))


class Kind(NamedTuple):
    """What decisions are counted by; ``cause`` is the reason before the mode had its say."""

    tenant: str
    day: int
    action: Action
    reason: Reason
    cause: Reason
    would_suppress: bool
    is_later: bool


class Ledger:
    """Counts records and decisions as they come."""

    def __init__(self) -> None:
        """Start with empty books."""
        self.decided_records = 0
        self.dead_letters: Counter[str] = Counter()
        self._counts: Counter[tuple[str, int, Action, Reason, Reason, bool, bool]] = Counter()
        self.changes: list[ModeChange] = []
        self.change_counts: Counter[Change] = Counter()
        self._incidents: set[str] = set()

    def enter(self, replayed: Replayed) -> None:
        """Enter what became of one delivery, and of what fell due."""
        if replayed.error is not None:
            self.dead_letters[replayed.error.reason] += 1
        elif replayed.recorded is not None:
            self.decided_records += 1
        for decided in replayed.decided:
            self._enter_decision(decided)
        for change in replayed.changes:
            self.change_counts[change.change] += 1
            if len(self.changes) < MAX_CHANGES:
                self.changes.append(change)

    def _enter_decision(self, decided: DecidedAlert) -> None:
        verdict = decided.decision
        self._counts[
            decided.alert.tenant,
            verdict.decided_at.toordinal(),
            verdict.action,
            verdict.reason,
            verdict.cause,
            verdict.would_suppress,
            verdict.supersedes is not None,
        ] += 1
        if decided.incident is not None:
            self._incidents.add(decided.incident.id)

    # -- what follows from the counts

    @property
    def decisions(self) -> dict[Kind, int]:
        """How many decisions there were of each kind."""
        return {Kind(*key): count for key, count in self._counts.items()}

    def report(self) -> dict[str, Any]:
        """Return the whole summary as plain values."""
        first = [(kind, n) for kind, n in self.decisions.items() if not kind.is_later]
        later = [(kind, n) for kind, n in self.decisions.items() if kind.is_later]
        raw = _sum(first)
        folded = sum(n for kind, n in first if kind.cause in FOLDED)
        gathered = sum(n for kind, n in first if kind.cause in GATHERED)
        dead_letters = self.dead_letters.total()
        return {
            "records": {
                "read": self.decided_records + dead_letters,
                "decided": self.decided_records,
                "dead_letters": dead_letters,
            },
            "alerts": {
                "raw": raw,
                "after_repeats": raw - folded,
                "after_correlation": raw - folded - gathered,
                "shown": sum(n for kind, n in first if kind.action is not Action.SUPPRESS),
                "suppressed": sum(n for kind, n in first if kind.action is Action.SUPPRESS),
                "would_suppress": sum(n for kind, n in first if kind.would_suppress),
            },
            "later_decisions": {
                "all": _sum(later),
                "shown": sum(n for kind, n in later if kind.action is not Action.SUPPRESS),
            },
            "incidents": len(self._incidents),
            "by_reason": _by_reason(first),
            "later_by_reason": _by_reason(later),
            "by_cause": dict(sorted(_grouped(first, lambda kind: kind.cause).items())),
            "dead_letters": dict(sorted(self.dead_letters.items())),
            "mode_changes": {change.value: self.change_counts[change] for change in Change},
            "mode_change_records": [msgspec.to_builtins(change) for change in self.changes],
            "tenants": self._tenants(),
        }

    def _tenants(self) -> dict[str, Any]:
        days: dict[str, dict[int, Counter[str]]] = {}
        for kind, n in self.decisions.items():
            counts = days.setdefault(kind.tenant, {}).setdefault(kind.day, Counter())
            if not kind.is_later:
                counts["raw"] += n
            if kind.action is not Action.SUPPRESS:
                counts["shown"] += n
        return {tenant: _tenant_summary(days[tenant]) for tenant in sorted(days)}


def _tenant_summary(days: Mapping[int, Counter[str]]) -> dict[str, Any]:
    raw = sum(counts["raw"] for counts in days.values())
    shown = sum(counts["shown"] for counts in days.values())
    return {
        "days": len(days),
        "raw_per_day": round(raw / len(days), 1),
        "shown_per_day": round(shown / len(days), 1),
        "by_day": {
            date.fromordinal(day).isoformat(): {"raw": c["raw"], "shown": c["shown"]}
            for day, c in sorted(days.items())
        },
    }


def _sum(counted: Iterable[tuple[Kind, int]]) -> int:
    return sum(n for _, n in counted)


def _grouped(counted: Iterable[tuple[Kind, int]], by: Any) -> Counter[str]:
    groups: Counter[str] = Counter()
    for kind, n in counted:
        groups[by(kind)] += n
    return groups


def _by_reason(counted: Iterable[tuple[Kind, int]]) -> dict[str, int]:
    groups = _grouped(counted, lambda kind: str(kind.reason))
    return {reason.value: groups[reason] for reason in Reason if groups[reason]}
