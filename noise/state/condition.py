"""A condition: one check on one device of one tenant, and all that is remembered of it."""

from __future__ import annotations

import msgspec

from noise.alert import Alert

MAX_FLIPS = 32
REMINDERS = (1, 4, 24)
SHORT_CALM_SECONDS = 900.0
DAY_SECONDS = 86_400.0
OFTEN = 4
# Upper edges, in seconds, of the histogram of how long episodes lasted; the last bin is open.
DURATION_EDGES = (60.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 14400.0, 86400.0)


class Hold(msgspec.Struct, gc=False):
    """An alert that waits: shown at ``until`` unless its clear comes first."""

    alert: Alert
    decision_id: str
    until: float


class Hidden(msgspec.Struct, gc=False):
    """The alert of the present window, hidden by the model: shown after a surge or a miss.

    ``scope`` is what it belongs to in mode earn, empty where it need not be earned.
    """

    alert: Alert
    decision_id: str
    at: float
    scope: str = ""


class Condition(msgspec.Struct, gc=False):
    """Times are epoch seconds of arrival; 0 means never. Changed by ``recording`` and answers.

    ``since`` is since when it is bad, a short calm between two raises not counting. ``told_in`` is
    the incident in which people were last told of it.

    A window is the time in which repeats are folded: it began at ``window_at`` and had ``count``
    alerts so far. ``episodes`` counts all windows, ``windows`` those before this one since it was
    raised. ``flips`` are the times of the last raises, ``durations`` a histogram by
    ``DURATION_EDGES``. ``worst_excess`` is the worst value that was decided since it was raised,
    ``noise_excess`` the worst that was ever called noise, both as a share of the limit.
    ``was_seen``: in this window it was shown only because mode earn does not hide it yet.
    """

    key: str
    check: str
    device: str | None
    site: str | None
    category: str | None
    first_at: float
    seen_at: float
    alert_key: str = ""
    is_open: bool = False
    raised_at: float = 0.0
    since: float = 0.0
    occurred_at: float = 0.0
    cleared_at: float = 0.0
    cleared_alert_key: str = ""
    cleared_occurred_at: float = 0.0
    severity: int = 0
    window_at: float = 0.0
    windows: int = 0
    day: int = 0
    days: int = 0
    count: int = 0
    incident: str | None = None
    decision_id: str = ""
    hold: Hold | None = None
    hidden: Hidden | None = None
    told_at: float = 0.0
    told_in: str | None = None
    told_severity: int = -1
    was_seen: bool = False
    worst_excess: float | None = None
    episodes: int = 0
    self_cleared: int = 0
    durations: list[int] = msgspec.field(default_factory=lambda: [0] * (len(DURATION_EDGES) + 1))
    flips: list[float] = []
    values: int = 0
    value_mean: float = 0.0
    value_spread: float = 0.0
    noise_answers: int = 0
    actionable_answers: int = 0
    noise_excess: float | None = None

    def is_new_episode(self, alert: Alert, now: float) -> bool:
        """Say whether a raise has another key than what is open, whose clear was lost then.

        Not where all episodes share a key, and not shortly after: then they overlap.
        """
        if alert.alert_key in (self.alert_key, alert.condition_key):
            return False
        return self.is_open and now - self.seen_at > SHORT_CALM_SECONDS

    def note_day(self, now: float) -> None:
        """Remember that it was raised on this day; ``days`` has a bit for each of the last 32."""
        today = self._day_of(now)
        if today == self.day:
            self.days |= 1
            return
        passed = min(32, max(0, today - self.day)) if self.day else 0
        self.days = ((self.days << passed) | 1) & 0xFFFF_FFFF
        self.day = max(today, self.day)

    def _day_of(self, now: float) -> int:
        # Its days turn six hours before it first came, so that no night is cut in two.
        return int((now - self.first_at) / DAY_SECONDS + 1.25)

    def is_new_day(self, now: float) -> bool:
        """Say whether it has not been raised yet on the day of ``now``."""
        return self._day_of(now) != self.day

    def days_in_a_row(self, now: float) -> int:
        """Return on how many days up to now it was raised without a day between."""
        passed = self._day_of(now) - self.day
        days = self.days if passed <= 1 else 0
        return (~days & (days + 1)).bit_length() - 1

    def row_with(self, now: float) -> int:
        """Return on how many days in a row it was raised if it is raised at ``now``."""
        row = self.days_in_a_row(now)
        return row if self._day_of(now) == self.day else row + 1

    @property
    def is_daily(self) -> bool:
        """Whether it was raised on most days of the fortnight before the last four days."""
        return (self.days >> 4 & 0x3FFF).bit_count() >= OFTEN

    @property
    def reminders_apart(self) -> int:
        """How many repeat windows pass until an episode that goes on is judged again."""
        return REMINDERS[min(self.windows, len(REMINDERS) - 1)]

    def share_cleared_within(self, seconds: float) -> float:
        """Return the share, 0 to 1, of finished episodes that cleared within ``seconds``."""
        total = sum(self.durations)
        if not total:
            return 0.0
        inside = sum(
            n for edge, n in zip(DURATION_EDGES, self.durations, strict=False) if edge <= seconds
        )
        return inside / total
