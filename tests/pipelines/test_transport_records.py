from __future__ import annotations

import gzip
import struct

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from pipelines.transport.records import AnyRecords

GZIP = 1
HEAD, LENGTH_AT, ATTRIBUTES_AT = 61, 8, 21


def batch(*names: str) -> bytearray:
    """Build a batch with one record for each name of a header."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 100_000)
    for number, name in enumerate(names):
        builder.append(number, 1_780_000_000_000, b"key", b"value", [(name, b"1")])
    return builder.build()


def read(data: bytes) -> list[tuple[int, str]]:
    records = AnyRecords(data)
    assert records.size_in_bytes() == len(data)
    found = []
    while records.has_next():
        found += [(record.offset, record.headers[0][0]) for record in records.next_batch()]
    return found


def test_records_are_read_as_aiokafka_reads_them():
    data = bytes(batch("a", "b"))
    (theirs, ours) = MemoryRecords(data).next_batch(), AnyRecords(data).next_batch()

    assert ours.next_offset == theirs.next_offset == 2
    assert ours.validate_crc()
    assert [r.value for r in ours] == [r.value for r in theirs]


def test_a_header_whose_name_is_no_text_is_read_from_a_packed_batch_as_well():
    plain = bytes(batch("good", "QQQQ")).replace(b"QQQQ", b"\xff\xfe\xfd\xfc")
    head, body = bytearray(plain[:HEAD]), gzip.compress(plain[HEAD:])
    head[LENGTH_AT : LENGTH_AT + 4] = struct.pack(">i", HEAD - LENGTH_AT - 4 + len(body))
    head[ATTRIBUTES_AT + 1] = GZIP

    assert read(bytes(head) + body) == [(0, "good"), (1, "\ufffd" * 4)]


def test_the_marker_at_the_end_of_a_transaction_can_be_taken_out_of_its_batch():
    assert next(AnyRecords(bytes(batch("marker"))).next_batch()).key == b"key"


def test_a_header_whose_name_is_no_text_stops_nothing():
    data = bytes(batch("good", "QQQQ", "after")).replace(b"QQQQ", b"\xff\xfe\xfd\xfc")

    assert read(data + bytes(batch("next"))) == [
        (0, "good"),
        (1, "\ufffd" * 4),
        (2, "after"),
        (0, "next"),
    ]


def test_the_marker_at_the_end_of_a_transaction_is_taken_as_aiokafka_takes_it():
    marker = AnyRecords(bytes(batch("a"))).next_batch()

    assert next(marker).offset == 0
