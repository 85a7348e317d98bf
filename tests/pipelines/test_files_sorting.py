from __future__ import annotations

import random
import resource
import signal
from collections.abc import Iterator
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


@pytest.fixture
def no_room() -> Iterator[None]:
    """No file of this process may grow beyond some hundred bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_says_where_room_is_needed(no_room: None, temporary_folder: Path):
    with pytest.raises(FileError, match="make room there, or set TMPDIR to a larger folder"):
        list(sorted_rows(shuffled(1_000), run_bytes=100_000))

    assert not any(temporary_folder.iterdir())


def test_a_temporary_folder_that_is_missing_is_said_so(
    temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(temporary_folder / "absent"))

    with pytest.raises(FileError, match=r"absent.*set TMPDIR to a larger folder"):
        list(sorted_rows(shuffled(100), run_bytes=1_000))
