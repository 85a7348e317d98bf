from __future__ import annotations

import gzip
import io
import os
import sys
import threading
from pathlib import Path

import pytest

from pipelines.files import FileError, read_lines, size_of, written
from pipelines.files.streams import MAX_LINE_BYTES


def stdin_of(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\n\r\nb\r", [b"a", b"", b"b"]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb", [b"a", b"\xef\xbb\xbfb"]),
    ],
)
def test_lines_come_without_their_ends_and_without_a_byte_order_mark(
    tmp_path: Path, content: bytes, lines: list[bytes]
):
    (tmp_path / "plain").write_bytes(content)
    (tmp_path / "packed").write_bytes(gzip.compress(content))

    assert list(read_lines(str(tmp_path / "plain"))) == lines
    assert list(read_lines(str(tmp_path / "packed"))) == lines


def test_lines_longer_than_a_read_are_put_together(tmp_path: Path):
    long = b"x" * 3_000_000
    (tmp_path / "file").write_bytes(b"a\n" + long + b"\nb\n")

    assert list(read_lines(str(tmp_path / "file"))) == [b"a", long, b"b"]


def test_a_line_without_end_takes_no_more_memory_than_the_longest_allowed(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"x" * (MAX_LINE_BYTES + 3_000_000) + b"\nnext\n")

    first, second = read_lines(str(tmp_path / "file"))

    assert len(first) == MAX_LINE_BYTES + 1
    assert second == b"next"


def test_the_bytes_of_the_file_itself_are_counted(tmp_path: Path):
    packed = gzip.compress(b"a\n" * 1_000)
    (tmp_path / "file.gz").write_bytes(packed)
    counted: list[int] = []

    list(read_lines(str(tmp_path / "file.gz"), counted.append))

    assert sum(counted) == len(packed) == size_of([str(tmp_path / "file.gz")])


def test_a_dash_is_the_standard_input(monkeypatch: pytest.MonkeyPatch):
    stdin_of(gzip.compress(b"a\nb\n"), monkeypatch)

    assert list(read_lines("-")) == [b"a", b"b"]


def test_a_line_in_a_pipe_is_read_before_the_pipe_ends(monkeypatch: pytest.MonkeyPatch):
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "wb", buffering=0) as feeder:
        monkeypatch.setattr(sys, "stdin", stdin)
        feeder.write(b"first\n")
        lines = read_lines("-")

        assert next(lines) == b"first"
        lines.close()


def test_the_size_of_a_pipe_is_not_known(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"abc")

    assert size_of([str(tmp_path / "file"), "-"]) is None
    assert size_of([str(tmp_path / "file")] * 2) == 6


@pytest.mark.parametrize("damage", ["cut", "bits"])
def test_a_damaged_gzip_file_is_one_sentence(tmp_path: Path, damage: str):
    packed = gzip.compress(os.urandom(10_000))
    damaged = packed[:5_000] if damage == "cut" else packed[:500] + b"xxxx" + packed[504:]
    (tmp_path / "file.gz").write_bytes(damaged)

    with pytest.raises(FileError, match=r"file\.gz is a damaged gzip file"):
        list(read_lines(str(tmp_path / "file.gz")))


@pytest.mark.parametrize(("name", "why"), [("absent", "No such file"), ("", "Is a directory")])
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, why: str):
    with pytest.raises(FileError, match=f"cannot be read: {why}"):
        list(read_lines(str(tmp_path / name)))


def test_a_file_takes_its_name_only_when_it_is_whole(tmp_path: Path):
    target = tmp_path / "out.jsonl"
    target.write_bytes(b"before")

    with pytest.raises(TypeError), written(str(target)) as file:
        file.write(b"half", "and what is no bytes")  # type: ignore[call-arg]

    assert target.read_bytes() == b"before"
    with written(str(target)) as file:
        file.write(b"whole")
        assert target.read_bytes() == b"before"
    assert target.read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_packed_files_of_the_same_content_have_the_same_bytes(tmp_path: Path):
    for name in ("one.gz", "two.gz"):
        with written(str(tmp_path / name)) as file:
            file.write(b"content")

    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.gz").read_bytes()) == b"content"


def test_a_dash_is_the_standard_output(capfdbinary: pytest.CaptureFixture[bytes]):
    with written("-") as file:
        file.write(b"said")

    assert capfdbinary.readouterr().out == b"said"


def test_a_device_or_a_pipe_is_written_to_and_never_replaced(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()

    with written(str(pipe)) as file:
        file.write(b"through")

    reader.join()
    assert got == [b"through"]
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    ("name", "why"), [("absent/out", "No such file"), ("file/out", "Not a directory")]
)
def test_what_cannot_be_written_is_one_sentence(tmp_path: Path, name: str, why: str):
    (tmp_path / "file").touch()

    with (
        pytest.raises(FileError, match=f"out cannot be written: {why}"),
        written(str(tmp_path / name)),
    ):
        pass
