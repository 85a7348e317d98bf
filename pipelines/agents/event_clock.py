"""What time it is in the stream of one partition.

Deadlines follow the stream, not the clock on the wall: a day of last year that is sent today must
be decided as it was then. While records come, time is a little before the oldest of the last few
seconds. When all has been read and nothing comes, time goes on from the newest record as it does on
the wall: a file of an earlier day must not leave for ever waiting what came before it.
"""

from __future__ import annotations

import struct

from pipelines.clock import Clock

GRACE_SECONDS = 5.0
RECENT_SECONDS = 2.0
_ANCHOR = struct.Struct(">Bdd")
_VERSION = 1
_NEVER = float("inf")


class EventClock:
    """The stream's time in epoch seconds; its anchor survives a restart.

    The oldest of the recent arrivals counts while records come, because two files of different
    days may be sent at once.
    """

    def __init__(self, wall: Clock) -> None:
        """Start without any idea of the time; ``wall`` is asked how much passes in silence."""
        self._wall = wall
        self._last: float | None = None
        self._seen_at = 0.0
        self._oldest_now = _NEVER
        self._oldest_before = _NEVER
        self._turned_at = 0.0

    @property
    def reached(self) -> float | None:
        """The newest arrival so far, None while no record has ever come."""
        return self._last

    def saw(self, oldest: float, last: float) -> None:
        """Take note of records just read: their oldest and their last arrival."""
        self._seen_at = self._wall()
        self._turn()
        self._oldest_now = min(self._oldest_now, oldest)
        self._last = last if self._last is None else max(self._last, last)

    def now(self, *, caught_up: bool) -> float | None:
        """Return up to when deadlines are due, None while no record has ever come."""
        if self._last is None:
            return None
        self._turn()
        silent_for = self._wall() - self._seen_at
        if caught_up and silent_for > GRACE_SECONDS:
            return self._last + silent_for - GRACE_SECONDS
        return min(self._oldest_before, self._oldest_now, self._last) - GRACE_SECONDS

    def _turn(self) -> None:
        wall = self._wall()
        if wall - self._turned_at < RECENT_SECONDS:
            return
        self._oldest_before, self._oldest_now = self._oldest_now, _NEVER
        self._turned_at = wall

    def anchor(self) -> bytes | None:
        """Return what must survive, None while there is nothing."""
        if self._last is None:
            return None
        return _ANCHOR.pack(_VERSION, self._last, self._seen_at)

    def restore(self, anchor: bytes) -> None:
        """Go on from a saved anchor; one of another version is ignored: the next record tells."""
        if len(anchor) != _ANCHOR.size or anchor[0] != _VERSION:
            return
        _, self._last, self._seen_at = _ANCHOR.unpack(anchor)
