"""The records that leave: decisions, incidents, dead letters, and what is handed on."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from aiokafka import ConsumerRecord

from noise.decision import Action, DecidedAlert, encode_decided
from noise.incident import Incident, encode_incident
from noise.mode_change import ModeChange, encode_mode_change
from pipelines.arrival import EVENT_KEY, FORWARDED, RECEIVED_AT, SOURCE, TENANT
from pipelines.topics import MAX_RAW_BYTES, MAX_RECORD_BYTES, Topics
from pipelines.transport import Output

COPIED_HEADERS = (SOURCE, TENANT, RECEIVED_AT, EVENT_KEY)
MAX_COPIED_BYTES = 1024
MAX_ERROR_CHARACTERS = 500
MAX_KEY_BYTES = 4096
MAX_INCIDENT_BYTES = MAX_RECORD_BYTES // 2
MAX_DEVICES = 500  # named where all of them would be too much; device_count counts all


def decision(topics: Topics, decided: DecidedAlert) -> Output:
    """Return the record of a decision, on ``enriched`` or ``suppressed``."""
    verdict = decided.decision
    topic = topics.suppressed if verdict.action is Action.SUPPRESS else topics.enriched
    return Output(
        topic.name,
        decided.alert.tenant.encode(),
        encode_decided(decided),
        (
            ("action", verdict.action.encode()),
            ("reason", verdict.reason.encode()),
            ("event", decided.alert.event_key.encode()),
        ),
    )


def incident(topics: Topics, changed: Incident) -> Output:
    """Return the latest state of an incident; it stays on its tenant's partition.

    The key is the incident's id, not the tenant's, or compaction would keep one per tenant.
    """
    value = encode_incident(changed)
    if len(value) > MAX_INCIDENT_BYTES:
        few = changed.devices[:MAX_DEVICES]
        value = encode_incident(msgspec.structs.replace(changed, devices=few))
    return Output(topics.incidents.name, changed.id.encode(), value)


def mode_change(topics: Topics, change: ModeChange) -> Output:
    """Return the record of what mode earn changed."""
    return Output(topics.mode_changes.name, change.tenant.encode(), encode_mode_change(change))


def dead_letter(topics: Topics, record: ConsumerRecord, reason: str, error: str) -> Output:
    """Return a record as it came, with the reason; only what is larger than the topic is cut."""
    value = record.value
    headers = [
        ("reason", reason.encode()),
        ("error", error[:MAX_ERROR_CHARACTERS].encode(errors="replace")),
        ("topic", record.topic.encode()),
        ("partition", str(record.partition).encode()),
        ("offset", str(record.offset).encode()),
        *_copied(record.headers),
    ]
    if value is not None and len(value) > MAX_RAW_BYTES:
        headers.append(("cut_from_bytes", str(len(value)).encode()))
        value = value[:MAX_RAW_BYTES]
    key = record.key[:MAX_KEY_BYTES] if record.key is not None else None
    return Output(topics.dead_letters.name, key, value, headers)


def _copied(headers: Iterable[tuple[str, bytes | None]]) -> Iterable[tuple[str, bytes]]:
    # Of several with one name the last counts; all of them could be more than the topic takes.
    for name, value in dict(headers).items():
        if name in COPIED_HEADERS and value is not None:
            yield name, value[:MAX_COPIED_BYTES]


def forwarded(record: ConsumerRecord, tenant: str, partition: int) -> Output:
    """Return a record as it came, on its tenant's partition; it is never forwarded again."""
    headers = list(record.headers)
    if not any(name == RECEIVED_AT for name, _ in headers):
        headers.append((RECEIVED_AT, str(max(0, record.timestamp)).encode()))
    headers.append((FORWARDED, b"1"))
    return Output(record.topic, tenant.encode(), record.value, headers, partition)


def size_of(record: ConsumerRecord) -> int:
    """Return the bytes of a record: key, value and headers."""
    size = len(record.key or b"") + len(record.value or b"")
    for name, value in record.headers:
        size += len(name if name.isascii() else name.encode()) + len(value or b"")
    return size
