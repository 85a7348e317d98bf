"""The figures as lines for a terminal, and as a page that a manager can read."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.quality.measure import Interval, Quality
from noise.learning.challenger import Comparison

COLUMNS = (
    f"{'world':<22}{'rival':<28}{'items/day':>10}{'day 0':>7}{'updates':>9}{'told in time':>22}"
    f"{'late':>6}{'lost':>6}{'cut':>7}{'wrong':>8}{'labels':>8}"
)
WIDTH, HEIGHT = 640, 160


def table(found: Sequence[Quality], *, heading: bool) -> str:
    """Return one line for each result; items and updates are per tenant-day after day 0."""
    lines = [COLUMNS] if heading else []
    lines += [
        f"{one.world[:21]:<22}{one.rival[:27]:<28}{one.items_later:>10.1f}"
        f"{one.items_on_day_0:>7.1f}{one.updates_later:>9.1f}{_words(one.told):>22}"
        f"{one.late:>6}{one.lost:>6}{one.noise_incidents_cut:>7.1%}{one.wrong:>8.2%}"
        f"{one.label_share:>8.1%}"
        for one in found
    ]
    lines += [_compared(one.challenger) for one in found if one.challenger is not None]
    return "\n".join(lines) + "\n"


def _compared(both: Comparison) -> str:
    pairs = (
        ("AUC", both.model_auc, both.challenger_auc),
        ("Brier score", both.model_brier, both.challenger_brier),
    )
    said = [
        f"{name} {ours:.3f} against {theirs:.3f}"
        for name, ours, theirs in pairs
        if ours is not None and theirs is not None
    ]
    return f"  model against an adaptive forest, {both.answers} answers: {', '.join(said)}"


def _words(told: Interval) -> str:
    return f"{told.share:.1%} ({told.low:.0%}-{told.high:.0%})"


def html(found: Sequence[Quality]) -> str:
    """Return the page: what people see, what they are told, and how it develops by day."""
    rows = "".join(_row(one) for one in found)
    plots = "".join(_plot(one) for one in found if len(one.items_by_day) > 1)
    head = "".join(
        f"<th>{name}</th>"
        for name in (
            "stream", "who decides", "alerts", "shown per client and day", "on the first day",
            "problems told in time (95 % interval)", "late", "lost", "noise hidden",
            "hidden but real", "answers needed",
        )
    )  # fmt: skip
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>How quiet, and what is lost"
        "</title><style>body{font:15px system-ui;margin:2em;max-width:80em}table{border-collapse:"
        "collapse}td,th{padding:.3em .7em;border-bottom:1px solid #ddd;text-align:right}"
        "td:nth-child(-n+2),th:nth-child(-n+2){text-align:left}svg{background:#fafafa}</style>"
        "<h1>How quiet, and what is lost</h1><p>Answers came only for what was shown. The engine "
        "ran with the settings it ships with; nothing was fitted to these streams.</p>"
        f"<table><tr>{head}</tr>{rows}</table><h2>Shown per client, day by day</h2>{plots}</html>\n"
    )


def _row(one: Quality) -> str:
    cells = (
        one.world, one.rival, f"{one.raises:,}", f"{one.items_later:.1f}",
        f"{one.items_on_day_0:.1f}", _words(one.told), str(one.late), str(one.lost),
        f"{one.noise_incidents_cut:.1%}", f"{one.wrong:.2%}", f"{one.labels:,}",
    )  # fmt: skip
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _plot(one: Quality) -> str:
    days = one.items_by_day
    most = max(days) or 1.0
    step = WIDTH / max(1, len(days) - 1)
    points = " ".join(
        f"{day * step:.0f},{HEIGHT - HEIGHT * n / most:.0f}" for day, n in enumerate(days)
    )
    return (
        f"<p>{escape(one.world)}, {escape(one.rival)}: at most {most:.1f} a day</p>"
        f"<svg width={WIDTH} height={HEIGHT}><polyline fill=none stroke='#06c' stroke-width=2 "
        f"points='{points}'/></svg>"
    )
