"""Every ``noise_*`` metric, in one file; what each transaction did moves here when it is committed.

Label values come from closed lists and start at zero. The tenant is a label too: the first
``metrics.tenants`` of them have series of their own, all others share ``other``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tallied
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import HistogramMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from noise import settings
from noise.decision import HIDDEN, SHOWN, Action, Mode, Reason
from noise.engine import TenantReport
from noise.label import LabelSource, Verdict
from noise.learning.pool import Bounds
from noise.mode_change import Change
from pipelines.trouble import Trouble

OTHER = "other"
NO_TENANT = "unknown"
LATENCIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
DELAYS = (60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400)


RATES = {
    "suppression_ratio": "Of a client's alerts since the start of the worker, the share hidden.",
    "false_positive_ratio": "Of what was noise, the share that was shown: FP / (FP + TN).",
    "false_discovery_ratio": "Of the answered shown alerts, the share answered noise.",
    "overturned_ratio": "Of the answered verdicts, the share that people overturned.",
    "missed_incident_ratio": "Of the real incidents, the share that was hidden; estimated "
    "from what surfaced, or from samples while nothing did.",
    "missed_incident_ratio_upper": "Upper end of its 95 % interval, valid whenever it is read.",
    "hidden_real_ratio": "Of the hidden alerts of untold incidents, the share that was real, from "
    "random samples of the last two to four weeks.",
    "hidden_real_ratio_upper": "Upper end of its 95 % interval, valid whenever it is read.",
    "answer_delay_seconds": "From a decision to its answer, on average.",
    "model_auc": "How often noise scored higher than what was real, before any answer.",
    "model_drift": "Recent mean squared error of the scores minus the usual one.",
    "model_doubt": "The share of what was learned that does not count for now: its errors rose.",
    "real_answers_change": "Answers that something was real, a day: of the last weeks' rate, the "
    "share that is left lately. Too few to tell: no value.",
    "hidden_share_change": "The share of alerts that the model hides lately, less that of the last "
    "weeks.",
}


POOLED = {
    "pooled_hidden_real_ratio": "Of the hidden alerts of untold incidents of all clients here, the "
    "share that was real, from random samples; as if all clients answered these equally often.",
    "pooled_hidden_real_ratio_upper": "Upper end of its 95 % interval; one client may fare worse, "
    "above all one that answers no samples.",
    "pooled_missed_incident_ratio": "Of the real incidents of all clients here, the share hidden.",
    "pooled_missed_incident_ratio_upper": "Upper end of its 95 % interval; one client may fare "
    "worse.",
}
ALL_CLASSES = "all"


class End(StrEnum):
    """Where a raw record ends; each in exactly one place."""

    DECIDED = "decided"
    DEAD_LETTER = "dead_letter"
    FORWARDED = "forwarded"


DecisionKind = tuple[Action, Reason]


@dataclass
class Tally:
    """What some records led to, counted until the transaction that carries them is committed.

    ``decisions`` are first decisions by tenant, action, reason and whether enforce would have
    hidden the alert. ``arrivals`` counts the decided alerts by the time at which they reached Kafka
    (epoch milliseconds), ``label_delays`` are the seconds from an answer to its arrival here.
    """

    raw: Tallied[str] = field(default_factory=Tallied)
    ends: Tallied[tuple[str, End]] = field(default_factory=Tallied)
    dead_letters: Tallied[str] = field(default_factory=Tallied)
    decisions: Tallied[tuple[str, Action, Reason, bool]] = field(default_factory=Tallied)
    later_decisions: Tallied[DecisionKind] = field(default_factory=Tallied)
    labels: Tallied[tuple[Verdict, LabelSource]] = field(default_factory=Tallied)
    mode_changes: Tallied[Change] = field(default_factory=Tallied)
    label_outcomes: Tallied[str] = field(default_factory=Tallied)
    label_delays: list[float] = field(default_factory=list)
    arrivals: Tallied[int] = field(default_factory=Tallied)
    newest_arrival: float | None = None


class TransactionTotals(NamedTuple):
    """How many transactions were committed, and how long they took in all, in seconds."""

    transactions: int
    seconds: float


class _Transactions(Collector):
    """Reads the transport's own counters at the moment of the scrape."""

    def __init__(self) -> None:
        self.totals = TransactionTotals(0, 0.0)

    def collect(self) -> Iterable[SummaryMetricFamily]:
        yield SummaryMetricFamily(
            "noise_transaction_seconds",
            "Time that committed transactions took.",
            count_value=self.totals.transactions,
            sum_value=self.totals.seconds,
        )


