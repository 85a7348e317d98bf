"""A Faust app on the batch path."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import faust

from pipelines.transport.consumer import QUEUED_BATCHES, BatchTopic, BatchTransport
from pipelines.transport.exits import Fatal, Worker
from pipelines.transport.followed import Take
from pipelines.transport.partition import Partition
from pipelines.transport.recovery import UnitTableManager
from pipelines.transport.settings import TransportSettings
from pipelines.transport.state import StateTable
from pipelines.transport.units import Units


def build_faust_app(
    name: str,
    *,
    bootstrap: str,
    inputs: Sequence[str],
    partitions: int,
    open_partition: Callable[[int], Partition],
    settings: TransportSettings | None = None,
    state: str = "state",
    follows: Mapping[str, Take] | None = None,
    changelog_config: Mapping[str, Any] | None = None,
    **faust_settings: Any,
) -> faust.App:
    """Build an app that folds the input topics into one state per partition number.

    `name` is the consumer group and the prefix of changelog and transactional ids; `bootstrap` is
    `host:port`, several separated by commas. The input topics must exist, with this number of
    partitions. `follows` are topics of one partition that each worker reads as a whole, before its
    units open and then as they grow, with what takes their keys and values. Further settings go to
    Faust as they are (credentials, data folder, logging).
    """
    settings = settings or TransportSettings()
    app = faust.App(
        name,
        broker=[f"kafka://{server}" for server in bootstrap.split(",")],
        TableManager=UnitTableManager,
        Worker=Worker,
        **{**_settings(settings, partitions), **faust_settings},
    )
    table = StateTable(
        app,
        name=state,
        partitions=partitions,
        open_partition=open_partition,
        extra_topic_configs=changelog_config,
    )
    units = install(app, table, inputs, settings)
    for topic, take in (follows or {}).items():
        units.follow(topic, take)
    return app


def install(
    app: faust.App, table: StateTable, inputs: Sequence[str], settings: TransportSettings
) -> Units:
    """Put the batch path, the state table and an agent for each input into the app."""
    units = Units(app, table, inputs, settings)
    transport = BatchTransport(app.conf.broker_consumer, app)
    transport.units = units
    app.transport = transport
    app.tables.add(table)
    for topic in inputs:
        _add_agent(app, units, topic)
    _add_clock(app, units)
    return units


def units_of(app: faust.App) -> Units:
    """Return the units of an app that was built here."""
    return cast(BatchTransport, app.transport).units


def _add_agent(app: faust.App, units: Units, name: str) -> None:
    # No acks: Faust keeps books about them only to commit offsets, which is not its business here.
    topic = BatchTopic(app, topics=[name], acks=False, maxsize=QUEUED_BATCHES)

    async def carry(stream: faust.StreamT[Any]) -> None:
        async with Fatal(app):
            async for event in stream.events():
                message = event.message
                await units.fold(message.tp, event.value, message.generation_id)

    app.agent(topic, name=f"fold-{name}")(carry)


def _add_clock(app: faust.App, units: Units) -> None:
    async def tick() -> None:
        async with Fatal(app):
            units.tick()

    app.timer(units.settings.tick_interval, name="tick")(tick)


def _settings(settings: TransportSettings, partitions: int) -> dict[str, Any]:
    return {
        "store": "memory://",
        "web_enabled": False,
        "autodiscover": False,
        "topic_partitions": partitions,
        "topic_disable_leader": True,
        "table_standby_replicas": 0,
        "consumer_auto_offset_reset": "earliest",
        "stream_wait_empty": False,
        "stream_recovery_delay": 0.0,
        "broker_session_timeout": settings.session_timeout,
        "broker_heartbeat_interval": settings.heartbeat_interval,
        "broker_rebalance_timeout": settings.rebalance_timeout,
        "broker_request_timeout": max(settings.request_timeout, settings.session_timeout),
        "broker_max_poll_interval": 300.0,
    }
