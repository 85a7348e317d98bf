"""How far the simulated MSP has come, as Kafka itself tells: nothing else has to be remembered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from aiokafka import ConsumerRecord, TopicPartition

from pipelines import kafka
from pipelines.arrival import EVENT_KEY, RECEIVED_AT, TENANT
from pipelines.topics import Topic

TAIL = 500
WIDER = 20


class Last(NamedTuple):
    """The last delivery on a partition: when it arrived, in epoch milliseconds, and its key."""

    at_ms: int
    event: str


class Position:
    """What has been sent already. Each partition holds its deliveries in order, without gaps."""

    def __init__(self, last: Mapping[int, Last], ends: Mapping[int, int]) -> None:
        """Take where the partitions ended before this start: the last delivery, and the offset."""
        self._last = last
        self._ends = ends
        self._reached: set[int] = set()

    @property
    def newest(self) -> float | None:
        """Return the arrival of the newest delivery in epoch seconds, None if there is none."""
        return max((last.at_ms / 1000 for last in self._last.values()), default=None)

    def is_sent(self, partition: int, at_ms: int, event: str) -> bool:
        """Tell whether a delivery lies on its partition; ask in order."""
        last = self._last.get(partition)
        if last is None or partition in self._reached or at_ms > last.at_ms:
            return False
        if event == last.event:  # several may have arrived in the same millisecond
            self._reached.add(partition)
        return True

    def is_new(self, partition: int, offset: int) -> bool:
        """Tell whether a raw record was sent since this start."""
        return offset >= self._ends.get(partition, 0)


async def read_position(broker: str, raw: Topic, tenants: Collection[str]) -> Position:
    """Read the end of the raw topic. What others sent there does not count. Raises KafkaError."""
    async with kafka.reading(broker, [raw.name]) as consumer:
        partitions = sorted(consumer.assignment())
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        found = {}
        for tp in partitions:
            last = await _last_on(consumer, tp, starts[tp], ends[tp], tenants)
            if last is not None:
                found[tp.partition] = last
    return Position(found, {tp.partition: end for tp, end in ends.items()})


async def _last_on(
    consumer: Any, tp: TopicPartition, start: int, end: int, tenants: Collection[str]
) -> Last | None:
    tail, begin, last = TAIL, end, None
    while last is None and begin > start:
        begin = max(start, end - tail)
        tail *= WIDER
        consumer.seek(tp, begin)
        while await consumer.position(tp) < end:
            for record in (await consumer.getmany(tp, timeout_ms=200)).get(tp, ()):
                last = last_of(record, tenants) or last
    return last


def last_of(record: ConsumerRecord, tenants: Collection[str]) -> Last | None:
    """Return a record as a delivery of the simulated MSP, None if it is another's."""
    headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    tenant, event = headers.get(TENANT, ""), headers.get(EVENT_KEY, "")
    at_ms = headers.get(RECEIVED_AT, "")
    if tenant not in tenants or not event.startswith(tenant) or not at_ms.isdigit():
        return None
    return Last(int(at_ms), event)
