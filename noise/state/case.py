"""One alert and what is known around it: all that a stage or the model may look at."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Literal

import msgspec

from noise.alert import Alert, Severity, excess
from noise.decision import Action, Score
from noise.habits import Habit, Habits
from noise.state.condition import DURATION_EDGES, SHORT_CALM_SECONDS, Condition
from noise.state.slips import MOST_SLIPS, noise_share, right_if_real
from noise.state.tenant import CheckState, DeviceState, IncidentMemory, TenantState

CLEARLY_WORSE = 0.1
# How likely an answer "real" must be right. Values tell cases apart, so there a few real ones among
# much noise must not be taken for slips, and none are presumed that did not show.
LIKELY_RIGHT = 0.5
LIKELY_RIGHT_WITH_VALUES = 0.25
USUALLY_NOISE = 0.9
USUAL_ANSWERS = 2.0
FADED = 0.5  # of two that came within some minutes
SAME_MATTER_SECONDS = 86_400.0
NEXT_DAY_SECONDS = 1.5 * SAME_MATTER_SECONDS
LEAST_QUIET_SECONDS = 3_600.0
MOST_QUIET_SECONDS = 86_400.0
LONGEST_MATTER_SECONDS = 7 * SAME_MATTER_SECONDS
AT_ONCE_SECONDS = 1_800.0
NEXT_TRY_SECONDS = 4 * 3_600.0  # what runs each night and fails again so soon had not succeeded
MUCH_COMPANY = 2.5
TIMES_THE_COMPANY = 1.5
ENOUGH_EPISODES = 5
SLIP_AMONG = 10  # answers to the contrary make one answer a slip
ENOUGH_SEEN = 50
MOSTLY = 0.5
NEARLY_ALL = 0.9
LEAST_PATIENCE_SECONDS = 1_500.0
DAYS_IN_A_ROW = 3


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
    habits: Habits
    known_score: Score | None = None
    known_excess: float | Literal["unasked"] | None = "unasked"
    known_habit: Habit | None = None

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
    def habit(self) -> Habit:
        """How such alerts behave when they are harmless."""
        if self.known_habit is None:
            self.known_habit = self.habits.of(self.alert)
        return self.known_habit

    @property
    def showing(self) -> Action:
        """How it is shown, if it is: as an update where people were told of its incident."""
        if self.matter is not None:
            return Action.UPDATE
        told = self.incident is not None and self.incident.told_at > 0.0
        return Action.UPDATE if told else Action.NOTIFY

    @property
    def matter(self) -> IncidentMemory | None:
        """The incident in which people were told of this condition, for a day since it began.

        What is of a low severity is one matter with its like on other devices, unless something
        real came to light that had been hidden.
        """
        told_in = self.condition.told_in
        if told_in is None and self.alert.severity.rank <= Severity.LOW.rank:
            told_in = None if self.check.missed_at else self.check.told_in
        incident = self.tenant.incident(told_in)
        if incident is None:
            return None
        age = self.now - incident.opened_at
        if age <= SAME_MATTER_SECONDS:
            return incident
        goes_on = self.now - self.condition.told_at <= NEXT_DAY_SECONDS
        is_own = told_in == self.condition.told_in
        return incident if is_own and goes_on and age <= LONGEST_MATTER_SECONDS else None

    @property
    def news_from(self) -> float:
        """From when on people are told again that what they know of goes on: each time later.

        In epoch seconds; 0 if they were told of no such matter.
        """
        matter, told_at = self.matter, self.condition.told_at
        if matter is None or not told_at:
            return 0.0
        known_for = told_at - matter.opened_at
        return told_at + max(LEAST_QUIET_SECONDS, min(MOST_QUIET_SECONDS, known_for))

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
    def was_real_here(self) -> bool:
        """Whether technicians called this very condition real.

        One such answer among many that it was noise is a slip, but not where values tell.
        """
        condition = self.condition
        if self.alert.value is not None:
            return condition.actionable_answers > 0
        return condition.actionable_answers * SLIP_AMONG > condition.noise_answers

    @property
    def is_grave(self) -> bool:
        """Whether it is critical, at a client whose tool does not call most things so."""
        alert = self.alert
        if alert.severity is not Severity.CRITICAL:
            return False
        seen, critical = self.tenant.core.graveness.get(alert.source, (0, 0))
        return seen < ENOUGH_SEEN or critical < MOSTLY * seen

    @property
    def is_ordinary(self) -> bool:
        """Whether there is no value, or one no further beyond its limit than harmless ones go."""
        if self.days_left is not None:
            return not self.is_running_out
        beyond, limit = self.excess, self.alert.threshold
        return beyond is None or limit is None or self.habit.is_ordinary(beyond, limit)

    @property
    def is_worse_than_noise(self) -> bool:
        """Whether the value is clearly worse than all that technicians called noise here."""
        beyond, limit = self.excess, self.alert.threshold
        if beyond is None or limit is None or self.is_ordinary:
            return False
        known = self.condition.noise_excess
        if known is None:
            known = self.check.noise_excess
        beyond = self.habit.beyond(beyond, limit)
        known = known if known is None else self.habit.beyond(known, limit)
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
        if self.beside > check.noise_beside:
            return True
        return device.activity.level_at(now) > max(
            MUCH_COMPANY, TIMES_THE_COMPANY * check.noise_company
        )

    @property
    def goes_on(self) -> bool:
        """Whether its condition was raised before and is not over, as far as anybody heard."""
        return self.condition.is_open and not self.is_new_episode

    @property
    def beside(self) -> int:
        """How many other troubles began on its device within the last half hour and go on.

        What another tool says of the same kind is the same fault.
        """
        device, alert = self.device, self.alert
        if device is None or not device.open:
            return 0
        raised_at = self.condition.raised_at if self.goes_on else self.now
        return sum(
            1
            for key, one in device.open.items()
            if abs(one.raised_at - raised_at) <= AT_ONCE_SECONDS
            and key != self.condition.key
            and (one.source == alert.source or one.category != alert.category)
        )

    @property
    def is_crowd(self) -> bool:
        """Whether several devices say the same at once."""
        incident, others = self.incident, self.habit.crowd
        if incident is None or incident.device_count < others:
            return False
        return self.check.activity.level_at(self.now) > others - FADED

    @property
    def is_new_episode(self) -> bool:
        """Whether it was raised anew though nobody heard that it had cleared."""
        return self.condition.is_new_episode(self.alert, self.now)

    @property
    def began(self) -> float:
        """Since when it is bad: a short calm does not count, nor does another try that fails.

        Where a clear was lost, nobody knows since when; it counts from now on.
        """
        condition, now = self.condition, self.now
        if condition.is_open:
            goes_on = not self.is_new_episode or condition.hold is not None or self.habit.nights
            return condition.since if goes_on else now
        calm = NEXT_TRY_SECONDS if self.habit.nights else SHORT_CALM_SECONDS
        is_back = condition.cleared_at and now - condition.cleared_at <= calm
        return condition.since if is_back else now

    @property
    def days_left(self) -> float | None:
        """How many days are left beyond those at which it is told, where its value counts days."""
        least, value = self.habit.days_left, self.alert.value
        return None if least is None or value is None or not isfinite(value) else value - least

    @property
    def is_running_out(self) -> bool:
        """Whether so few days are left that nobody may wait any longer."""
        return self.days_left is not None and self.days_left <= 0.0

    @property
    def came_again(self) -> bool:
        """Whether it failed on so many days in a row that nobody may wait any longer."""
        nights, condition = self.habit.nights, self.condition
        return 0 < nights <= condition.row_with(self.now) and not condition.is_daily

    @property
    def keeps_coming(self) -> bool:
        """Whether this is the third day in a row of what clears, and did not come daily before.

        What people were told of within a day is no news by that.
        """
        condition = self.condition
        return (
            self.check.self_cleared > 0
            and condition.row_with(self.now) == DAYS_IN_A_ROW
            and self.now - condition.told_at > SAME_MATTER_SECONDS
            and not condition.is_daily
        )

    def share_that_clears(self, seconds: float) -> float:
        """Return the share of such alerts that clear within ``seconds``, as far as is known."""
        lasted = self.check.lasted.get(self.alert.device_class or "", self.condition.durations)
        within = sum(n for edge, n in zip(DURATION_EDGES, lasted, strict=False) if edge <= seconds)
        return (within + NEARLY_ALL * ENOUGH_EPISODES) / (sum(lasted) + ENOUGH_EPISODES)

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
