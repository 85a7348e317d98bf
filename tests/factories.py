"""Builders of test data: each gives something valid, and takes what matters."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import ConsumerRecord

from noise.alert import Alert


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


def alert(tenant: str = "acme", check: str = "disk", **fields: object) -> Alert:
    """Build a canonical alert of ``check`` on one device of ``tenant``."""
    key = f"{tenant}-{check}-{fields.get('device', 'srv1')}"
    given = {
        "event_key": key,
        "alert_key": key,
        "condition_key": key,
        "tenant": tenant,
        "device": "srv1",
        "check": check,
        "title": f"{check} is bad",
        "source": "canonical",
        **fields,
    }
    return Alert(**given)  # type: ignore[arg-type]
