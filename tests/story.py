"""Stories: push alerts minute by minute, then ask what people were told."""

from __future__ import annotations

from typing import Any

from noise.alert import Alert, utc
from noise.decision import Action, DecidedAlert, Reason
from noise.engine import Engine
from noise.label import Label, Verdict
from noise.settings import Settings, load_settings

START = 1_780_000_000.0


def enforcing(**tree: Any) -> Settings:
    """Settings in mode enforce, without random samples unless asked for."""
    sampling = {"audit_share": 0.0, "probe_hours": 100_000}
    return load_settings({"mode": "enforce", "sampling": sampling} | tree)


class Story:
    """An engine, a clock in minutes, and all that was decided."""

    def __init__(self, settings: Settings | None = None, engine: Engine | None = None) -> None:
        self.engine = engine or Engine(settings or enforcing())
        self.decided: list[DecidedAlert] = []
        self._count = 0

    def push(self, minute: float, alert: Alert) -> DecidedAlert:
        """Hand over an alert and return its own first decision."""
        self._count += 1
        self.decided += self.engine.handle(alert, at(minute), f"s-{self._count}")
        return self.decided[-1]

    def pass_time(self, minute: float) -> list[DecidedAlert]:
        """Let it become ``minute`` and return what fell due."""
        due = self.engine.tick(at(minute))
        self.decided += due
        return due

    def answer(
        self, minute: float, decided: DecidedAlert, verdict: Verdict, by: str = "tess"
    ) -> str:
        """Have a technician answer a decision."""
        self._count += 1
        label = Label(
            label_id=f"l-{self._count}",
            tenant=decided.alert.tenant,
            verdict=verdict,
            technician=by,
            labelled_at=utc(at(minute)),
            decision_id=decided.decision.id,
        )
        result = self.engine.learn(label, at(minute))
        self.decided += result.decisions
        return result.outcome

    def reasons(self) -> list[Reason]:
        """Why, for each decision in order."""
        return [one.decision.reason for one in self.decided]

    def told(self) -> list[tuple[float, str]]:
        """What people saw: minute and check."""
        return [
            (round((one.decision.decided_at.timestamp() - START) / 60, 1), one.alert.check)
            for one in self.decided
            if one.decision.action is not Action.SUPPRESS
        ]


def at(minute: float) -> float:
    """The epoch second of a minute of the story."""
    return START + minute * 60
