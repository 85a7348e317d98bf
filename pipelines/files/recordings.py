"""Recorded deliveries of one or several files, in order of time.

A line that cannot be placed in time, or is no delivery at all, is refused: counted, and the first
few named. A payload that cannot be read as an alert is none of our business and goes on as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from noise.directory import Directory
from noise.recorded import Recorded
from pipelines.files.forms import NO_TIME, TRUTHFUL, Form, Named, Refusal, form_of
from pipelines.files.sorting import RUN_BYTES, Row, sorted_rows
from pipelines.files.streams import MAX_LINE_BYTES, STDIN, CountBytes, FileError, read_lines

MAX_EXAMPLES = 5
ENDINGS = (".gz", ".jsonl", ".ndjson", ".json", ".csv")


class Recordings:
    """Iterate for the deliveries; afterwards the counts are complete."""

    def __init__(
        self,
        paths: Sequence[str],
        source: str,
        directory: Directory,
        *,
        tenant: str | None = None,
        is_live: bool = False,
        count: CountBytes | None = None,
        run_bytes: int = RUN_BYTES,
    ) -> None:
        """Read ``paths`` as ``source``; ``count`` is told of bytes read.

        What is live arrives as it is read: order is that of the lines, and their times do not
        count. Raises FileError.
        """
        self._paths = paths
        self._source = source
        self._forms = [
            form_of(Named(path, stem_of(path), source, tenant, directory)) for path in paths
        ]
        self._is_live = is_live
        self._count = count
        self._run_bytes = run_bytes
        self.has_truth = source in TRUTHFUL
        self.rows = 0
        self.refused: Counter[str] = Counter()
        self.examples: list[str] = []
        _check_stems(paths)

    def __iter__(self) -> Iterator[Recorded]:
        """Yield the deliveries by time; what is read first is read whole. Raises FileError."""
        rows = self._rows() if self._is_live else sorted_rows(self._rows(), self._run_bytes)
        for at, number, row, line in rows:
            yield self._forms[number].recorded(at, row, line)

    def _rows(self) -> Iterator[Row]:
        for number, (path, form) in enumerate(zip(self._paths, self._forms, strict=True)):
            yield from self._rows_of(number, path, form)

    def _rows_of(self, number: int, path: str, form: Form) -> Iterator[Row]:
        latest = 0.0
        row = -1
        for line in form.rows(read_lines(path, self._count)):
            if not line or line.isspace():
                continue
            row += 1
            self.rows += 1
            try:
                at = _arrival(form, line)
            except Refusal as refusal:
                if not (self._is_live and refusal.reason == NO_TIME):
                    self._refuse(path, row, refusal)
                    continue
                at = None
            # what cannot be read has no time: it stays between its neighbours
            latest = latest if at is None else round(at, 3)
            yield latest, number, row, line

    def _refuse(self, path: str, row: int, refusal: Refusal) -> None:
        self.refused[refusal.reason] += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{path}, row {row}: {refusal}")


def _arrival(form: Form, line: bytes) -> float | None:
    if len(line) > MAX_LINE_BYTES:
        raise Refusal("too_large", f"the line is longer than {MAX_LINE_BYTES} bytes")
    return form.arrival(line)


def stem_of(path: str) -> str:
    """Return a file's name without folder and without endings such as ``.csv.gz``."""
    name = "stdin" if path == STDIN else Path(path).name
    while name.endswith(ENDINGS):
        name = name[: name.rindex(".")]
    return name


def _check_stems(paths: Sequence[str]) -> None:
    twice = [stem for stem, times in Counter(map(stem_of, paths)).items() if times > 1]
    if twice:
        raise FileError(
            f"two files are called {twice[0]!r}, and their alerts would have the same names: "
            "rename one"
        )
