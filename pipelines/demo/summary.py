"""What came in, what was shown, why the rest was not, and what was missed."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from typing import Any, NamedTuple

from noise.alert import utc
from noise.decision import Action, DecisionRecord
from noise.label import Verdict
from noise.simulator import Problem, Sent

MOST_REMEMBERED = 200_000
LAST_SHOWN = 8


class Truth(NamedTuple):
    """What the simulator knows of one alert."""

    verdict: Verdict
    problem: str | None


class Shown(NamedTuple):
    """One item as a technician sees it."""

    at: float
    tenant: str
    title: str
    action: Action
    why: str
    noise_probability: float | None


class Summary:
    """Counts one run of the demo; times are epoch seconds of the simulated clock."""

    def __init__(self, began_at: float, *, went_on: bool) -> None:
        """Start with nothing; ``went_on`` says that an earlier run had got as far as this."""
        self.began_at = began_at
        self.went_on = went_on
        self.now = began_at
        self.sent = 0
        self.dead_letters = 0
        self.labels: Counter[Verdict] = Counter()
        self.outcomes = 0
        self.actions: Counter[Action] = Counter()
        self.reasons: Counter[str] = Counter()
        self.later: Counter[Action] = Counter()
        self.last_shown: deque[Shown] = deque(maxlen=LAST_SHOWN)
        self.false_positive_ratio: float | None = None
        self.metrics: list[str] = []
        self._decided: set[str] = set()
        self._truths: OrderedDict[str, Truth] = OrderedDict()
        self._problems: dict[str, Problem] = {}
        self._met: set[str] = set()
        self._told_at: dict[str, float] = {}

    # -- what happens

    def know(self, problems: Iterable[Problem]) -> None:
        """Take note of the real problems of this run: an earlier one may have told of older."""
        self._problems.update(
            {problem.id: problem for problem in problems if problem.began_at >= self.began_at}
        )

    def send(self, sent: Sent) -> None:
        """Count a delivery, and remember the truth about its alerts."""
        self.sent += 1
        for position, (verdict, problem) in enumerate(zip(sent.truth, sent.problems, strict=True)):
            truth = Truth(verdict, problem)
            self._truths[sent.event] = self._truths[f"{sent.event}#{position}"] = truth
            if problem is not None:
                self._met.add(problem)
        while len(self._truths) > MOST_REMEMBERED:
            self._truths.popitem(last=False)

    def truth_of(self, event: str) -> Truth | None:
        """Return what is true of an alert, by its event key."""
        return self._truths.get(event)

    def decide(self, record: DecisionRecord) -> None:
        """Count a decision."""
        decision = record.decision
        if decision.supersedes is None:
            self._decided.add(decision.id.rpartition(".")[0].rpartition("-")[0])
            self.actions[decision.action] += 1
            self.reasons[decision.reason] += 1
        else:
            self.later[decision.action] += 1
        if decision.action is not Action.SUPPRESS:
            self._show(record)

    def _show(self, record: DecisionRecord) -> None:
        decision, at = record.decision, record.decision.decided_at.timestamp()
        why = decision.explanation[0].text if decision.explanation else decision.reason
        self.last_shown.append(
            Shown(at, record.tenant, record.title, decision.action, why, decision.noise_probability)
        )
        truth = self.truth_of(record.event_key)
        if truth is not None and truth.problem is not None:
            self._told_at.setdefault(truth.problem, at)

    # -- what follows

    @property
    def decided(self) -> int:
        """Raw records of which a decision was read."""
        return len(self._decided)

    @property
    def missing(self) -> int:
        """Records that were sent and have neither a decision nor a dead letter yet."""
        return self.sent - self.decided - self.dead_letters

    def problems(self) -> dict[str, int]:
        """Count the real problems whose alerts were sent: told in time, late, missed, waiting."""
        counts = Counter(dict.fromkeys(("told_in_time", "told_late", "missed", "waiting"), 0))
        for name in self._met & self._problems.keys():
            counts[self._fate(self._problems[name])] += 1
        return dict(counts)

    def _fate(self, problem: Problem) -> str:
        told_at = self._told_at.get(problem.id)
        if told_at is not None:
            return "told_in_time" if told_at <= problem.tell_by else "told_late"
        return "missed" if self.now > problem.tell_by else "waiting"

    def missed(self) -> list[str]:
        """Name what was missed."""
        return sorted(
            f"{self._problems[name].tenant}: {self._problems[name].title}"
            for name in self._met & self._problems.keys()
            if self._fate(self._problems[name]) == "missed"
        )

    def report(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "simulated": {
                "from": utc(self.began_at).isoformat(),
                "to": utc(self.now).isoformat(),
                "went_on": self.went_on,
            },
            "records": {
                "sent": self.sent,
                "decided": self.decided,
                "dead_letters": self.dead_letters,
                "missing": self.missing,
            },
            "alerts": {
                "shown": self.actions[Action.NOTIFY],
                "updates": self.actions[Action.UPDATE],
                "suppressed": self.actions[Action.SUPPRESS],
                "later_decisions": self.later.total(),
                "later_shown": self.later.total() - self.later[Action.SUPPRESS],
            },
            "by_reason": dict(sorted(self.reasons.items())),
            "labels": {verdict.value: self.labels[verdict] for verdict in Verdict},
            "outcomes": self.outcomes,
            "problems": self.problems(),
            "missed": self.missed(),
            "false_positive_ratio": self.false_positive_ratio,
            "metrics": self.metrics,
        }
