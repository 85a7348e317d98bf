"""One child process: its log, its end, and its next start."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.broker.leash import leash, unleash
from pipelines.clock import Clock, elapsed

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
LAST_LINES = 5


class ChildError(Exception):
    """A child that cannot be started; the text says what it said last."""


class Child:
    """A process in a session of its own, so that Ctrl-C in a terminal reaches its owner alone.

    It ends when its owner is gone. One that ends by itself is started again by ``mend``, after
    pauses that grow from one second to half a minute.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
        clock: Clock = elapsed,
    ) -> None:
        """Prepare it; ``log`` takes what it says, and that of the start before is kept."""
        self.name = name
        self.log = log
        self._command = command
        self._environment = dict(environment)
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._ended_at: float | None = None
        self._pause = FIRST_PAUSE_SECONDS

    @property
    def status(self) -> int | None:
        """The exit status, None while it runs or before its first start."""
        return self._process.poll() if self._process is not None else None

    @property
    def pid(self) -> int | None:
        """The id of the process; None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start it."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".previous.log"))
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )
        self._leash = leash(self._process.pid)
        self._started_at, self._ended_at = self._clock(), None

    def mend(self) -> str | None:
        """Start it again if it ended and its pause is over; return what to tell, if anything."""
        status, now = self.status, self._clock()
        if status is None:
            return None
        if self._ended_at is None:
            self._ended_at = now
            steady = now - self._started_at > STEADY_SECONDS
            self._pause = (
                FIRST_PAUSE_SECONDS if steady else min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            )
            return (
                f"{self.name} ended with status {status}; it starts again. It said: {self.last()}"
            )
        if now - self._ended_at >= self._pause:
            self._let_go()
            self.start()
        return None

    def said(self) -> str:
        """Return everything that it has said since its start."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def last(self) -> str:
        """Return its last lines, in one."""
        return " | ".join(self.said().strip().splitlines()[-LAST_LINES:]) or "nothing"

    def ask_to_stop(self) -> None:
        """Ask it to end; ``stop`` waits for that."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def stop(self, seconds: float) -> None:
        """Wait until it has ended, after so many seconds by force."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._let_go()
        self._process = None

    def _let_go(self) -> None:
        if self._leash is not None:
            unleash(self._leash)
            self._leash = None
