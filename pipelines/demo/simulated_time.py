"""The time of the simulated world, faster than ours."""

from __future__ import annotations

from pipelines.clock import Clock, elapsed


class SimulatedTime:
    """Runs from ``began_at``: in a hurry until ``live_from``, then ``speed`` times as fast as ours.

    Both are epoch seconds. In a hurry, all that lies before takes ``hurry_seconds``, unless the
    speed is higher still.
    """

    def __init__(
        self,
        began_at: float,
        speed: float,
        *,
        live_from: float = 0.0,
        hurry_seconds: float = 0.0,
        clock: Clock = elapsed,
    ) -> None:
        """Start now."""
        self.began_at = began_at
        self._speed = speed
        ahead = max(0.0, live_from - began_at)
        self._hurried = min(hurry_seconds, ahead / speed)  # in our seconds
        self._hurry = ahead / self._hurried if self._hurried else speed
        self._clock = clock
        self._started = clock()
        self._stopped: float | None = None

    def now(self) -> float:
        """Return the simulated time in epoch seconds."""
        passed = self.passed()
        hurried = min(passed, self._hurried)
        return self.began_at + hurried * self._hurry + (passed - hurried) * self._speed

    @property
    def speed(self) -> float:
        """How many simulated seconds now pass in one of ours."""
        return self._hurry if self.passed() < self._hurried else self._speed

    def passed(self) -> float:
        """Return how many of our seconds it has run."""
        return (self._clock() if self._stopped is None else self._stopped) - self._started

    def stop(self) -> None:
        """Stand still from now on."""
        self._stopped = self._clock()
