"""What the headers of a record say of it."""

from __future__ import annotations

from typing import NamedTuple

from aiokafka import ConsumerRecord

from noise.errors import SourceError

SOURCE = "source"
TENANT = "tenant"
RECEIVED_AT = "received_at"
EVENT_KEY = "event_key"
FORWARDED = "forwarded"

MAX_HEADER_BYTES = 512
AHEAD_SECONDS = 604_800.0
LATEST_MS = 4_102_444_800_000  # the year 2100; beyond it is a wrong unit, not a time


class Arrival(NamedTuple):
    """One delivery: from which tool, for whom, when (epoch seconds), under which key."""

    source: str | None
    tenant: str | None
    received_at: float
    event_key: str | None
    is_forwarded: bool


def read_arrival(record: ConsumerRecord) -> Arrival:
    """Read the headers of a record; the last of several with one name counts.

    Without ``received_at`` the arrival is Kafka's own time of the record.
    Raises SourceError (reason ``headers``).
    """
    headers = dict(record.headers)
    return Arrival(
        source=_text(headers, SOURCE),
        tenant=_text(headers, TENANT),
        received_at=_received_at(headers, record.timestamp),
        event_key=_text(headers, EVENT_KEY),
        is_forwarded=FORWARDED in headers,
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
    return arrival._replace(received_at=latest)


def _text(headers: dict[str, bytes | None], name: str) -> str | None:
    raw = headers.get(name)
    if not raw:
        return None
    if len(raw) > MAX_HEADER_BYTES:
        raise SourceError("headers", f"header {name} is longer than {MAX_HEADER_BYTES} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError as exc:
        raise SourceError("headers", f"header {name} is not UTF-8") from exc
    if "\x00" in text:
        raise SourceError("headers", f"header {name} contains a NUL byte")
    return text


def _received_at(headers: dict[str, bytes | None], timestamp: int) -> float:
    text = _text(headers, RECEIVED_AT)
    if text is None:
        return max(0, timestamp) / 1000
    if not (text.isascii() and text.isdigit() and int(text) <= LATEST_MS):
        raise SourceError(
            "headers", f"header received_at is {text[:40]!r}, not a time in epoch milliseconds"
        )
    return int(text) / 1000
