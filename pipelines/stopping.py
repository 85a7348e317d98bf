"""How a program of ours that runs until it is told to stop hears of it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.05


class Stop:
    """While its block runs, signals that would end the program are counted instead.

    Whoever works looks at ``asked`` now and then. So a signal never falls into the middle of
    starting a child process. Only for the main thread.
    """

    def __init__(self) -> None:
        """Start with nobody having asked."""
        self.times = 0
        self._before: dict[signal.Signals, Any] = {}

    def asked(self) -> bool:
        """Tell whether a signal came."""
        return self.times > 0

    def wait(self, seconds: float) -> None:
        """Sleep for so long, or until a signal comes."""
        for _ in range(max(1, round(seconds / POLL_SECONDS))):
            if self.asked():
                return
            time.sleep(POLL_SECONDS)

    def __enter__(self) -> Self:
        """Begin to count."""
        for number in SIGNALS:
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # by nohup: it is meant to go on without its terminal
            self._before[number] = signal.signal(number, self._count)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Have signals do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _count(self, _: int, __: FrameType | None) -> None:
        self.times += 1


GiveUp = Callable[[], bool]


def never() -> bool:
    """Say that there is no reason to give up."""
    return False
