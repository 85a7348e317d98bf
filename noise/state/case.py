"""One alert and what is known around it: all that a stage or the model may look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from noise.alert import Alert, excess
from noise.decision import Action, Score
from noise.state.condition import DURATION_EDGES, Condition
from noise.state.slips import MOST_SLIPS, noise_share, right_if_real
from noise.state.tenant import CheckState, DeviceState, IncidentMemory, TenantState

CLEARLY_WORSE = 0.1
# How likely an answer "real" must be right. Values tell cases apart, so there a few real ones among
# much noise must not be taken for slips, and none are presumed that did not show.
LIKELY_RIGHT = 0.5
LIKELY_RIGHT_WITH_VALUES = 0.25
USUALLY_NOISE = 0.9
USUAL_ANSWERS = 2.0
MUCH_COMPANY = 2.5
TIMES_THE_COMPANY = 1.5
ENOUGH_EPISODES = 5
NEARLY_ALL = 0.9
LEAST_PATIENCE_SECONDS = 1_500.0
DAYS_IN_A_ROW = 2  # and today


class Case(msgspec.Struct, kw_only=True, eq=False):
    """Reading a case changes nothing. ``now`` is epoch seconds of arrival, or of a deadline.

    ``incident`` is the one that the alert would join, or that its clear belongs to; ``repeats``
    says that the condition is open and its window has not ended. ``known_score`` is the model's
    opinion if anybody has asked for it. ``hiding_rate`` is behind ``hidden_a_day``.
    """

    alert: Alert
    tenant: TenantState
    condition: Condition
    check: CheckState
    device: DeviceState | None
    incident: IncidentMemory | None
    repeats: bool
    now: float
    scorer: Callable[[Case], Score]
    hiding_rate: Callable[[Case], float]
    known_score: Score | None = None
    known_excess: float | Literal["unasked"] | None = "unasked"

    @property
    def score(self) -> Score:
        """The model's opinion; asked for once, because most cases never need it."""
        if self.known_score is None:
            self.known_score = self.scorer(self)
        return self.known_score

    @property
    def hidden_a_day(self) -> float:
        """How many alerts of its class were hidden here a day, in the last two to four weeks."""
        return self.hiding_rate(self)

    @property
    def excess(self) -> float | None:
        """How far the value lies beyond its limit, as a share of it; None if that is unknown."""
        if self.known_excess == "unasked":
            self.known_excess = excess(self.alert)
        return self.known_excess

    @property
    def showing(self) -> Action:
        """How it is shown, if it is: as an update where people were told of its incident."""
        told = self.incident is not None and self.incident.told_at > 0.0
        return Action.UPDATE if told else Action.NOTIFY

    @property
    def surges(self) -> bool:
        """Whether more never-seen things come from this client than usual."""
        return self.tenant.core.surge.is_on(self.now)

    @property
    def was_real(self) -> bool:
        """Whether technicians found this check real at this client, slips apart.

        One such answer against dozens of noise is mostly a slip.
        """
        noise, real = self.check.noise_answers, self.check.actionable_answers
        if not real:
            return False
        slips, least = MOST_SLIPS, LIKELY_RIGHT
        if self.excess is not None:
            slips, least = self.tenant.core.slips, LIKELY_RIGHT_WITH_VALUES
        share = noise_share(noise, real, USUALLY_NOISE, USUAL_ANSWERS, slips)
        return right_if_real(share, slips) > least

    @property
    def is_worse_than_noise(self) -> bool:
        """Whether the value is clearly worse than all that technicians called noise here."""
        beyond = self.excess
        if beyond is None:
            return False
        known = self.condition.noise_excess
        if known is None:
            known = self.check.noise_excess
        return known is None or beyond > known + max(CLEARLY_WORSE, CLEARLY_WORSE * abs(known))

    @property
    def has_more_company(self) -> bool:
        """Whether more happens on its device, or of its kind, than when it was called noise."""
        check, now = self.check, self.now
        if check.activity.level_at(now) > max(MUCH_COMPANY, TIMES_THE_COMPANY * check.noise_crowd):
            return True
        device = self.device
        if device is None:
            return False
        return device.activity.level_at(now) > max(
            MUCH_COMPANY, TIMES_THE_COMPANY * check.noise_company
        )

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

        From how long this condition lasted before, else this check on such devices; at least 25
        minutes, and no more where too little is known; None where too much of it lasts for more
        than a day.
        """
        lasted = self.condition.durations
        if sum(lasted) < ENOUGH_EPISODES:
            lasted = self.check.lasted.get(self.alert.device_class or "", lasted)
        total = sum(lasted)
        if total < ENOUGH_EPISODES:
            return LEAST_PATIENCE_SECONDS
        over = total
        for edge, count in zip(DURATION_EDGES, lasted, strict=False):
            over -= count
            if over <= (1.0 - NEARLY_ALL) * total:
                return max(LEAST_PATIENCE_SECONDS, edge)
        return None
