from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition

from pipelines.transport import followed
from pipelines.transport.followed import Followed
from tests.factories import record

MODELS = TopicPartition("models", 0)


class Broker:
    """A consumer with two records and a marker before it, and whatever comes later."""

    def __init__(self) -> None:
        self.log = [record("models", b"1", key=b"a"), record("models", None, key=b"b")]
        self.read = 0
        self.is_stopped = False
        self.trouble: Exception | None = None

    def __call__(self, **settings: Any) -> Broker:
        assert settings["isolation_level"] == "read_committed"
        return self

    async def start(self) -> None:
        self.is_stopped = False

    async def stop(self) -> None:
        self.is_stopped = True

    def assign(self, partitions: list[TopicPartition]) -> None:
        assert partitions == [MODELS]

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {MODELS: 3}

    async def position(self, partition: TopicPartition) -> int:
        return self.read + (self.read == 2)  # the marker is passed with the last record

    async def getmany(self, *, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        new = self.log[self.read : self.read + 1]
        self.read += len(new)
        return {MODELS: new} if new else {}


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(followed, "AIOKafkaConsumer", broker)
    return broker


class Taking:
    def __init__(self) -> None:
        self.taken: list[tuple[bytes, bytes | None]] = []
        self.failures: list[BaseException] = []
        self.topic = Followed("models", lambda *one: self.taken.append(one), self.failures.append)


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_all_that_is_there_is_read_before_anything_else_and_later_what_comes(broker):
    taking = Taking()

    await taking.topic.catch_up({})
    assert taking.taken == [(b"a", b"1"), (b"b", None)]

    broker.log.append(record("models", b"2", key=b"a"))
    await turns()
    assert taking.taken[2:] == [(b"a", b"2")]
    await taking.topic.catch_up({})
    await taking.topic.stop()
    assert taking.taken[3:] == []
    assert broker.is_stopped
    assert taking.failures == []


async def test_what_cannot_be_read_on_is_told(broker):
    taking = Taking()
    await taking.topic.catch_up({})

    broker.trouble = OSError("gone")
    await turns()

    assert taking.failures == [broker.trouble]
    assert broker.is_stopped


async def test_what_was_interrupted_begins_anew(broker):
    taking = Taking()
    broker.trouble = OSError("gone")
    with pytest.raises(OSError, match="gone"):
        await taking.topic.catch_up({})
    assert broker.is_stopped
    await taking.topic.stop()

    broker.trouble = None
    await taking.topic.catch_up({})
    await taking.topic.stop()

    assert taking.taken == [(b"a", b"1"), (b"b", None)]
