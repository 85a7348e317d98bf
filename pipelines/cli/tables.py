"""Summaries in words and columns, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MAX_TENANTS = 20
MAX_CHANGES = 20


def share(part: int, whole: int) -> str:
    """Return a share in percent, empty when there is no whole."""
    return f"{100 * part / whole:6.2f} %" if whole else ""


def replay_summary(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a replay's summary."""
    yield from _funnel(summary)
    yield ""
    yield "by reason (first decisions)"
    raw = summary["alerts"]["raw"]
    yield from _counts(summary["by_reason"], raw)
    if summary["mode"] != "enforce":
        yield "would be (in mode enforce)"
        yield from _counts(summary["by_cause"], raw)
    if summary["dead_letters"]:
        yield "dead letters"
        yield from _counts(summary["dead_letters"], summary["records"]["read"])
    if any(summary["mode_changes"].values()):
        yield from _changes(summary)
    yield ""
    yield from _tenants(summary["tenants"])


def _funnel(summary: Mapping[str, Any]) -> Iterator[str]:
    records, alerts, later = summary["records"], summary["alerts"], summary["later_decisions"]
    raw = alerts["raw"]
    yield (
        f"records            {records['read']:>10,} = {records['decided']:,} decided"
        f" + {records['dead_letters']:,} dead letters"
    )
    steps = ["raw", "after_repeats", "after_correlation", "shown", "suppressed"]
    if summary["mode"] != "enforce":
        steps.append("would_suppress")
    for step in steps:
        yield f"{step.replace('_', ' '):<18} {alerts[step]:>10,}  {share(alerts[step], raw)}"
    yield f"later decisions    {later['all']:>10,}, {later['shown']:,} of them shown"
    yield f"incidents          {summary['incidents']:>10,}"
    yield f"labels given       {summary['labels_given']:>10,}"
    outcomes = dict(summary.get("outcomes", {}))
    if outcomes:
        read = outcomes.pop("read")
        became = ", ".join(f"{n:,} {word.replace('_', ' ')}" for word, n in outcomes.items())
        yield f"outcomes           {read:>10,}: {became}"


def _counts(counts: Mapping[str, int], whole: int) -> Iterator[str]:
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        yield f"  {name:<20} {count:>10,}  {share(count, whole)}"


def _changes(summary: Mapping[str, Any]) -> Iterator[str]:
    counts = ", ".join(f"{n} {name}" for name, n in summary["mode_changes"].items())
    yield f"what mode earn changed: {counts}"
    turned = [one for one in summary["mode_change_records"] if one["change"] != "released"]
    for change in turned[:MAX_CHANGES]:
        yield f"  {change['at'][:16]} {change['tenant'][:18]}: {change['text']}"
    if len(turned) > MAX_CHANGES:
        yield f"  and {len(turned) - MAX_CHANGES} more; --report has them"


def _tenants(tenants: Mapping[str, Any]) -> Iterator[str]:
    yield "tenant                days   raw/day  shown/day"
    busiest = sorted(tenants.items(), key=lambda item: -item[1]["raw_per_day"])
    for tenant, counts in busiest[:MAX_TENANTS]:
        yield (
            f"  {tenant[:18]:<18} {counts['days']:>5} {counts['raw_per_day']:>9,.1f} "
            f"{counts['shown_per_day']:>10,.1f}"
        )
    if len(busiest) > MAX_TENANTS:
        yield f"  and {len(busiest) - MAX_TENANTS} more; --report has all of them"
