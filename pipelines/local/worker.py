"""``noise worker`` as a child process."""

from __future__ import annotations

import socket
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from noise import settings
from pipelines.broker.ports import free_port, is_free
from pipelines.local.child import Child

CONNECT_SECONDS = 0.2


class WorkerChild:
    """One worker with a page of metrics of its own."""

    def __init__(
        self,
        number: int,
        page: settings.Metrics,
        *,
        settings_file: Path,
        environment: Mapping[str, str],
        log: Path,
        taken: Collection[int],
    ) -> None:
        """Take a number from 0 on; ``page`` is where the first worker serves its metrics.

        ``taken`` are ports that must be left to others.
        """
        self.name = f"worker {number + 1}"
        self._child = Child(self.name, log)
        self._address = page.address
        self._wanted_port = page.port + number if page.port else 0
        self._settings_file = settings_file
        self._environment = environment
        self._taken = taken
        self.port = 0

    @property
    def log(self) -> Path:
        """Return the file with what it said."""
        return self._child.log

    @property
    def pid(self) -> int | None:
        """Return the id of its process; None when it does not run."""
        return self._child.pid

    @property
    def page(self) -> str:
        """Return the address of its metrics."""
        return f"http://{self._address}:{self.port}/metrics"

    def start(self) -> None:
        """Start it, on the port of before where that is free."""
        wanted = self.port or self._wanted_port
        self.port = wanted if wanted and is_free(wanted) else free_port(self._taken)
        command = [sys.executable, "-m", "pipelines.cli", "worker"]
        command += ["--settings", str(self._settings_file), "--metrics-port", str(self.port)]
        self._child.start(command, self._environment)

    def ending(self) -> str | None:
        """Return in words how it ended, None while it runs."""
        return self._child.ending()

    def answers(self) -> bool:
        """Tell whether its page can be reached."""
        try:
            socket.create_connection((self._address, self.port), CONNECT_SECONDS).close()
        except OSError:
            return False
        return True

    def ask_to_stop(self) -> None:
        """Send SIGTERM, if it runs."""
        self._child.ask_to_stop()

    def end(self, seconds: float) -> None:
        """Wait for its end for so long, then force it."""
        self._child.end(seconds)

    def last_lines(self) -> list[str]:
        """Return the end of what it said."""
        return self._child.last_lines()
