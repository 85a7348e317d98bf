from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 60.0


class Command:
    """A running ``noise`` command, as a terminal would start it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._out = folder / "out"
        with self._out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", *arguments],
                stdout=out,
                stderr=out,
                env={k: v for k, v in os.environ.items() if k != "KAFKA_BOOTSTRAP"},
                start_new_session=True,
            )

    def said(self) -> str:
        return self._out.read_text(encoding="utf-8")

    def wait_for(self, text: str) -> str:
        """Wait until a line begins with ``text``; return the rest of it."""

        def line() -> str:
            assert self.process.poll() is None, self.said()
            return next((s for s in self.said().splitlines() if s.startswith(text)), "")

        return until(line).removeprefix(text).strip()

    def interrupt(self) -> int:
        """Press Ctrl-C: every process of the terminal gets it."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(10)


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (result := found()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return result


def processes_of(folder: Path) -> dict[int, str]:
    """The command lines of all processes that have to do with a folder, by their ids."""
    lines = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in words and int(entry.name) != os.getpid():
            lines[int(entry.name)] = words
    return lines


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Command]:
    command = Command(folder, *arguments)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.process.kill()
        command.process.wait()


def demo(folder: Path, seconds: int) -> dict:
    done = subprocess.run(
        [
            sys.executable, "-m", "pipelines.cli", "demo", "--json", "--for", f"{seconds}s",
            "--speed", "4000", "--data", str(folder / "data"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "KAFKA_BOOTSTRAP"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_demo_ends_by_itself_with_balanced_books_and_goes_on_where_it_stopped(tmp_path):
    first = demo(tmp_path, 25)

    assert first["records"]["missing"] == 0
    assert first["records"]["sent"] > 300
    assert first["records"]["dead_letters"] > 0
    assert min(first["alerts"].values()) > 0
    assert min(first["labels"].values()) > 0
    assert first["problems"]["told_in_time"] > 0
    assert first["false_positive_ratio"] is not None
    assert first["simulated"]["went_on"] is False
    assert processes_of(tmp_path) == {}

    second = demo(tmp_path, 3)

    assert second["simulated"]["went_on"]
    assert second["simulated"]["from"] >= first["simulated"]["from"]
    assert second["records"]["missing"] == 0


def test_the_demo_stops_at_ctrl_c_with_its_summary(tmp_path):
    with running(tmp_path, "demo", "--data", str(tmp_path / "data")) as command:
        command.wait_for("Kafka: ")
        until(lambda: "decided" in command.said() or " in, " in command.said())
        assert command.interrupt() == 0, command.said()
        assert "books: " in command.said()
        assert "0 missing" in command.said()
    assert processes_of(tmp_path) == {}
