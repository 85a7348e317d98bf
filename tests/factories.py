"""Builders of test data: each gives something valid, and takes what matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka import ConsumerRecord

from noise.alert import Alert, Severity, State, condition_key


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


def alert(
    tenant: str = "acme",
    check: str = "disk",
    device: str | None = "srv1",
    severity: str = "medium",
    state: str = "raised",
    **fields: Any,
) -> Alert:
    """Build a canonical alert; its keys follow from tenant, device, check and object."""
    condition = condition_key(tenant, device, check, fields.get("object"))
    given = {
        "event_key": condition,
        "alert_key": condition,
        "condition_key": condition,
        "title": f"{check} is bad",
        "source": "canonical",
        **fields,
    }
    return Alert(
        tenant=tenant,
        check=check,
        device=device,
        severity=Severity(severity),
        state=State(state),
        **given,
    )
