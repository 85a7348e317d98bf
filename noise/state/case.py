"""One alert and what is known around it: all that a stage or the model may look at."""

from __future__ import annotations

from collections.abc import Callable

from noise.alert import Alert
from noise.decision import Score
from noise.state.condition import Condition
from noise.state.tenant import CheckState, DeviceState, IncidentMemory, TenantState


class Case:
    """Reading a case changes nothing. ``now`` is epoch seconds of arrival, or of a deadline."""

    __slots__ = (
        "_score",
        "_scorer",
        "alert",
        "check",
        "condition",
        "device",
        "incident",
        "now",
        "repeats",
        "tenant",
    )

    def __init__(
        self,
        *,
        alert: Alert,
        tenant: TenantState,
        condition: Condition,
        check: CheckState,
        device: DeviceState | None,
        incident: IncidentMemory | None,
        repeats: bool,
        now: float,
        scorer: Callable[[Case], Score],
    ) -> None:
        """Gather the facts.

        ``incident`` is the one that the alert would join, or that its clear belongs to;
        ``repeats`` says that the condition is open and its window has not ended.
        """
        self.alert = alert
        self.tenant = tenant
        self.condition = condition
        self.check = check
        self.device = device
        self.incident = incident
        self.repeats = repeats
        self.now = now
        self._scorer = scorer
        self._score: Score | None = None

    @property
    def score(self) -> Score:
        """The model's opinion; asked for once, because most cases never need it."""
        if self._score is None:
            self._score = self._scorer(self)
        return self._score

    @property
    def known_score(self) -> Score | None:
        """The model's opinion if anybody has asked for it."""
        return self._score
