"""What came in, what was shown, why the rest was not, and what was missed, at one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from noise.alert import utc
from noise.decision import Action, Reason
from noise.label import LabelSource
from noise.simulator import Problem
from pipelines.demo.books import Books
from pipelines.demo.earned import Earned
from pipelines.demo.observer import Shown
from pipelines.demo.told import Told


class Summary(NamedTuple):
    """All that is shown; the books count everything that lies in Kafka, from earlier starts too.

    ``first_decision_at`` is when the first new record's decision was read, as ``clock.elapsed``.
    """

    began_at: float
    now: float
    speed: float
    seconds: float
    went_on: bool
    sent: int
    first_decision_at: float | None
    books: Books
    earned: Earned
    told: Told
    last_shown: Sequence[Shown]
    false_positive_ratio: float | None

    def report(self) -> dict[str, Any]:
        """Return everything as plain values."""
        books = self.books
        return {
            "simulated": {
                "from": utc(self.began_at).isoformat(),
                "to": utc(self.now).isoformat(),
                "speed": self.speed,
                "went_on": self.went_on,
            },
            "seconds": round(self.seconds, 1),
            "sent": self.sent,
            "records": {
                "raw": books.raw,
                "decided": books.decided,
                "dead_letters": books.dead_letters.total(),
                "forwarded": books.forwarded,
                "waiting": books.waiting,
                "balance": books.balance,
            },
            "shown": books.shown,
            "suppressed": books.suppressed,
            "first_decisions": by_reason(books.first),
            "later_decisions": by_reason(books.later),
            "dead_letters": dict(sorted(books.dead_letters.items())),
            "labels": labels(books),
            "problems": {
                "told_in_time": len(self.told.in_time),
                "told_late": len(self.told.late),
                "missed": [_plain(problem) for problem in self.told.missed],
            },
            "earned": self.earned.report(),
            "false_positive_ratio": _rounded(self.false_positive_ratio, 4),
        }


def by_reason(counts: Counter[tuple[Action, Reason]]) -> dict[str, int]:
    """Return the counts by reason, in the order in which reasons are listed."""
    totals: Counter[Reason] = Counter()
    for (_, reason), count in counts.items():
        totals[reason] += count
    return {reason.value: totals[reason] for reason in Reason if totals[reason]}


def labels(books: Books) -> dict[str, int]:
    """Return how many answers people gave, by verdict, and how much surfaced by other ways."""
    counts = {"noise": 0, "actionable": 0, "outcomes": 0}
    for (verdict, source), count in books.labels.items():
        counts[verdict.value if source is LabelSource.HUMAN else "outcomes"] += count
    return counts


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "tenant": problem.tenant,
        "kind": problem.kind,
        "title": problem.title,
        "began_at": utc(problem.began_at).isoformat(),
        "tell_by": utc(problem.tell_by).isoformat(),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
