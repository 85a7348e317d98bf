"""Ends a child process whose owner is gone, however it went; kill -9 included."""

from __future__ import annotations

import subprocess

# The input of these ends when the owner does.
IN_ORDER = """
read _
kill "$0" || exit
for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 "$0" || exit; done
kill -9 "$0"
"""
AT_ONCE = 'read _; kill -9 "$0"'


class Leash:
    """Holds the process ``pid``; ``in_order`` gives it 10 s to end by itself."""

    def __init__(self, pid: int, *, in_order: bool) -> None:
        """Take hold."""
        self._holder = subprocess.Popen(  # noqa: S603 - our own command line
            ["/bin/sh", "-c", IN_ORDER if in_order else AT_ONCE, str(pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def let_go(self) -> None:
        """Let it run on without an owner."""
        self._holder.kill()
        self._holder.communicate()
