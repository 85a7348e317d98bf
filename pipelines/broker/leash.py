"""Holds a child process to its owner's life, however the owner ends."""

from __future__ import annotations

import subprocess

# Reads until its input ends, which it does when the owner is gone; then asks the child to stop, and
# after eight seconds makes it.
SCRIPT = """\
read _
kill "$0" 2>/dev/null || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  sleep 0.4
  kill -0 "$0" 2>/dev/null || exit 0
done
kill -9 "$0"
"""


class Leash:
    """A small shell that ends the process ``pid`` when this process is gone, even by kill -9."""

    def __init__(self, pid: int) -> None:
        """Put ``pid`` on it."""
        self._shell = subprocess.Popen(  # noqa: S603 - our own command line
            ["/bin/sh", "-c", SCRIPT, str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what a terminal sends must not reach it
        )

    def release(self) -> None:
        """Take it off; for a process that has ended."""
        self._shell.kill()
        self._shell.communicate()
