"""One alert and what is known around it: all that a stage or the model may look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from noise.alert import Alert, excess
from noise.decision import Score
from noise.state.condition import DURATION_EDGES, Condition
from noise.state.tenant import CheckState, DeviceState, IncidentMemory, TenantState

MARGIN = 0.1
LABEL_ERRORS = 0.08
FEWER_ERRORS = 0.0
COMPANY = 2.5
TIMES = 1.5
ENOUGH = 5
NEARLY = 0.9
LEAST_PATIENCE = 1_500.0
DAYS_IN_A_ROW = 2  # and today


class Case:
    """Reading a case changes nothing. ``now`` is epoch seconds of arrival, or of a deadline."""

    __slots__ = (
        "_excess",
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
        self._excess: float | Literal["unasked"] | None = "unasked"

    @property
    def score(self) -> Score:
        """The model's opinion; asked for once, because most cases never need it."""
        if self._score is None:
            self._score = self._scorer(self)
        return self._score

    @property
    def excess(self) -> float | None:
        """How far the value lies beyond its limit, as a share of it; None if that is unknown."""
        if self._excess == "unasked":
            self._excess = excess(self.alert)
        return self._excess

    @property
    def surges(self) -> bool:
        """Whether more never-seen things come from this client than usual."""
        return self.tenant.core.surge.is_on(self.now)

    @property
    def was_real(self) -> bool:
        """Whether technicians found this check real at this client more often than people err.

        Where values can be held against a limit, less is enough: they tell cases apart.
        """
        check = self.check
        answers = check.noise_answers + check.actionable_answers
        errors = LABEL_ERRORS if self.excess is None else FEWER_ERRORS
        return check.actionable_answers > errors * answers

    @property
    def is_worse_than_noise(self) -> bool:
        """Whether the value is clearly worse than all that technicians called noise here."""
        beyond = self.excess
        if beyond is None:
            return False
        known = self.condition.noise_excess
        if known is None:
            known = self.check.noise_excess
        return known is None or beyond > known + max(MARGIN, MARGIN * abs(known))

    @property
    def has_more_company(self) -> bool:
        """Whether more happens on its device, or of its kind, than when it was called noise."""
        check, now = self.check, self.now
        if check.activity.level_at(now) > max(COMPANY, TIMES * check.noise_crowd):
            return True
        device = self.device
        if device is None:
            return False
        return device.activity.level_at(now) > max(COMPANY, TIMES * check.noise_company)

    @property
    def keeps_coming(self) -> bool:
        """Whether this is the third day in a row of what clears, and did not come daily before."""
        condition = self.condition
        return (
            self.check.self_cleared > 0
            and condition.days_in_a_row(self.now) == DAYS_IN_A_ROW
            and not condition.is_daily
        )

    def patience(self) -> float | None:
        """Return the seconds after which what technicians call noise has nearly always cleared.

        From how long this condition lasted before, else such devices with this check; half an hour
        where too little is known; None where it mostly lasts for days.
        """
        lasted = self.condition.durations
        if sum(lasted) < ENOUGH:
            lasted = self.check.lasted.get(self.alert.device_class or "", lasted)
        total = sum(lasted)
        if total < ENOUGH:
            return LEAST_PATIENCE
        over = total
        for edge, count in zip(DURATION_EDGES, lasted, strict=False):
            over -= count
            if over <= (1.0 - NEARLY) * total:
                return max(LEAST_PATIENCE, edge)
        return None

    @property
    def known_score(self) -> Score | None:
        """The model's opinion if anybody has asked for it."""
        return self._score
