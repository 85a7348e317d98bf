"""How far long work has come: a moving bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from pipelines.clock import Clock, elapsed

PLAIN_SECONDS = 10.0


class Shows(Protocol):
    """Whoever shows progress. Work has steps; each has a name, a unit and perhaps an end."""

    def begin(self, doing: str, total: int | None, unit: str) -> None:
        """Start the next step."""
        ...

    def advance(self, amount: int) -> None:
        """Say that so much more is done."""
        ...


def rate_text(done: int, total: int | None, seconds: float, unit: str) -> str:
    """Return counts, rate and time left in words."""
    rate = done / seconds if seconds > 0 else 0.0
    words = f"{done:,} {unit}" if total is None else f"{done:,} of {total:,} {unit}"
    words += f", {rate:,.0f}/s"
    if total is not None and rate > 0:
        words += f", {max(0.0, total - done) / rate:,.0f} s left"
    return words


class PlainProgress:
    """One line every ten seconds, for logs."""

    def __init__(self, clock: Clock = elapsed) -> None:
        """Start now, by ``clock``."""
        self._clock = clock
        self.begin("", None, "")

    def begin(self, doing: str, total: int | None, unit: str) -> None:
        """Start the next step."""
        self._doing, self._total, self._unit = doing, total, unit
        self._done = 0
        self._began = self._said = self._clock()

    def advance(self, amount: int) -> None:
        """Count, and say so when it is time."""
        self._done += amount
        now = self._clock()
        if now - self._said < PLAIN_SECONDS:
            return
        self._said = now
        words = rate_text(self._done, self._total, now - self._began, self._unit)
        click.echo(f"{self._doing}: {words}", err=True)


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        total = None if task.total is None else int(task.total)
        unit = str(task.fields["unit"])
        return Text(rate_text(int(task.completed), total, task.elapsed or 0.0, unit))


class BarProgress:
    """A bar with counts, rate and time left; it vanishes when the work is done."""

    def __init__(self, progress: Progress) -> None:
        """Show on ``progress``."""
        self._progress = progress
        self._step = progress.add_task("", total=None, unit="")

    def begin(self, doing: str, total: int | None, unit: str) -> None:
        """Start the next step."""
        self._progress.remove_task(self._step)
        self._step = self._progress.add_task(doing, total=total, unit=unit)

    def advance(self, amount: int) -> None:
        """Move the bar."""
        self._progress.advance(self._step, amount)


@contextmanager
def showing_progress() -> Iterator[Shows]:
    """Give what fits the standard error stream."""
    if not sys.stderr.isatty():
        yield PlainProgress()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), _RateColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield BarProgress(progress)
