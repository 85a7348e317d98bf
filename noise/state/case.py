"""One alert and what is known around it: all that a stage or the model may look at."""

from __future__ import annotations

from collections.abc import Callable

from noise.alert import Alert, excess
from noise.decision import Score
from noise.state.condition import Condition
from noise.state.tenant import CheckState, DeviceState, IncidentMemory, TenantState

MARGIN = 0.1
LABEL_ERRORS = 0.08


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
    def surges(self) -> bool:
        """Whether more never-seen things come from this client than usual."""
        return self.tenant.core.surge.is_on(self.now)

    @property
    def was_real(self) -> bool:
        """Whether technicians found this check real at this client.

        Where values tell cases apart, once is enough; elsewhere more often than people err.
        """
        check = self.check
        answers = check.noise_answers + check.actionable_answers
        errors = 0.0 if self.alert.value is not None else LABEL_ERRORS * answers
        return check.actionable_answers > errors

    @property
    def is_worse_than_noise(self) -> bool:
        """Whether the value is clearly worse than all that technicians called noise here."""
        beyond = excess(self.alert)
        if beyond is None:
            return False
        known = self.condition.noise_excess
        if known is None:
            known = self.check.noise_excess
        return known is None or beyond > known + max(MARGIN, MARGIN * abs(known))

    @property
    def known_score(self) -> Score | None:
        """The model's opinion if anybody has asked for it."""
        return self._score
