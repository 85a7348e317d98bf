"""A child process that is started again when it dies, and never outlives its owner."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipelines.broker import Leash, uninterrupted
from pipelines.clock import elapsed
from pipelines.trouble import Trouble

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
# Whoever ran as long as this is well again; the next pause is the first one.
WELL_SECONDS = 60.0
LAST_LINES = 15


class ChildError(Trouble):
    """A child that could not start; the text is one sentence, ``last_lines`` what it said."""

    def __init__(self, sentence: str, last_lines: Sequence[str] = ()) -> None:
        """Keep both."""
        super().__init__(sentence)
        self.last_lines = last_lines


class Child:
    """One child; what it says goes to a file, which keeps that of the last run beside it."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        """Only ``start`` starts it."""
        self.name = name
        self.log = log
        self._command = command
        self._environment: Mapping[str, str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: Leash | None = None
        self._began_at = 0.0
        self._said_before = 0
        self._pause = FIRST_PAUSE_SECONDS
        self._due_at: float | None = None

    @property
    def pid(self) -> int | None:
        """Return the id of its process; None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def said(self) -> str:
        """Return what it said since its last start."""
        with self.log.open("rb") as file:
            file.seek(self._said_before)
            return file.read().decode(errors="replace")

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start with an empty log, and with our environment if no other is given."""
        self._environment = environment
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        self._launch()

    def tend(self, now: float) -> str | None:
        """Start it again if it died and the pause is over; return a sentence if anything happened.

        ``now`` is in seconds from an arbitrary start, as ``clock.elapsed`` counts.
        """
        if self._due_at is not None:
            if now < self._due_at:
                return None
            self._due_at = None
            self._launch()
            return f"{self.name} was started again (process {self.pid})"
        if self._process is None or self._process.poll() is None:
            return None
        return self._plan(now)

    def failure(self) -> ChildError:
        """Return why it ended, as far as it said."""
        lines = self.said.strip().splitlines()[-LAST_LINES:]
        if lines and lines[-1].startswith("noise: "):
            return ChildError(f"{self.name} cannot start: {lines[-1].removeprefix('noise: ')}")
        return ChildError(f"{self.name} {self._end()} at its start: {self.log} says why", lines)

    def _plan(self, now: float) -> str:
        if now - self._began_at > WELL_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        self._due_at = now + pause
        said = f"{self.name} {self._end()} and is started again in {pause:.0f} s; see {self.log}"
        self.collect()
        return said

    def _launch(self) -> None:
        with self.log.open("ab") as log, uninterrupted():
            self._said_before = log.tell()
            # A session of its own: Ctrl-C in a terminal must reach the owner first.
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )
            # Without its owner it has no broker to say goodbye to.
            self._leash = Leash(self._process.pid, in_order=False)
        self._began_at = elapsed()

    def _end(self) -> str:
        status = self._process.poll() if self._process else None
        if status is None:
            return "took too long"
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"

    def ask_to_stop(self) -> None:
        """Ask it to end in order, and never start it again."""
        self._due_at = None
        if self._process is not None:
            self._process.terminate()

    def has_ended_within(self, seconds: float) -> bool:
        """Wait for its end; False if it takes longer."""
        try:
            return self._process is None or self._process.wait(max(0.0, seconds)) is not None
        except subprocess.TimeoutExpired:
            return False

    def collect(self) -> None:
        """End it by force if it still runs, and forget it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._leash is not None:
            self._leash.let_go()
        self._process = self._leash = None


def stop_all(children: Iterable[Child], seconds: float) -> None:
    """End them in order, side by side; those that take longer by force."""
    children = list(children)
    until = elapsed() + seconds
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.has_ended_within(until - elapsed())
        child.collect()
