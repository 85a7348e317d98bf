"""Builders of test data: each gives something valid, and takes what matters."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import ConsumerRecord


def record(
    topic: str,
    value: bytes | None,
    *,
    headers: Mapping[str, bytes] | None = None,
    key: bytes | None = None,
    partition: int = 0,
    offset: int = 0,
    timestamp: int = 1_780_000_000_000,
) -> ConsumerRecord:
    """Build a record as a consumer gives it; ``timestamp`` in epoch milliseconds."""
    return ConsumerRecord(
        topic,
        partition,
        offset,
        timestamp,
        0,
        key,
        value,
        None,
        len(key or b""),
        len(value or b""),
        tuple((headers or {}).items()),
    )
