"""Programs that tests run and that are no Python packages."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def program(name: str, package: str) -> str:
    """Return where ``name`` is; its absence is a failure that says what to install."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing: apt install {package}", pytrace=False)
    return found


def promtool(*arguments: str | Path) -> None:
    """Run promtool; fail with what it said."""
    run([program("promtool", "prometheus"), *arguments])


def run(command: list[str | Path]) -> str:
    """Run a command in the project's folder and return what it printed; fail with what it said."""
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        pytest.fail(f"{ended.stdout}\n{ended.stderr}", pytrace=False)
    return ended.stdout
