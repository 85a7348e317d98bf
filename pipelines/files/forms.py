"""The forms that recorded deliveries come in: how a line tells its time, tenant, name and body."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from noise import sources
from noise.directory import Directory
from noise.errors import SourceError
from noise.label import Verdict
from noise.recorded import Recorded
from noise.sources import ait_ads, rmm_nab
from noise.sources.delivery import CANONICAL
from noise.sources.times import LATEST_SECONDS
from pipelines.files.streams import FileError

ENVELOPE = "envelope"
TRUTHFUL = (ait_ads.SOURCE, rmm_nab.SOURCE)
AIT_COLUMNS = ("time", "name", "ip", "host", "short")
AIT_TRUTH = "event_label"
NO_TIME = "no_time"
AIT_NOISE = b"-"

_Broken = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Refusal(Exception):  # noqa: N818 - expected, and a value rather than an error
    """A line that is no delivery, or has no time; ``reason`` is a short word."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the word it is counted by, and what is wrong with the line."""
        super().__init__(message)
        self.reason = reason


class Named(NamedTuple):
    """What is known of a file before it is read; ``tenant`` counts where a line does not say."""

    path: str
    stem: str
    source: str
    tenant: str | None
    directory: Directory


class Form(Protocol):
    """How the lines of one file are read."""

    def rows(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Take what comes before the rows, such as a header. Raises FileError."""
        ...

    def arrival(self, line: bytes) -> float | None:
        """Return when the row arrived, None for a payload that nobody can read. Raises Refusal."""
        ...

    def recorded(self, at: float, row: int, line: bytes) -> Recorded:
        """Return the delivery of a row that arrived at ``at``."""
        ...


def form_of(file: Named) -> Form:
    """Return how ``file`` is read. Raises FileError for an unknown source."""
    if file.source in _FORMS:
        return _FORMS[file.source](file)
    if file.source in sources.SOURCES:
        return Payloads(file)
    known = ", ".join(sorted({*_FORMS, *sources.SOURCES}))
    raise FileError(f"there is no source {file.source!r}: use one of {known}")


class Payloads:
    """One payload of a tool in each line; its arrival is the alert's own time."""

    def __init__(self, file: Named) -> None:
        """Read payloads of ``file.source``."""
        self._file = file

    def rows(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Return the lines: nothing comes before the rows."""
        return lines

    def arrival(self, line: bytes) -> float | None:
        """Return the latest time that the payload's alerts name."""
        return _own_time(line, self._file.source, self._file.tenant, self._file.directory)

    def recorded(self, at: float, row: int, line: bytes) -> Recorded:
        """Return the payload as it is."""
        name = f"{self._file.stem}:{row}"
        return Recorded(at, self._file.source, self._file.tenant, name, line, name)


class _Times(msgspec.Struct):
    received_at: datetime | None = None
    occurred_at: datetime | None = None


class _Names(msgspec.Struct):
    tenant: str | None = None
    event_key: str | None = None


class Canonical(Payloads):
    """One canonical alert in each line, which says when it arrived or at least occurred."""

    _times = msgspec.json.Decoder(_Times)
    _names = msgspec.json.Decoder(_Names)

    def arrival(self, line: bytes) -> float | None:
        """Return ``received_at``, else ``occurred_at``."""
        try:
            times = self._times.decode(line)
        except _Broken:
            return None
        return _checked_moments([times.received_at or times.occurred_at])

    def recorded(self, at: float, row: int, line: bytes) -> Recorded:
        """Return the alert as it is, under the names that it gives itself."""
        recorded = super().recorded(at, row, line)
        try:
            given = self._names.decode(line)
        except _Broken:
            return recorded
        return msgspec.structs.replace(
            recorded,
            tenant=given.tenant or recorded.tenant,
            event=given.event_key or recorded.event,
        )


class _Envelope(msgspec.Struct):
    body: msgspec.Raw
    t: float | None = None
    source: str | None = None
    tenant: str | None = None
    event: str | None = None


class Envelopes:
    """Each line names time, source, tenant and event of the body that it holds."""

    def __init__(self, file: Named) -> None:
        """Read envelopes."""
        self._file = file
        self._decoder = msgspec.json.Decoder(_Envelope)

    def rows(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Return the lines: nothing comes before the rows."""
        return lines

    def arrival(self, line: bytes) -> float | None:
        """Return ``t``, else the alert's own time."""
        try:
            envelope = self._decoder.decode(line)
            body = _body(envelope.body)
        except _Broken as exc:
            raise Refusal("envelope", f"this is no envelope: {exc}") from exc
        if envelope.t is not None:
            return _checked(envelope.t)
        tenant = envelope.tenant or self._file.tenant
        return _own_time(body, envelope.source or CANONICAL, tenant, self._file.directory)

    def recorded(self, at: float, row: int, line: bytes) -> Recorded:
        """Return the body as it came, a text without its quotes."""
        envelope = self._decoder.decode(line)
        name = f"{self._file.stem}:{row}"
        return Recorded(
            at,
            envelope.source,
            envelope.tenant or self._file.tenant,
            envelope.event or name,
            _body(envelope.body),
            name,
        )


def _body(raw: msgspec.Raw) -> bytes:
    whole = bytes(raw)
    return msgspec.json.decode(whole, type=str).encode() if whole[:1] == b'"' else whole


class AitAlerts:
    """The AIT Alert Data Set: a table for each network, not in order of time."""

    def __init__(self, file: Named) -> None:
        """Take the tenant from the file's name, up to ``_alerts``."""
        self._path = file.path
        self._tenant = file.tenant or file.stem.partition("_alerts")[0]
        self._columns: Sequence[int] = ()
        self._truth: int | None = None
        self._width = 0

    def rows(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Read the header, which says where the columns are."""
        header = next(lines, b"").decode(errors="replace").split(",")
        missing = [column for column in AIT_COLUMNS if column not in header]
        if missing:
            raise FileError(
                f"{self._path} has no column {missing[0]!r} in its first line: "
                f"{ait_ads.SOURCE} needs {', '.join(AIT_COLUMNS)}"
            )
        self._columns = [header.index(column) for column in AIT_COLUMNS]
        self._truth = header.index(AIT_TRUTH) if AIT_TRUTH in header else None
        self._width = len(header)
        return lines

    def arrival(self, line: bytes) -> float | None:
        """Return the row's time."""
        fields = _fields(line)
        if len(fields) != self._width:
            raise Refusal("columns", f"{len(fields)} columns instead of {self._width}")
        try:
            return _checked(float(fields[self._columns[0]]))
        except ValueError as exc:
            raise Refusal(NO_TIME, "the first column is not a time in epoch seconds") from exc

    def recorded(self, at: float, row: int, line: bytes) -> Recorded:
        """Return the row without its truth columns."""
        fields = _fields(line)
        body = b",".join([fields[column] for column in self._columns])
        name = f"{self._tenant}:{row}"
        return Recorded(at, ait_ads.SOURCE, self._tenant, name, body, name, self._verdict(fields))

    def _verdict(self, fields: Sequence[bytes]) -> Verdict | None:
        if self._truth is None:
            return None
        is_noise = fields[self._truth] == AIT_NOISE
        return Verdict.NOISE if is_noise else Verdict.ACTIONABLE


def _fields(line: bytes) -> Sequence[bytes]:
    if b'"' not in line:
        return line.split(b",")
    text = line.decode("utf-8", "surrogateescape")
    try:
        fields = next(csv.reader([text]))
    except csv.Error as exc:
        raise Refusal("columns", f"this is no row of a table: {exc}") from exc
    return [field.encode("utf-8", "surrogateescape") for field in fields]


class _NabRow(msgspec.Struct):
    clock: float
    tenant: str | None = None
    label: int | None = None


class NabAlerts:
    """Threshold alerts over the series of the Numenta Anomaly Benchmark, one record a line."""

    def __init__(self, file: Named) -> None:
        """Read records of derived RMM alerts."""
        self._file = file
        self._decoder = msgspec.json.Decoder(_NabRow)

    def rows(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Return the lines: nothing comes before the rows."""
        return lines

    def arrival(self, line: bytes) -> float | None:
        """Return the record's ``clock``."""
        try:
            return _checked(self._decoder.decode(line).clock)
        except _Broken as exc:
            raise Refusal(NO_TIME, f"this is no record of {rmm_nab.SOURCE}: {exc}") from exc

    def recorded(self, at: float, row: int, line: bytes) -> Recorded:
        """Return the record as it is, and what it says of the truth."""
        record = self._decoder.decode(line)
        name = f"{self._file.stem}:{row}"
        tenant = record.tenant or self._file.tenant
        truth = None
        if record.label is not None:
            truth = Verdict.ACTIONABLE if record.label else Verdict.NOISE
        return Recorded(at, rmm_nab.SOURCE, tenant, name, line, name, truth)


_FORMS: Mapping[str, Callable[[Named], Form]] = {
    CANONICAL: Canonical,
    ENVELOPE: Envelopes,
    ait_ads.SOURCE: AitAlerts,
    rmm_nab.SOURCE: NabAlerts,
}


def _own_time(body: bytes, source: str, tenant: str | None, directory: Directory) -> float | None:
    delivery = sources.Delivery(body, source, tenant, None, 0.0)
    try:
        alerts = sources.parse(delivery, directory)
    except SourceError:
        return None
    return _checked_moments([alert.occurred_at for alert in alerts])


def _checked_moments(moments: Sequence[datetime | None]) -> float:
    known = [moment for moment in moments if moment is not None]
    if not known:
        raise Refusal(NO_TIME, "neither the line nor its alert says when it was")
    if any(moment.tzinfo is None for moment in known):
        raise Refusal(NO_TIME, "its time has no zone")
    return _checked(max(moment.timestamp() for moment in known))


def _checked(at: float) -> float:
    # Beyond the latest it is a wrong unit, not a time.
    if not (math.isfinite(at) and 0 <= at <= LATEST_SECONDS):
        raise Refusal(NO_TIME, f"{at} is not a time in epoch seconds")
    return at
