"""Fetched records whose headers may have any name.

Kafka takes bytes for a header's name that are no UTF-8, and aiokafka fails on them each time it
reads them: one such record would stop its partition for ever.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH = struct.Struct(">i")
_LENGTH_AT = 8
_COUNTED_FROM = _LENGTH_AT + _LENGTH.size


class AnyRecords:
    """Stands in for aiokafka's records of one fetch."""

    def __init__(self, data: bytes) -> None:
        self._records = MemoryRecords(data)
        self._rest = memoryview(data)

    def size_in_bytes(self) -> int:
        """Count the bytes of all batches."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Say whether there is another batch."""
        return bool(self._records.has_next())

    def next_batch(self) -> "AnyBatch":
        """Take the next batch."""
        batch = self._records.next_batch()
        size = _COUNTED_FROM + _LENGTH.unpack_from(self._rest, _LENGTH_AT)[0]
        raw, self._rest = self._rest[:size], self._rest[size:]
        return AnyBatch(batch, raw)


class AnyBatch:
    """One batch; what is no text in a header's name becomes U+FFFD."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        """Take the one record of a control batch: the end of a transaction."""
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        records: list[Any] = []
        try:
            records.extend(self._batch)
        except UnicodeDecodeError:
            records += islice(_LenientBatch(self._raw.tobytes()), len(records), None)
        return iter(records)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _LenientBytes(self._buffer)  # type: ignore[has-type]


class _LenientBytes(bytearray):
    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return _LenientBytes(found) if isinstance(key, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, errors)


def take_any_header() -> None:
    """Have all consumers of this process read such records."""
    fetcher.MemoryRecords = AnyRecords
