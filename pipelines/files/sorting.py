"""Rows put in order of time in bounded memory: sorted runs on disk, merged while reading."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from pipelines.files.streams import FileError

# Arrival in epoch seconds, number of the file, number of the row in it, and the row as it is.
Row = tuple[float, int, int, bytes]

RUN_BYTES = 96 * 1024 * 1024
ROW_OVERHEAD_BYTES = 240  # what the tuple and its parts take beside the bytes of the row
CHUNK_ROWS = 1_000
_LENGTH_BYTES = 4

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Row])


def sorted_rows(rows: Iterable[Row], run_bytes: int = RUN_BYTES) -> Iterator[Row]:
    """Yield ``rows`` by time, then by file and row.

    What does not fit in ``run_bytes`` waits in a temporary folder. Raises FileError when that is
    full.
    """
    with ExitStack() as stack:
        runs: list[BinaryIO] = []
        folder: Path | None = None
        held: list[Row] = []
        size = 0
        for row in rows:
            held.append(row)
            size += len(row[3]) + ROW_OVERHEAD_BYTES
            if size < run_bytes:
                continue
            with _needing_room():
                folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory("-noise")))
                runs.append(stack.enter_context((folder / str(len(runs))).open("w+b")))
                _spill(held, runs[-1])
            held, size = [], 0
        held.sort()
        yield from heapq.merge(*map(_read, runs), held) if runs else held


@contextmanager
def _needing_room() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise FileError(
            f"unsorted input does not fit in {tempfile.gettempdir()} ({exc.strerror}): "
            "make room there, or set TMPDIR to a larger folder"
        ) from exc


def _spill(rows: list[Row], file: BinaryIO) -> None:
    rows.sort()
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = _encoder.encode(rows[start : start + CHUNK_ROWS])
        file.write(len(chunk).to_bytes(_LENGTH_BYTES))
        file.write(chunk)
    file.seek(0)


def _read(run: BinaryIO) -> Iterator[Row]:
    while length := run.read(_LENGTH_BYTES):
        yield from _decoder.decode(run.read(int.from_bytes(length)))
