"""The same engine behind a stock Faust agent: one record at a time, one ``send`` per decision.

A script of its own, started by ``end_to_end``: what one writes first, as a measure of the batch
path. It keeps no state over a restart, so it does less than the worker does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import faust
from aiokafka import ConsumerRecord

from noise.directory import Directory
from noise.engine import Engine
from noise.settings import Settings
from pipelines import files, topics
from pipelines.agents.raw import RawFold
from pipelines.arrival import parser
from pipelines.metrics import Tally


def build(settings: Settings, broker: str) -> faust.App:
    """Return the app; its partitions share nothing, as in the worker."""
    names = topics.declare(settings.kafka)
    app = faust.App(
        f"{settings.kafka.prefix}-plain",
        broker=f"kafka://{broker}",
        store="memory://",
        web_enabled=False,
        topic_partitions=settings.kafka.partitions,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
    )

    def bytes_topic(name: str) -> Any:
        return app.topic(name, key_serializer="raw", value_serializer="raw")

    outputs = {topic.name: bytes_topic(topic.name) for topic in names.all()}
    parse = parser(Directory())
    folds: dict[int, RawFold] = {}
    tally = Tally()

    async def decide(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            record = _record(event.message)
            fold = folds.get(record.partition)
            if fold is None:
                fold = RawFold(record.partition, names, Engine(settings), parse)
                folds[record.partition] = fold
            for output in fold.take(record, None, tally)[1]:
                await outputs[output.topic].send(
                    key=output.key, value=output.value, headers=list(output.headers)
                )

    app.agent(bytes_topic(names.raw.name))(decide)
    return app


def _record(message: Any) -> ConsumerRecord:
    timestamp = int(message.timestamp * 1000)
    return ConsumerRecord(
        message.topic,
        message.partition,
        message.offset,
        timestamp,
        0,
        message.key,
        message.value,
        None,
        0,
        0,
        tuple(message.headers or ()),
    )


if __name__ == "__main__":
    chosen = files.read_settings(sys.argv[1])
    plain = build(chosen, str(chosen.kafka.bootstrap))
    plain.conf.datadir = Path(sys.argv[2])
    sys.argv = [sys.argv[0], "worker", "-l", "warn", "--without-web"]
    plain.main()
