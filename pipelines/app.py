"""The Faust app of a worker: topics, transport, agents, engine and metrics put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

import faust

from noise import sources
from noise.category import CATEGORIES
from noise.directory import Directory
from noise.engine import Engine
from noise.learning.feedback import LabelOutcome
from noise.learning.pool import pooled
from noise.learning.trainer import Trainer
from noise.settings import Settings
from pipelines import topics
from pipelines.agents import Behind, PartitionFold, feedback, raw, sharing
from pipelines.agents.sharing import ModelShelf, SharedFold
from pipelines.arrival import parser
from pipelines.clock import Clock, wall
from pipelines.metrics import Metrics, TransactionTotals
from pipelines.transport import TransportSettings, build_faust_app, units_of
from pipelines.transport.units import Units

SHOW_SECONDS = 2.0
HEARTBEATS_PER_SESSION = 3.3


def build_metrics(settings: Settings) -> Metrics:
    """Return the metrics of one worker, all at zero."""
    return Metrics(
        settings.metrics,
        dead_letter_reasons=(
            *sources.REASONS,
            *raw.REASONS,
            *feedback.REASONS,
            *sharing.REASONS,
        ),
        label_outcomes=LabelOutcome,
    )


def build_app(
    settings: Settings,
    directory: Directory,
    *,
    broker: str,
    metrics: Metrics,
    clock: Clock = wall,
    **faust_settings: Any,
) -> faust.App:
    """Return the app of one worker; nothing runs and nothing connects yet.

    ``directory`` is what is known of the clients, ``broker`` is ``host:port``, several separated
    by commas. Further settings go to Faust as they are (credentials, data folder).
    """
    names = topics.declare(settings.kafka)
    folds: WeakValueDictionary[int, PartitionFold] = WeakValueDictionary()
    parse = parser(directory)
    shelf = ModelShelf()

    def open_partition(number: int) -> PartitionFold:
        engine = Engine(settings)
        shelf.introduce(engine)
        hears = number == sharing.TRAINER
        fold = PartitionFold(
            number,
            topics=names,
            engine=engine,
            parse=parse,
            metrics=metrics,
            wall=clock,
            behind=_behind(units_of(app), number),
            shared=SharedFold(names, Trainer(settings), clock) if hears else None,
        )
        folds[number] = fold
        return fold

    app = build_faust_app(
        topics.application_id(settings.kafka),
        bootstrap=broker,
        inputs=(names.raw.name, names.feedback.name, names.lessons.name),
        follows={names.models.name: shelf.put},
        partitions=settings.kafka.partitions,
        open_partition=open_partition,
        settings=transport_settings(settings),
        changelog_config=names.changelog.config(),
        **faust_settings,
    )

    async def show() -> None:
        _show(metrics, units_of(app), folds, clock())

    app.timer(SHOW_SECONDS, name="show")(show)
    return app


def transport_settings(settings: Settings) -> TransportSettings:
    """Return the transport's patience, as it follows from the settings."""
    session = settings.kafka.session_seconds
    return TransportSettings(
        session_timeout=session,
        heartbeat_interval=session / HEARTBEATS_PER_SESSION,
        drain_timeout=session / 2,
    )


def _behind(units: Units, number: int) -> Behind:
    def behind(topic: str) -> int | None:
        progress = next((p for p in units.progress() if p.partition == number), None)
        return None if progress is None else progress.lag.get(topic)

    return behind


def _show(metrics: Metrics, units: Units, folds: Mapping[int, PartitionFold], now: float) -> None:
    progress = units.progress()
    metrics.show_lag(
        {(topic, p.partition): records for p in progress for topic, records in p.lag.items()}
    )
    metrics.show_transactions(
        TransactionTotals(
            sum(p.transactions for p in progress), sum(p.transaction_seconds for p in progress)
        )
    )
    reports = (report for fold in folds.values() for report in fold.engine.reports())
    metrics.show_tenants(reports, now)
    ledgers = [ledger for fold in folds.values() for ledger in fold.engine.ledgers().values()]
    metrics.show_pool(pooled(ledgers, CATEGORIES))
