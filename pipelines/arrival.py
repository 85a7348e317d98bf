"""What the headers of a raw record say of it: written by whoever sends, read by the worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec
from aiokafka import ConsumerRecord

from noise import sources
from noise.alert import Alert
from noise.directory import Directory
from noise.errors import SourceError
from noise.sources.times import LATEST_SECONDS

SOURCE = "source"
TENANT = "tenant"
RECEIVED_AT = "received_at"
EVENT_KEY = "event_key"
FORWARDED = "forwarded"

MAX_HEADER_BYTES = 512
AHEAD_SECONDS = 604_800.0
MAX_DIGITS = 40
LATEST_MS = int(LATEST_SECONDS * 1000)  # beyond it is a wrong unit, not a time


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """One delivery: from which tool, for whom, when (epoch seconds), under which key."""

    source: str | None
    tenant: str | None
    received_at: float
    event_key: str | None
    is_forwarded: bool


# At least one alert; raises SourceError.
Parse = Callable[[bytes, Arrival], Sequence[Alert]]


def parser(directory: Directory) -> Parse:
    """Return what reads the payloads of all known sources."""

    def parse(body: bytes, arrival: Arrival) -> Sequence[Alert]:
        delivery = sources.Delivery(
            body, arrival.source, arrival.tenant, arrival.event_key, arrival.received_at
        )
        return sources.parse(delivery, directory)

    return parse


def addressed(
    source: str | None, tenant: str | None, event_key: str | None, received_at: float | None
) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Return key and headers of the raw record of a delivery; ``received_at`` in epoch seconds.

    What is None is left to the worker. A delivery without a tenant has the empty key: all of them
    keep their order on one partition, until the worker hands each to its tenant's.
    """
    named = ((SOURCE, source), (TENANT, tenant), (EVENT_KEY, event_key))
    headers = [(name, text.encode()) for name, text in named if text]
    if received_at is not None:
        headers.append((RECEIVED_AT, str(round(received_at * 1000)).encode()))
    return (tenant or "").encode(), headers


def read_arrival(record: ConsumerRecord) -> Arrival:
    """Read the headers of a record; the last of several with one name counts.

    Without ``received_at`` the arrival is Kafka's own time of the record.
    Raises SourceError (reason ``headers``).
    """
    headers = dict(record.headers)
    source, tenant = headers.get(SOURCE), headers.get(TENANT)
    received_at, event_key = headers.get(RECEIVED_AT), headers.get(EVENT_KEY)
    return Arrival(
        _known_text(SOURCE, source) if source else None,
        _known_text(TENANT, tenant) if tenant else None,
        _received_at(received_at) if received_at else max(0, record.timestamp) / 1000,
        _text(EVENT_KEY, event_key) if event_key else None,
        FORWARDED in headers,
    )


def not_ahead(arrival: Arrival, record: ConsumerRecord, reached: float | None) -> Arrival:
    """Return an arrival without the times that only a wrong clock can have written.

    A client's time never goes back: one alert from years ahead would stop it for all others. So
    what is a week ahead of both the stream and Kafka's own time arrives at the later of these.
    """
    if reached is None:
        return arrival
    latest = max(reached, record.timestamp / 1000)
    if arrival.received_at <= latest + AHEAD_SECONDS:
        return arrival
    return msgspec.structs.replace(arrival, received_at=latest)


def _text(name: str, raw: bytes) -> str:
    if len(raw) > MAX_HEADER_BYTES:
        raise SourceError("headers", f"header {name} is longer than {MAX_HEADER_BYTES} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError as exc:
        raise SourceError("headers", f"header {name} is not UTF-8") from exc
    if "\x00" in text:
        raise SourceError("headers", f"header {name} contains a NUL byte")
    return text


_known_text = lru_cache(maxsize=4_096)(_text)  # tenants and sources: few, and in every record


def _received_at(raw: bytes) -> float:
    milliseconds = int(raw) if len(raw) <= MAX_DIGITS and raw.isdigit() else None
    if milliseconds is None or milliseconds > LATEST_MS:
        text = _text(RECEIVED_AT, raw)
        raise SourceError(
            "headers", f"header received_at is {text[:40]!r}, not a time in epoch milliseconds"
        )
    return milliseconds / 1000
