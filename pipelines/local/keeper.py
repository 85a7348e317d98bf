"""Starts a child again when it dies: at once the first time, later and later if it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pipelines.clock import Clock, elapsed

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
HEALTHY_SECONDS = 60.0

Say = Callable[[str], None]


class Kept(Protocol):
    """A child, as far as its keeper needs it."""

    name: str

    def start(self) -> None: ...
    def ending(self) -> str | None: ...
    def end(self, seconds: float) -> None: ...


class Keeper:
    """Looks after one child; whoever owns it calls ``tend`` several times a second."""

    def __init__(self, child: Kept, say: Say, clock: Clock = elapsed) -> None:
        """``say`` is told in one line when the child dies."""
        self._child = child
        self._say = say
        self._clock = clock
        self._started_at = 0.0
        self._pause = FIRST_PAUSE
        self._again_at: float | None = None

    def start(self) -> None:
        """Start the child."""
        self._started_at = self._clock()
        self._again_at = None
        self._child.start()

    def tend(self) -> None:
        """Start the child again if it died, when its time has come."""
        now = self._clock()
        if self._again_at is not None:
            if now >= self._again_at:
                self.start()
            return
        ending = self._child.ending()
        if ending is None:
            return
        self._child.end(0)
        pause = self._next_pause(now)
        self._again_at = now + pause
        self._say(f"{self._child.name} ended ({ending}); it starts again in {pause:g} s")

    def _next_pause(self, now: float) -> float:
        if now - self._started_at > HEALTHY_SECONDS:
            self._pause = FIRST_PAUSE
        pause = self._pause
        self._pause = min(LONGEST_PAUSE, 2 * pause)
        return pause
