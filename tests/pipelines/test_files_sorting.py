from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.files import FileError
from pipelines.files.sorting import CHUNK_ROWS, Row, sorted_rows


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def shuffled(count: int) -> list[Row]:
    rows: list[Row] = [(float(n // 3), n % 2, n, f"row {n}".encode()) for n in range(count)]
    random.Random(3).shuffle(rows)
    return rows


@pytest.mark.parametrize("run_bytes", [300, 100_000, 10_000_000], ids=str)
def test_rows_come_by_time_then_file_then_row_however_little_memory(run_bytes: int):
    rows = shuffled(3 * CHUNK_ROWS if run_bytes > 300 else 50)

    assert list(sorted_rows(rows, run_bytes)) == sorted(rows)


def test_what_does_not_fit_waits_on_disk_and_is_gone_afterwards(temporary_folder: Path):
    rows = sorted_rows(shuffled(100), run_bytes=1_000)

    next(rows)
    assert any(temporary_folder.iterdir())
    list(rows)

    assert not any(temporary_folder.iterdir())


def test_nothing_is_left_on_disk_by_a_reader_that_gives_up(temporary_folder: Path):
    rows = sorted_rows(shuffled(100), run_bytes=1_000)
    next(rows)

    rows.close()  # type: ignore[attr-defined]

    assert not any(temporary_folder.iterdir())


NO_ROOM = """
import resource, signal, sys, tempfile
from pipelines.files.sorting import sorted_rows

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500, resource.RLIM_INFINITY))
tempfile.tempdir = sys.argv[1]
list(sorted_rows(((float(n), 0, n, b"x" * 200) for n in range(1000)), run_bytes=100_000))
"""


def test_a_full_disk_says_where_room_is_needed(temporary_folder: Path):
    # In a process of its own: the limit would hold for whatever pytest writes as well.
    unmeasured = {name: value for name, value in os.environ.items() if "COV" not in name}
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(temporary_folder)],
        check=False,
        capture_output=True,
        text=True,
        env=unmeasured,
    )

    assert "FileError" in done.stderr
    assert "make room there, or set TMPDIR to a larger folder" in done.stderr
    assert not any(temporary_folder.iterdir())


def test_a_temporary_folder_that_is_missing_is_said_so(
    temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(temporary_folder / "absent"))

    with pytest.raises(FileError, match=r"absent.*set TMPDIR to a larger folder"):
        list(sorted_rows(shuffled(100), run_bytes=1_000))
