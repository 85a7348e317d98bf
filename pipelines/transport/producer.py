"""The transactional producer of one partition number."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from faust.types import TP

from pipelines.transport.partition import Output


class UnitProducer:
    """Outputs, state changes and input offsets of one transaction, visible together or never."""

    def __init__(self, transactional_id: str, group: str, connection: Mapping[str, Any]) -> None:
        self._group = group
        self._producer = AIOKafkaProducer(transactional_id=transactional_id, **connection)

    async def start(self) -> None:
        """Complete or abort what a former owner of the id left open, and fence that owner."""
        await self._producer.start()

    async def stop(self) -> None:
        """Close the connections; an open transaction stays open for the next owner to abort."""
        await self._producer.stop()

    async def commit(
        self,
        outputs: Mapping[tuple[str, int], Sequence[Output]],
        offsets: Mapping[TP, int],
    ) -> None:
        """Write the outputs, by topic and partition, and the offsets, in one transaction."""
        await self._producer.begin_transaction()
        # Rule 7: aiokafka commits although a batch has failed. Rule 8: offsets after the outputs,
        # for the broker refuses a batch while it adds the offsets to the transaction.
        await asyncio.gather(*(self._send(*to, records) for to, records in outputs.items()))
        if offsets:
            positions = {TopicPartition(*tp): offset for tp, offset in offsets.items()}
            await self._producer.send_offsets_to_transaction(positions, self._group)
        await self._producer.commit_transaction()

    async def _send(self, topic: str, partition: int, records: Sequence[Output]) -> None:
        delivered = [
            await self._producer.send_batch(batch, topic, partition=partition)
            for batch in self._batches(records)
        ]
        await asyncio.gather(*delivered)

    def _batches(self, records: Sequence[Output]) -> list[Any]:
        batches = [self._producer.create_batch()]
        for record in records:
            if _append(batches[-1], record) is None:
                batches.append(self._producer.create_batch())
                _append(batches[-1], record)  # the first record of a batch may have any size
        for batch in batches:
            batch.close()
        return batches


def _append(batch: Any, record: Output) -> Any:
    return batch.append(
        timestamp=None, key=record.key, value=record.value, headers=list(record.headers)
    )
