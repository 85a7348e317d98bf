"""What became of processes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process, all it started, and what those started."""
    children: dict[int, list[int]] = {}
    for line in subprocess.check_output(["/bin/ps", "-eo", "pid=,ppid="], text=True).splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found = [pid]
    for one in found:
        found.extend(children.get(one, ()))
    return found


def has_ended(pid: int) -> bool:
    """Tell whether a process is gone, or only waits to be collected by whoever inherited it."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return True
    return state == "Z"
