from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from pipelines.topics import partition_for
from tests import poison
from tests.factories import alert
from tests.workers import Installation

TENANT = "bakery"
KINDS = 1_000
CRC_AT = 17
LARGE = 10 * 1024 * 1024


async def test_a_thousand_kinds_of_bad_input_stop_nothing_and_lose_nothing(
    bootstrap: str, tmp_path: Path
):
    installation = Installation(bootstrap, tmp_path, {})
    await installation.create_topics()
    kinds = list(poison.kinds(KINDS, TENANT))
    assert len({(one.value, *sorted(one.headers.items())) for one in kinds}) == KINDS
    bad = [*kinds, poison.Poison("10 MB", b"x" * LARGE, {})]

    with installation.worker() as worker:
        sent = await send_mixed(installation, bad)
        await installation.wait_until_done(worker)
        assert worker.stop() == 0

    dead = await installation.read(installation.topics.dead_letters)
    places = Counter((r.partition, int(dict(r.headers)["offset"])) for r in dead)
    assert places == Counter(sent.keys())
    for record in dead:
        headers = dict(record.headers)
        place = (record.partition, int(headers["offset"]))
        assert record.value == sent[place].value, sent[place].what
        assert headers["reason"], sent[place].what
    decided = await installation.decisions()
    events = Counter(dict(record.headers)["event"].decode() for record in decided)
    assert events == Counter(f"good-{number}" for number in range(len(bad)))


async def send_mixed(
    installation: Installation, bad: list[poison.Poison]
) -> dict[tuple[int, int], poison.Poison]:
    """Send a good alert before each bad record; return where the bad ones are."""
    topic, key = installation.topics.raw.name, TENANT.encode()
    partition = partition_for(TENANT, installation.settings.kafka.partitions)
    waiting: list[tuple[Any, poison.Poison]] = []
    async with installation.sending() as producer:
        for number, one in enumerate(bad):
            good = alert(TENANT, check=f"check-{number}", event_key=f"good-{number}")
            await producer.send(topic, msgspec.json.encode(good), key=key, partition=partition)
            headers = list(one.headers.items())
            delivery = await producer.send(
                topic, one.value, key=key, partition=partition, headers=headers
            )
            waiting.append((delivery, one))
    places = [(await delivery, one) for delivery, one in waiting]
    return {(place.partition, place.offset): one for place, one in places}


async def test_neither_a_header_that_is_no_text_nor_one_without_end_stops_the_stream(
    bootstrap: str, tmp_path: Path
):
    installation = Installation(bootstrap, tmp_path, {"kafka": {"partitions": 1}})
    await installation.create_topics()
    topic = installation.topics.raw.name
    good = msgspec.json.encode(alert(TENANT))
    packed = {"compression_type": "gzip", "max_request_size": 3 * LARGE}

    with installation.worker() as worker:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, **packed) as producer:
            await (await producer.send_batch(no_text(producer, good), topic, partition=0))
            endless = [("tenant", b"x" * 1024)] * 9_000
            await producer.send_and_wait(topic, b"\0" * (LARGE + 1_000_000), headers=endless)
            await producer.send_and_wait(topic, good)
        await installation.wait_until_done(worker)
        assert worker.stop() == 0

    assert len(await installation.decisions()) == 2
    assert len(await installation.read(installation.topics.dead_letters)) == 1


def no_text(producer: AIOKafkaProducer, value: bytes) -> Any:
    """Build a batch of one record with a header whose name is no UTF-8."""
    batch = producer.create_batch()
    batch._builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 100_000)
    batch.append(timestamp=None, key=None, value=value, headers=[("QQQQ", b"1")])
    batch.close()
    data = bytearray(batch._build().replace(b"QQQQ", b"\xff\xfe\xfd\xfc"))
    data[CRC_AT : CRC_AT + 4] = calc_crc32c(bytes(data[CRC_AT + 4 :])).to_bytes(4)
    batch._buffer = data
    return batch
