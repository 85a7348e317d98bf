"""Writes the simulated MSP's alerts to the raw topic, as any client would."""

from __future__ import annotations

import asyncio
from typing import Any

from noise.simulator import Sent
from pipelines.arrival import addressed
from pipelines.demo.position import Position
from pipelines.demo.script import Script
from pipelines.topics import Topic, partition_for

PAUSE_EVERY = 200


class Feeder:
    """Sends what has arrived by the simulated time and was not sent by an earlier start."""

    def __init__(self, script: Script, raw: Topic, position: Position) -> None:
        """Send to the topic ``raw`` what is beyond ``position``."""
        self._script = script
        self._raw = raw
        self._position = position
        self.sent = 0

    async def feed(self, until: float, producer: Any) -> None:
        """Send everything up to ``until`` and wait until Kafka has it."""
        deliveries = []
        for number, sent in enumerate(self._script.arrived(until)):
            if number % PAUSE_EVERY == 0:
                await asyncio.sleep(0)
            if not self._is_sent(sent):
                deliveries.append(await self._send(sent, producer))
        await asyncio.gather(*deliveries)
        self.sent += len(deliveries)

    def _is_sent(self, sent: Sent) -> bool:
        partition = partition_for(sent.tenant, self._raw.partitions)
        return self._position.is_sent(partition, milliseconds(sent.at), sent.event)

    async def _send(self, sent: Sent, producer: Any) -> asyncio.Future[Any]:
        key, headers = addressed(sent.source, sent.tenant, sent.event, sent.at)
        delivery: asyncio.Future[Any] = await producer.send(
            self._raw.name, sent.body, key=key, headers=headers
        )
        return delivery


def milliseconds(at: float) -> int:
    """Return epoch seconds in the form of the header."""
    return round(at * 1000)
