"""State in a changelogged Faust table whose content of a partition is one object."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition

from pipelines.transport.partition import Partition

LOADS_BETWEEN_YIELDS = 2000


class StateTable(faust.Table[int, Partition]):
    """Partition number -> the state of that number.

    Faust names, creates, assigns and co-partitions the changelog. The records in it come from the
    units' transactions, and the way back is `recover`: the table itself sends and reads nothing.
    """

    def __init__(self, app: Any, *, open_partition: Callable[[int], Partition], **kw: Any) -> None:
        self._open_partition = open_partition
        super().__init__(app, **kw)

    @property
    def changelog(self) -> str:
        """Name of the changelog topic."""
        return str(self.changelog_topic.get_topic_name())

    def open(self, number: int) -> Partition:
        """Begin with an empty state for this partition number."""
        state = self._open_partition(number)
        self[number] = state
        return state

    def drop(self, number: int) -> None:
        """Forget the state of this number; Faust's memory store never does (rule 5)."""
        self.pop(number, None)

    def on_key_set(self, key: Any, value: Any) -> None:
        """Send nothing: the unit's transaction carries the changes."""

    def on_key_del(self, key: Any) -> None:
        """Send nothing: a dropped partition lives on with its next owner."""

    async def recover(self, numbers: Collection[int], connection: Mapping[str, Any]) -> None:
        """Fill the states of these numbers from the changelog.

        Rule 3: an own read_committed consumer. Faust's recovery waits for the last offset of the
        log, a transaction marker that is never delivered; it shares the fetch loop with what was
        read before the rebalance; and it counts a record that cannot be applied as applied.
        """
        latest = await read_changelog(self.changelog, numbers, connection)
        for number, records in latest.items():
            await _load(self[number], records)


async def read_changelog(
    topic: str, numbers: Collection[int], connection: Mapping[str, Any]
) -> dict[int, dict[bytes, bytes]]:
    """Read the last committed value of each key, by partition number, oldest write first."""
    latest: dict[int, dict[bytes, bytes]] = {number: {} for number in numbers}
    if not numbers:
        return latest
    consumer = AIOKafkaConsumer(
        **connection,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    try:
        await _read_to_end(consumer, {TopicPartition(topic, n): latest[n] for n in numbers})
    finally:
        await consumer.stop()
    return latest


async def _read_to_end(consumer: Any, latest: Mapping[Any, dict[bytes, bytes]]) -> None:
    # InitProducerId was answered before: nothing of a former owner is open any more, so the last
    # stable offset is the end. The position counts the markers, which are never delivered.
    behind = set(latest)
    consumer.assign(behind)
    ends = await consumer.end_offsets(behind)
    while behind := {tp for tp in behind if await consumer.position(tp) < ends[tp]}:
        for tp, records in (await consumer.getmany(*behind, timeout_ms=100)).items():
            for record in records:
                _replace(latest[tp], record.key, record.value)


def _replace(latest: dict[bytes, bytes], key: bytes, value: bytes | None) -> None:
    latest.pop(key, None)
    if value is not None:
        latest[key] = value


async def _load(state: Partition, records: Mapping[bytes, bytes]) -> None:
    for count, (key, value) in enumerate(records.items()):
        if not count % LOADS_BETWEEN_YIELDS:
            await asyncio.sleep(0)
        state.load(key, value)
