"""A compacted topic that every worker reads as a whole, as it comes."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

POLL_MS = 500
PARTITION = 0

Take = Callable[[bytes, bytes | None], None]


class Followed:
    """One partition of committed records: all there are before the units open, then the new ones.

    Faust's GlobalTable is not fit for that: it comes by Faust's recovery (rule 3), which never
    ends at a transaction's marker, shares the fetch loop, and reads what is not committed.
    """

    def __init__(self, topic: str, take: Take, failed: Callable[[BaseException], None]) -> None:
        """Hand each record's key and value to ``take``, and an error of reading to ``failed``."""
        self._partition = TopicPartition(topic, PARTITION)
        self._take = take
        self._failed = failed
        self._task: asyncio.Task[None] | None = None

    async def catch_up(self, connection: Mapping[str, Any]) -> None:
        """Read up to the end; from then on what comes is read by itself."""
        if self._task is not None:
            return
        consumer = AIOKafkaConsumer(
            **connection,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        try:
            await consumer.start()
            await self._read_to_end(consumer)
        except BaseException:  # the next rebalance came in between
            await consumer.stop()
            raise
        self._task = asyncio.create_task(self._follow(consumer))
        self._task.add_done_callback(self._ended)

    async def _read_to_end(self, consumer: Any) -> None:
        partition = self._partition
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        while await consumer.position(partition) < end:
            await self._read(consumer)

    async def _read(self, consumer: Any) -> None:
        for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
            for record in records:
                self._take(record.key, record.value)

    async def _follow(self, consumer: Any) -> None:
        try:
            while True:
                await self._read(consumer)
        finally:
            await consumer.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._failed(error)

    async def stop(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
