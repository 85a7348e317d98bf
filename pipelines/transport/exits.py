"""Ways out of the process that always arrive.

Faust's stop can hang for ever: in the middle of a rejoin, or after the event loop was closed.
Leaving hard is safe, because whatever is not committed is aborted by the next owner.
"""

import logging
import os
import signal
import threading
from types import TracebackType
from typing import Self

import faust

log = logging.getLogger(__name__)

CRASH_SECONDS = 5.0
STOP_SECONDS = 8.0
"""From the signal to the end of the process at the latest."""


def exit_after(seconds: float, status: int) -> threading.Timer:
    """End the process with this exit status after so many seconds, whatever else happens."""
    timer = threading.Timer(seconds, os._exit, (status,))
    timer.daemon = True
    timer.start()
    return timer


class Fatal:
    """A block whose failure ends the worker: `async with Fatal(app): ...`.

    Stock Faust logs most errors and goes on, with state that is ahead of the last commit.
    """

    def __init__(self, app: faust.App, *, unless: tuple[type[Exception], ...] = ()) -> None:
        self._app = app
        self._unless = unless

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception) or isinstance(error, self._unless):
            return False
        log.critical("the worker gives up: %r", error, exc_info=error)
        exit_after(CRASH_SECONDS, 1)
        await self._app.crash(error)
        return True


class Worker(faust.Worker):
    """Faust's worker, which is gone some seconds after SIGTERM or SIGINT, come what may."""

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        if not self._signal_stop_time:
            log.info("%s: finishing what is begun", signal.name)
            exit_after(STOP_SECONDS, 0)
        super()._schedule_shutdown(signal)
