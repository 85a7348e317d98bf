"""How much has been going on lately: counts that fade."""

from __future__ import annotations

import msgspec

HALF_LIFE_SECONDS = 600.0


class Activity(msgspec.Struct):
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