class _Latencies(Collector):
    """A histogram that takes many equal observations at once: there is one for each alert."""

    def __init__(self) -> None:
        self._counts = [0] * (len(LATENCIES) + 1)
        self._seconds = 0.0

    def observe(self, seconds: float, times: int) -> None:
        self._counts[bisect_left(LATENCIES, seconds)] += times
        self._seconds += seconds * times

    def collect(self) -> Iterable[HistogramMetricFamily]:
        bounds = [*map(floatToGoString, LATENCIES), "+Inf"]
        yield HistogramMetricFamily(
            "noise_decision_latency_seconds",
            "From a record's arrival in Kafka to its committed decision.",
            buckets=list(zip(bounds, accumulate(self._counts), strict=True)),
            sum_value=self._seconds,
        )


class Metrics:
    """The numbers of one worker, in a registry of their own."""

    def __init__(
        self,
        limits: settings.Metrics,
        *,
        dead_letter_reasons: Iterable[str] = (),
        label_outcomes: Iterable[str] = (),
    ) -> None:
        """Declare all metrics, with those of closed label values set to zero."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the series, no use
        self.registry = CollectorRegistry()
        self.label_names: dict[str, tuple[str, ...]] = {}
        self._max_tenants = limits.tenants
        self._tenants: set[str] = set()
        self._books: Tallied[tuple[str, int]] = Tallied()
        self._actions: Tallied[tuple[str, Action]] = Tallied()
        self._dead_letter_reasons = frozenset(dead_letter_reasons) | {OTHER}
        self._label_outcomes = frozenset(label_outcomes) | {OTHER}
        self._declare_flow()
        self._declare_decisions()
        self._declare_answers()
        self._declare_tenants()
        self._transactions = _Transactions()
        self.registry.register(self._transactions)
        self._start_at_zero()

    # -- declarations

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        self.label_names[f"noise_{name}"] = labels
        return Counter(f"noise_{name}", says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        self.label_names[f"noise_{name}"] = labels
        return Gauge(f"noise_{name}", says, labels, registry=self.registry)

    def _declare_flow(self) -> None:
        by_tenant = ("tenant", "partition")
        self.raw_records = self._counter(
            "raw_records_total", "Raw records taken from Kafka.", *by_tenant
        )
        self.record_ends = self._counter(
            "record_ends_total", "Where raw records ended.", "tenant", "partition", "end"
        )
        self.balance = self._gauge(
            "balance_difference",
            "Raw records that ended in no place or in two; anything but 0 is a fault.",
            *by_tenant,
        )
        self.alerts = self._counter("alerts_total", "Alerts read from raw records.")
        self.dead_letters = self._counter(
            "dead_letters_total", "Records that could not be read, by reason.", "reason"
        )
        self.forwarded = self._counter(
            "forwarded_records_total", "Raw records handed on to their tenant's partition."
        )
        self.lag = self._gauge(
            "consumer_lag_records", "Records not yet committed.", "topic", "partition"
        )
        self.end_to_end_lag = self._gauge(
            "end_to_end_lag_seconds", "Age of the newest decided alert when it was committed."
        )
        self.transactions = self._counter("transactions_total", "Transactions committed.")

    def _declare_decisions(self) -> None:
        self.decisions = self._counter(
            "decisions_total", "First decisions, one for each alert.", "action", "reason"
        )
        self.later_decisions = self._counter(
            "later_decisions_total",
            "Decisions that supersede an earlier one on the same alert.",
            "action",
            "reason",
        )
        self.fail_open = self._counter(
            "fail_open_total", "Alerts shown unjudged, because judging failed."
        )
        self._latencies = _Latencies()
        self.registry.register(self._latencies)

    def _declare_answers(self) -> None:
        self.labels = self._counter(
            "labels_total", "Answers from people and systems.", "verdict", "source"
        )
        self.label_outcomes = self._counter(
            "label_outcomes_total", "What became of the answers.", "outcome"
        )
        self.label_delay = Histogram(
            "noise_label_delay_seconds",
            "From an answer to its arrival in the worker.",
            buckets=DELAYS,
            registry=self.registry,
        )

    def _declare_tenants(self) -> None:
        self.tenant_decisions = self._counter(
            "tenant_decisions_total", "First decisions of a client.", "tenant", "action"
        )
        self.would_suppress = self._counter(
            "would_suppress_total",
            "First decisions of a client that mode enforce would have hidden.",
            "tenant",
        )
        self.mode = self._gauge("mode", "1 for the mode that a client runs in.", "tenant", "mode")
        self.mode_changes = self._counter(
            "mode_changes_total",
            "What mode earn changed, misses it met, and what it asked.",
            "change",
        )
        self.live = self._gauge(
            "live_scopes",
            "In how many classes of alerts, all of them together counting as one more, mode earn "
            "hides what is judged noise.",
            "tenant",
        )
        self.silence = self._gauge(
            "feed_silence_seconds", "Since the last alert of a client arrived.", "tenant"
        )
        self.judged = self._gauge(
            "judged_alerts",
            "Answered alerts, faded by half in two weeks: shown or hidden, noise or real; "
            "hidden ones are estimated from the samples.",
            "tenant",
            "cell",
        )
        self.rates = {name: self._gauge(name, says, "tenant") for name, says in RATES.items()}
        self.pooled = {name: self._gauge(name, says, "class") for name, says in POOLED.items()}

    def _start_at_zero(self) -> None:
        for action, reason in _decision_kinds():
            self.decisions.labels(action=action, reason=reason)
            self.later_decisions.labels(action=action, reason=reason)
        for dead_letter_reason in self._dead_letter_reasons:
            self.dead_letters.labels(reason=dead_letter_reason)
        for verdict in Verdict:
            for source in LabelSource:
                self.labels.labels(verdict=verdict, source=source)
        for outcome in self._label_outcomes:
            self.label_outcomes.labels(outcome=outcome)
        for change in Change:
            self.mode_changes.labels(change=change)

    # -- what is measured

    def settle(self, tally: Tally, partition: int, now: float) -> None:
        """Count what was committed for ``partition`` at ``now``, in epoch seconds."""
        self._settle_books(tally, partition)
        self._settle_decisions(tally, now)
        self._settle_labels(tally)

    def _settle_books(self, tally: Tally, partition: int) -> None:
        touched = set()
        for tenant, count in tally.raw.items():
            name = self.tenant_label(tenant)
            self.raw_records.labels(name, partition).inc(count)
            self._books[name, partition] += count
            touched.add(name)
        for (tenant, end), count in tally.ends.items():
            name = self.tenant_label(tenant)
            self.record_ends.labels(name, partition, end).inc(count)
            self._books[name, partition] -= count
            touched.add(name)
            if end is End.FORWARDED:
                self.forwarded.inc(count)
        for name in touched:
            self.balance.labels(name, partition).set(self._books[name, partition])
        for reason, count in tally.dead_letters.items():
            known = reason if reason in self._dead_letter_reasons else OTHER
            self.dead_letters.labels(reason=known).inc(count)

    def _settle_decisions(self, tally: Tally, now: float) -> None:
        self.alerts.inc(tally.decisions.total())
        for (tenant, action, reason, would_suppress), count in tally.decisions.items():
            self._count_decisions(self.decisions, (action, reason), count)
            name = self.tenant_label(tenant)
            self.tenant_decisions.labels(name, action).inc(count)
            self._actions[name, action] += count
            self.would_suppress.labels(name).inc(count if would_suppress else 0)
        for kind, count in tally.later_decisions.items():
            self._count_decisions(self.later_decisions, kind, count)
        for arrived_at, count in tally.arrivals.items():
            self._latencies.observe(max(0.0, now - arrived_at / 1000), count)
        if tally.newest_arrival is not None:
            self.end_to_end_lag.set(max(0.0, now - tally.newest_arrival))

    def _count_decisions(self, counter: Counter, kind: DecisionKind, count: int) -> None:
        counter.labels(*kind).inc(count)
        if kind[1] is Reason.FAIL_OPEN:
            self.fail_open.inc(count)

    def _settle_labels(self, tally: Tally) -> None:
        for (verdict, source), count in tally.labels.items():
            self.labels.labels(verdict, source).inc(count)
        for outcome, count in tally.label_outcomes.items():
            known = outcome if outcome in self._label_outcomes else OTHER
            self.label_outcomes.labels(known).inc(count)
        for delay in tally.label_delays:
            self.label_delay.observe(max(0.0, delay))
        for change, count in tally.mode_changes.items():
            self.mode_changes.labels(change).inc(count)

    def show_tenants(self, reports: Iterable[TenantReport], now: float) -> None:
        """Show how each client that is ours fares at ``now``, in epoch seconds."""
        for gauge in (self.mode, self.live, self.silence, self.judged, *self.rates.values()):
            gauge.clear()
        for report in reports:
            name = self.tenant_label(report.tenant)
            if name != OTHER:
                self._show_tenant(name, report, now)

    def _show_tenant(self, name: str, report: TenantReport, now: float) -> None:
        for mode in Mode:
            self.mode.labels(name, mode).set(mode is report.mode)
        if report.mode is Mode.EARN:
            self.live.labels(name).set(report.live)
        self.silence.labels(name).set(max(0.0, now - report.spoke_at))
        for cell, amount in report.risk.cells._asdict().items():
            self.judged.labels(name, cell).set(amount)
        for rate, value in self._rates_of(name, report).items():
            if value is not None:
                self.rates[rate].labels(name).set(value)

    def _rates_of(self, name: str, report: TenantReport) -> dict[str, float | None]:
        risk, health = report.risk, report.health
        hidden = self._actions[name, Action.SUPPRESS]
        decided = sum(self._actions[name, action] for action in Action)
        return {
            "suppression_ratio": hidden / decided if decided else None,
            "false_positive_ratio": risk.false_positive_ratio,
            "false_discovery_ratio": risk.false_discovery_ratio,
            "overturned_ratio": risk.overturned_ratio,
            "missed_incident_ratio": risk.missed_incident_ratio.value,
            "missed_incident_ratio_upper": risk.missed_incident_ratio.upper,
            "hidden_real_ratio": risk.hidden_real_ratio.value,
            "hidden_real_ratio_upper": risk.hidden_real_ratio.upper,
            "answer_delay_seconds": risk.label_delay_seconds,
            "model_auc": risk.auc,
            "model_drift": risk.drift,
            "model_doubt": health.doubt,
            "real_answers_change": health.lately.real,
            "hidden_share_change": health.lately.hidden,
        }

    def show_pool(self, pool: Iterable[Bounds]) -> None:
        """Show what is known of all clients together, and of each class of alerts."""
        for gauge in self.pooled.values():
            gauge.clear()
        for bounds in pool:
            hidden, missed = bounds.hidden_real_ratio, bounds.missed_incident_ratio
            values = (hidden.value, hidden.upper, missed.value, missed.upper)
            for gauge, value in zip(self.pooled.values(), values, strict=True):
                if value is not None:
                    gauge.labels(bounds.alert_class or ALL_CLASSES).set(value)

    def show_lag(self, behind: Mapping[tuple[str, int], int]) -> None:
        """Show how far each partition that is ours is behind; forget the others."""
        self.lag.clear()
        for (topic, partition), records in behind.items():
            self.lag.labels(topic, partition).set(records)

    def show_transactions(self, totals: TransactionTotals) -> None:
        """Show how long transactions took."""
        self._transactions.totals = totals

    def tenant_label(self, tenant: str) -> str:
        """Return the label value under which ``tenant`` is counted."""
        if tenant in self._tenants:
            return tenant
        if len(self._tenants) >= self._max_tenants:
            return OTHER
        self._tenants.add(tenant)
        return tenant


def _decision_kinds() -> Iterable[DecisionKind]:
    for reason in sorted(SHOWN):
        yield Action.NOTIFY, reason
        yield Action.UPDATE, reason
    for reason in sorted(HIDDEN):
        yield Action.SUPPRESS, reason


class PageError(Trouble):
    """The page of metrics cannot be served; the text says what to mend."""


class Page(NamedTuple):
    """Where the metrics are served."""

    address: str
    port: int


@contextmanager
def serve(metrics: Metrics, page: settings.Metrics) -> Iterator[Page]:
    """Serve ``/metrics`` from a thread of its own while the block runs. Raises PageError."""
    try:
        server, thread = start_http_server(page.port, page.address, registry=metrics.registry)
    except OSError as exc:
        raise PageError(
            f"/metrics cannot be served on {page.address}:{page.port} ({exc.strerror}): "
            "set metrics.port to a free port, or to 0 for any"
        ) from exc
    try:
        yield Page(page.address, int(server.server_port))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
