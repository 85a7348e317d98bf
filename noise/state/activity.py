"""How much has been going on lately: counts that fade."""

from __future__ import annotations

import msgspec

HALF_LIFE_SECONDS = 600.0
RECENT_SECONDS = 1_800.0
USUAL_SECONDS = 86_400.0
TIMES_THE_USUAL = 4.0
MUCH = 2.5


class Activity(msgspec.Struct, gc=False):
    """A count of which half is forgotten every ten minutes (epoch seconds of the last change)."""

    level: float = 0.0
    at: float = 0.0

    def level_at(self, now: float) -> float:
        """Return what is left of the count at ``now``."""
        if not self.level:
            return 0.0
        passed = now - self.at
        if passed <= 0.0:
            return self.level
        return float(self.level * 0.5 ** (passed / HALF_LIFE_SECONDS))

    def add(self, now: float, amount: float = 1.0) -> None:
        """Count one more thing that happened at ``now``."""
        self.level = self.level_at(now) + amount
        self.at = max(self.at, now)


class Surge(msgspec.Struct, gc=False):
    """How much never-seen came lately, against how much usually comes to this client.

    ``recent`` fades by half in half an hour, ``usual`` in a day. A new client starts with much that
    is usual, because in its first days everything is new.
    """

    recent: float = 0.0
    usual: float = 300.0
    at: float = 0.0

    def add(self, now: float, amount: float) -> None:
        """Count something that was never seen before ``now``."""
        self.recent = self._faded(self.recent, now, RECENT_SECONDS) + amount
        self.usual = self._faded(self.usual, now, USUAL_SECONDS) + amount
        self.at = max(self.at, now)

    def is_on(self, now: float) -> bool:
        """Say whether there is much news, and several times what is usual."""
        if self.recent <= MUCH:  # it only fades, and this is asked for every alert
            return False
        recent = self._faded(self.recent, now, RECENT_SECONDS)
        if recent <= MUCH:
            return False
        usual = self._faded(self.usual, now, USUAL_SECONDS) * RECENT_SECONDS / USUAL_SECONDS
        return recent > TIMES_THE_USUAL * usual

    def _faded(self, level: float, now: float, half_life: float) -> float:
        return float(level * 0.5 ** (max(0.0, now - self.at) / half_life)) if self.at else level
