"""Whether hiding more has dried up the answers that a model needs to notice what is real.

What is hidden is not answered, so a model that hides something real never hears of it. It shows in
two rates that part: fewer answers "real", more alerts hidden, lately against usually.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

RECENT_DAYS = 7.0
USUAL_DAYS = 28.0
ENOUGH_EXPECTED = 5.0  # answers "real", or their absence is chance

_DAY = 86_400.0
_STEP = 6 * 3600.0


class Faded(msgspec.Struct, array_like=True):
    """Days, alerts, those that the model judged noise, and answers "real", all fading with age.

    What was hidden for another reason (it waits, its incident was told, the owner wants it so) is
    none of these alerts.
    """

    days: float = 0.0
    judged: float = 0.0
    hidden: float = 0.0
    real: float = 0.0

    def fade(self, steps: int, half_life_days: float) -> None:
        """Let ``steps`` of six hours go by."""
        left = 0.5 ** (_STEP / _DAY / half_life_days)
        total = left**steps
        self.days = self.days * total + _STEP / _DAY * (1.0 - total) / (1.0 - left)
        self.judged *= total
        self.hidden *= total
        self.real *= total


class Lately(NamedTuple):
    """``real``: answers "real" a day, lately against usually; ``hidden``: the share, more or less.

    None where too little is known.
    """

    real: float | None
    hidden: float | None


class Starvation(msgspec.Struct):
    """``at`` is the epoch second that everything has been faded to."""

    at: float = 0.0
    recent: Faded = msgspec.field(default_factory=Faded)
    usual: Faded = msgspec.field(default_factory=Faded)

    def decided(self, now: float, *, hides: bool) -> None:
        """Count a decision of the model."""
        self._fade(now)
        for counts in (self.recent, self.usual):
            counts.judged += 1.0
            counts.hidden += hides

    def heard_real(self, now: float) -> None:
        """Count an answer "real"."""
        self._fade(now)
        self.recent.real += 1.0
        self.usual.real += 1.0

    def _fade(self, now: float) -> None:
        if not self.at:
            self.at = now
        steps = int((now - self.at) / _STEP)
        if steps > 0:
            self.at += steps * _STEP
            self.recent.fade(steps, RECENT_DAYS)
            self.usual.fade(steps, USUAL_DAYS)

    def change(self) -> Lately:
        """Return how lately differs from usually, as of the last entry."""
        recent, usual = self.recent, self.usual
        if not recent.judged or not usual.days:
            return Lately(None, None)
        expected = usual.real / usual.days * recent.days
        real = recent.real / expected if expected >= ENOUGH_EXPECTED else None
        return Lately(real, recent.hidden / recent.judged - usual.hidden / usual.judged)
