"""How the demo hears that it shall end, and still can finish what it began."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pipelines.broker.signals import handled_by


class Stop:
    """Counts how often somebody asked."""

    times = 0

    @property
    def is_asked(self) -> bool:
        """True when somebody asked at all."""
        return self.times > 0

    @property
    def is_urgent(self) -> bool:
        """True when somebody asked again."""
        return self.times > 1


@contextmanager
def counted_signals() -> Iterator[Stop]:
    """Count the signals that would end the program while the block runs."""
    stop = Stop()

    def count(_: int, __: FrameType | None) -> None:
        stop.times += 1

    with handled_by(count):
        yield stop
