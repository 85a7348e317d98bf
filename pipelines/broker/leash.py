"""A child process never outlives its owner, however that goes."""

from __future__ import annotations

import subprocess

# Reads until its input ends, which it does when the owner is gone.
LEASH = 'read _; kill "$0" && sleep 10 && kill -9 "$0"'


def leash(pid: int) -> subprocess.Popen[bytes]:
    """Return the process that ends ``pid`` when this process is gone; ``unleash`` ends it."""
    return subprocess.Popen(  # noqa: S603 - our own command line
        ["/bin/sh", "-c", LEASH, str(pid)],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def unleash(leashed: subprocess.Popen[bytes]) -> None:
    """Let go of a process that has ended, or is to go on alone."""
    leashed.kill()
    leashed.communicate()
