"""A program of ours as a child process that never outlives us."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.broker.leash import Leash

LAST_LINES = 15


class LocalError(Exception):
    """What cannot run on this machine; the text is one sentence that says what to mend."""


class Child:
    """One program. Whatever it says goes to the file ``log``."""

    def __init__(self, name: str, log: Path) -> None:
        """Give it a name for people; nothing runs yet."""
        self.name = name
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: Leash | None = None

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run ``command`` with these variables besides our own. Raises LocalError."""
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own command line
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **environment},
                    # A session of its own: Ctrl-C in a terminal must reach us first.
                    start_new_session=True,
                )
        except OSError as exc:
            raise LocalError(f"{self.name} cannot be started: {exc}") from exc
        self._leash = Leash(self._process.pid)

    @property
    def pid(self) -> int | None:
        """Return the id of its process; None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def ending(self) -> str | None:
        """Return in words how it ended, None while it runs."""
        status = self._process.poll() if self._process else 0
        if status is None:
            return None
        return f"status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"

    def ask_to_stop(self) -> None:
        """Send SIGTERM, if it runs."""
        if self._process is not None:
            self._process.terminate()

    def end(self, seconds: float) -> None:
        """Wait for its end for so long, then force it."""
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._leash is not None:
            self._leash.release()
        self._process = self._leash = None

    def last_lines(self) -> list[str]:
        """Return the end of what it said."""
        return self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
