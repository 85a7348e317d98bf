"""The summary on a terminal, renewed in place; a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from noise.alert import utc
from noise.decision import Action
from pipelines.demo.summary import Summary

Show = Callable[[Summary], None]
PLAIN_EVERY = 10  # calls
CLIENT_WIDTH = 14


@contextmanager
def screen(*, quiet: bool) -> Iterator[Show]:
    """Give what shows a summary on the standard error stream; ``quiet`` shows nothing."""
    console = Console(stderr=True)
    if quiet:
        yield lambda _: None
    elif console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            yield lambda summary: live.update(picture(summary))
    else:
        yield _Plain(console)


class _Plain:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._calls = 0

    def __call__(self, summary: Summary) -> None:
        if self._calls % PLAIN_EVERY == 0:
            self._console.print(line(summary), highlight=False, soft_wrap=True)
        self._calls += 1


def line(summary: Summary) -> str:
    """Return the summary in one line."""
    actions, problems = summary.actions, summary.problems()
    return (
        f"{utc(summary.now):%a %H:%M} | {summary.sent:,} in, {actions[Action.NOTIFY]:,} shown, "
        f"{actions[Action.UPDATE]:,} updates, {actions[Action.SUPPRESS]:,} hidden, "
        f"{summary.dead_letters} dead letters, {summary.labels.total()} answers | problems: "
        f"{problems['told_in_time']} told in time, {problems['told_late']} late, "
        f"{problems['missed']} missed"
    )


def picture(summary: Summary) -> Group:
    """Return what a terminal shows."""
    return Group(_counts(summary), _items(summary), _hidden(summary))


def _counts(summary: Summary) -> Table:
    report = summary.report()
    table = Table(title=f"simulated {utc(summary.now):%A %H:%M}", show_header=False, expand=True)
    table.add_column(ratio=1)
    table.add_column(ratio=3)
    for name, words in _facts(report).items():
        table.add_row(name, words)
    return table


def _facts(report: dict[str, Any]) -> dict[str, str]:
    records, alerts, problems = report["records"], report["alerts"], report["problems"]
    ratio = report["false_positive_ratio"]
    raw = alerts["shown"] + alerts["updates"] + alerts["suppressed"]
    return {
        "came in": f"{records['sent']:,} deliveries = {records['decided']:,} decided + "
        f"{records['dead_letters']} dead letters + {records['missing']} on their way",
        "alerts in them": f"{raw:,} = {alerts['shown']:,} shown + {alerts['updates']:,} updates "
        f"of what was shown + {alerts['suppressed']:,} hidden",
        "decided again later": f"{alerts['later_decisions']:,}, "
        f"{alerts['later_shown']:,} of them shown after all",
        "answers": f"{report['labels']['noise']} noise, {report['labels']['actionable']} real, "
        f"{report['outcomes']} from tickets and outages",
        "noise that was shown": "not known yet" if ratio is None else f"{ratio:.1%} of the noise",
        "real problems": f"{problems['told_in_time']} told in time, {problems['told_late']} late, "
        f"{problems['missed']} missed, {problems['waiting']} not due yet",
        "metrics": ", ".join(report["metrics"]),
    }


def _items(summary: Summary) -> Table:
    table = Table(title="last shown", expand=True)
    table.add_column("when", no_wrap=True, min_width=len("23:59"))
    table.add_column("client", no_wrap=True, min_width=CLIENT_WIDTH, max_width=CLIENT_WIDTH)
    table.add_column("what", no_wrap=True, ratio=4)
    table.add_column("why", no_wrap=True, ratio=3)
    table.add_column("noise", no_wrap=True, min_width=len("noise"))
    for shown in reversed(summary.last_shown):
        score = "" if shown.noise_probability is None else f"{shown.noise_probability:.0%}"
        mark = "+ " if shown.action is Action.UPDATE else ""
        table.add_row(f"{utc(shown.at):%H:%M}", shown.tenant, mark + shown.title, shown.why, score)
    return table


def _hidden(summary: Summary) -> Table:
    table = Table(title="decisions by reason", expand=True, show_header=False)
    counts = [f"{reason} {count:,}" for reason, count in summary.reasons.most_common()]
    for start in range(0, len(counts), 4):
        table.add_row(*counts[start : start + 4])
    return table
