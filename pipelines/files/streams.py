"""Bytes from files and pipes, line by line, and files that are written whole or not at all."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.trouble import Trouble

STDIN = "-"
STDOUT = "-"
MAX_LINE_BYTES = 12 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

CountBytes = Callable[[int], None]


class FileError(Trouble):
    """A file that cannot be used; the text is one sentence that says what to mend."""


Read = Callable[[int], bytes | None]


class _Counted(io.RawIOBase):
    """Tells how many bytes were taken from the file itself, before any unpacking."""

    def __init__(self, read: Read, count: CountBytes) -> None:
        self._read = read
        self._count = count

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._read(len(buffer)) or b""
        buffer[: len(data)] = data
        self._count(len(data))
        return len(data)


def read_lines(path: str, count: CountBytes | None = None) -> Iterator[bytes]:
    """Yield the lines of a file without their ends; ``-`` is the standard input.

    What begins as gzip is unpacked, whatever its name. A line longer than ``MAX_LINE_BYTES`` comes
    as its first ``MAX_LINE_BYTES`` + 1 bytes. ``count`` is told of bytes read. Raises FileError.
    """
    try:
        with _opened(path, count or _ignore) as file:
            yield from _split(file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as exc:
        raise FileError(f"{path} is a damaged gzip file ({exc}): fetch or write it again") from exc
    except OSError as exc:
        raise FileError(f"{path} cannot be read: {exc.strerror or exc}") from exc


def _ignore(_: int) -> None:
    return


@contextmanager
def _opened(path: str, count: CountBytes) -> Iterator[io.BufferedReader[Any]]:
    with _source(path) as read:
        counted: Any = _Counted(read, count)
        raw = io.BufferedReader(counted, CHUNK_BYTES)
        if raw.peek(2)[:2] == GZIP_MAGIC:
            unpacked = gzip.GzipFile(fileobj=raw)
            yield io.BufferedReader(unpacked, CHUNK_BYTES)
        else:
            yield raw


@contextmanager
def _source(path: str) -> Iterator[Read]:
    if path == STDIN:
        stdin: Any = sys.stdin.buffer
        yield stdin.read1  # what is there; `read` would wait for more
        return
    with Path(path).open("rb", buffering=0) as file:
        yield file.read


def _split(file: io.BufferedReader[Any]) -> Iterator[bytes]:
    rest = b""
    is_first = True
    while chunk := file.read1(CHUNK_BYTES):
        if is_first:
            chunk = chunk.removeprefix(BYTE_ORDER_MARK)
            is_first = False
        if b"\n" not in chunk:
            rest = (rest + chunk)[: MAX_LINE_BYTES + 1]
            continue
        *lines, last = chunk.split(b"\n")
        lines[0] = (rest + lines[0])[: MAX_LINE_BYTES + 1]
        rest = last
        for line in lines:
            yield line[:-1] if line.endswith(b"\r") else line
    if rest:
        yield rest.removesuffix(b"\r")


def size_of(paths: Sequence[str]) -> int | None:
    """Return the bytes of all files together, None when one is a pipe. Raises FileError."""
    total = 0
    for path in paths:
        if path == STDIN or not Path(path).is_file():
            return None
        total += Path(path).stat().st_size
    return total


@contextmanager
def written(path: str) -> Iterator[BinaryIO]:
    """Give a file to write; it takes its name when the block ends well, else it vanishes.

    ``-`` is the standard output; a name that ends in ``.gz`` is packed. A pipe or a device is
    written to as it is. Raises FileError.
    """
    if path == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    try:
        with _whole(target) as part, _packed(target, part) as file:
            yield file
    except OSError as exc:
        raise FileError(f"{path} cannot be written: {exc.strerror or exc}") from exc


@contextmanager
def _whole(target: Path) -> Iterator[BinaryIO]:
    if target.exists() and not target.is_file():
        with target.open("wb") as file:
            yield file
        return
    part = target.with_name(f".{target.name}.part")
    with part.open("wb", CHUNK_BYTES) as file:
        try:
            yield file
        except BaseException:
            part.unlink()
            raise
    part.replace(target)


@contextmanager
def _packed(target: Path, file: BinaryIO) -> Iterator[BinaryIO]:
    if target.suffix != ".gz":
        yield file
        return
    # no name and no time in the header: the same content gives the same bytes
    with gzip.GzipFile("", "wb", 5, file, mtime=0) as packed:
        yield packed  # type: ignore[misc]
