"""The running summary: a table that changes in place on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from noise.alert import utc
from noise.decision import SHOWN as SHOWN_REASONS
from noise.decision import Action
from noise.mode_change import Change, ModeChange
from pipelines.clock import Clock, elapsed
from pipelines.demo.earned import Earned
from pipelines.demo.observer import Shown
from pipelines.demo.script import days_until
from pipelines.demo.summary import Summary, by_reason, labels

LINE_SECONDS = 5.0
TABLE_SECONDS = 0.5
MISSED_SHOWN = 3


class Screen(Protocol):
    """Where people look."""

    def show(self, summary: Summary) -> None:
        """Show how things stand; may be called often."""
        ...

    def say(self, line: str) -> None:
        """Tell something that stays."""
        ...


class LineScreen:
    """One line every few seconds."""

    def __init__(self, console: Console, clock: Clock = elapsed) -> None:
        """Write to ``console``."""
        self._console = console
        self._clock = clock
        self._shown_at: float | None = None

    def show(self, summary: Summary) -> None:
        """Write a line when it is time."""
        now = self._clock()
        if self._shown_at is None or now - self._shown_at >= LINE_SECONDS:
            self._shown_at = now
            self.say(line_of(summary))

    def say(self, line: str) -> None:
        """Write a line."""
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


class TableScreen:
    """A table that changes in place."""

    def __init__(self, live: Live, clock: Clock = elapsed) -> None:
        """Draw on ``live``."""
        self._live = live
        self._clock = clock
        self._shown_at = 0.0

    def show(self, summary: Summary) -> None:
        """Draw when it is time."""
        now = self._clock()
        if now - self._shown_at >= TABLE_SECONDS:
            self._shown_at = now
            self._live.update(Group(table_of(summary), items_of(summary)), refresh=True)

    def say(self, line: str) -> None:
        """Write a line above the table."""
        self._live.console.print(line, highlight=False, markup=False)


@contextmanager
def screen(console: Console) -> Iterator[Screen]:
    """Give what fits the console."""
    if not console.is_terminal:
        yield LineScreen(console)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield TableScreen(live)


def line_of(summary: Summary) -> str:
    """Return how things stand in one line."""
    books = summary.books
    told = summary.told
    due = len(told.in_time) + len(told.late) + len(told.missed)
    return (
        f"{_moment(summary.now)}: {books.raw:,} in, {books.shown:,} shown, "
        f"{books.suppressed:,} hidden, {books.dead_letters.total():,} dead letters, "
        f"{sum(labels(books).values()):,} labels, {summary.earned.clients_live} clients live, "
        f"false positives "
        f"{share(summary.false_positive_ratio)}, {len(told.missed)} of {due} problems missed"
    )


def table_of(summary: Summary) -> Table:
    """Return how things stand, a row for each question."""
    books, told = summary.books, summary.told
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("simulated", f"{_moment(summary.now)}, {summary.speed:g} times as fast")
    table.add_row(
        "came in",
        f"{books.raw:,} records = {books.decided:,} decided + "
        f"{books.dead_letters.total():,} dead letters + {books.waiting:,} not yet decided"
        + (f" + {books.forwarded:,} handed on" if books.forwarded else "")
        + ("" if books.balance else " - THE BOOKS DO NOT BALANCE"),
    )
    new, updates = books.count(Action.NOTIFY), books.count(Action.UPDATE)
    reasons = _counts(_shown_reasons(summary))
    late = f", {books.shown_later:,} of them hidden at first" if books.shown_later else ""
    table.add_row("shown", f"{new:,} and {updates:,} updates of what was told{late}: {reasons}")
    table.add_row("hidden", f"{books.suppressed:,}: {_counts(_hidden_reasons(summary))}")
    if books.dead_letters:
        table.add_row("dead letters", _counts(dict(books.dead_letters)))
    table.add_row("labels", _counts(labels(books)))
    table.add_row("of the noise", f"{share(summary.false_positive_ratio)} was shown")
    table.add_row(
        "real problems",
        f"{len(told.in_time):,} told in time, {len(told.late):,} late, {len(told.missed):,} missed",
    )
    for row in _earned(summary.earned):
        table.add_row(*row)
    for problem in list(told.missed)[-MISSED_SHOWN:]:
        table.add_row("  missed", f"{problem.tenant}: {problem.title}")
    return table


def _earned(earned: Earned) -> Iterator[tuple[str, str]]:
    counts = earned.counts
    yield (
        "live",
        f"noise is hidden at {earned.clients_live} clients; {counts[Change.PROMOTED]} times "
        f"promoted, {counts[Change.DEMOTED]} times demoted, {counts[Change.RELEASED]} misses, "
        f"{counts[Change.ASKED]:,} second opinions asked for",
    )
    for name, records in (("promoted", earned.promoted), ("demoted", earned.demoted)):
        if records:
            yield f"  {name}", change_in_words(records[-1])


def change_in_words(record: ModeChange) -> str:
    """Return what changed for whom, when, and why."""
    return f"{record.tenant}, {_moment(record.at.timestamp())}: {record.text}"


def items_of(summary: Summary) -> RenderableType:
    """Return what was shown last, as a technician sees it."""
    table = Table(title="shown last", title_justify="left", box=None, expand=True)
    table.add_column(no_wrap=True, min_width=5)
    table.add_column("client", no_wrap=True, min_width=12)
    table.add_column("what", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("why", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("noise", no_wrap=True, min_width=5, justify="right")
    for item in summary.last_shown:
        table.add_row(*_cells(item))
    return table


def _cells(item: Shown) -> tuple[Text, ...]:
    score = share(item.noise_probability, digits=0) if item.noise_probability is not None else ""
    texts = (f"{utc(item.at):%H:%M}", item.tenant, item.title, item.why, score)
    return tuple(Text(text) for text in texts)


def _shown_reasons(summary: Summary) -> Mapping[str, int]:
    books = summary.books
    return {r: n for r, n in by_reason(books.first + books.later).items() if r in SHOWN_REASONS}


def _hidden_reasons(summary: Summary) -> Mapping[str, int]:
    return {r: n for r, n in by_reason(summary.books.first).items() if r not in SHOWN_REASONS}


def _counts(counts: Mapping[str, int]) -> str:
    most_first = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in most_first)


def share(ratio: float | None, digits: int = 1) -> str:
    """Return a share in percent."""
    return "not known yet" if ratio is None else f"{100 * ratio:.{digits}f} %"


def _moment(at: float) -> str:
    moment: datetime = utc(at)
    return f"day {days_until(at)}, {moment:%A %H:%M}"
