"""Whether a client can really work with a broker: coordinators are there, leaders are elected."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from aiokafka import errors as wire
from aiokafka.admin import AIOKafkaAdminClient

from pipelines.clock import elapsed

POLL_SECONDS = 0.05
REQUEST_TIMEOUT_MS = 5_000
GROUP, TRANSACTION = 0, 1


def wait_until_usable(bootstrap: str, seconds: float) -> bool:
    """Wait until groups, transactions and all topics can be worked with; False if it takes longer.

    Asking for the coordinators makes the broker create their topics, so that the first client
    does not have to wait for it.
    """
    answer: list[bool] = []
    nobody_waits = threading.Event()

    def ask() -> None:
        answer.append(asyncio.run(_becomes_usable(bootstrap, seconds, nobody_waits)))

    # In a thread of its own, because the caller may run inside an event loop.
    thread = threading.Thread(target=ask, name="broker-readiness")
    thread.start()
    try:
        thread.join()
    finally:
        nobody_waits.set()  # a signal may have ended the wait
    return bool(answer) and answer[0]


async def _becomes_usable(bootstrap: str, seconds: float, nobody_waits: threading.Event) -> bool:
    until = elapsed() + seconds
    while elapsed() < until and not nobody_waits.is_set():
        try:
            if await _is_usable(bootstrap):
                return True
        except (wire.KafkaError, OSError):
            pass
        await asyncio.sleep(POLL_SECONDS)
    return False


async def _is_usable(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        await admin.start()
        await admin.find_coordinator("readiness", GROUP)
        await admin.find_coordinator("readiness", TRANSACTION)
        return all(_has_leaders(topic) for topic in await admin.describe_topics())
    finally:
        await admin.close()


def _has_leaders(topic: dict[str, Any]) -> bool:
    partitions = topic["partitions"]
    return bool(partitions) and all(
        part["error_code"] == 0 and part["leader"] >= 0 for part in partitions
    )
