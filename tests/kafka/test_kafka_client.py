from __future__ import annotations

from uuid import uuid1

import msgspec
import pytest

from noise.settings import Kafka
from pipelines import kafka, topics
from pipelines.topics import Cleanup, Topics


@pytest.fixture
def declared() -> Topics:
    return topics.declare(Kafka(prefix=f"t{uuid1().hex[:10]}", partitions=2))


async def test_missing_topics_are_named_then_made_then_fine(bootstrap: str, declared: Topics):
    wanted = declared.all()

    faults = await kafka.check_topics(bootstrap, wanted)
    made = await kafka.create_topics(bootstrap, wanted)
    again = await kafka.create_topics(bootstrap, wanted)

    assert len(faults) == len(wanted)
    assert made == [topic.name for topic in wanted]
    assert again == []
    assert await kafka.check_topics(bootstrap, wanted) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"partitions": 1}, "has 1 partitions and needs 2"),
        ({"partitions": 5}, "has 5 partitions, the configuration says 2"),
        ({"cleanup": Cleanup.COMPACT}, "has cleanup.policy=compact"),
        ({"max_message_bytes": 1000}, "takes records of 1000 bytes only"),
    ],
)
async def test_a_topic_that_is_not_as_it_must_be_gets_a_sentence(
    bootstrap: str, declared: Topics, wrong: dict[str, object], sentence: str
):
    await kafka.create_topics(bootstrap, [msgspec.structs.replace(declared.raw, **wrong)])

    (fault,) = await kafka.check_topics(bootstrap, [declared.raw])

    assert sentence in fault
    assert declared.raw.name in fault


async def test_a_topic_that_the_broker_refuses_is_named(bootstrap: str, declared: Topics):
    three_copies = msgspec.structs.replace(declared.raw, replication=3)

    with pytest.raises(kafka.KafkaError, match=f"{declared.raw.name} cannot be created"):
        await kafka.create_topics(bootstrap, [three_copies])


async def test_a_body_of_ten_megabytes_goes_through(bootstrap: str, declared: Topics):
    await kafka.create_topics(bootstrap, [declared.raw])
    body = b"x" * (10 * 1024 * 1024)

    async with kafka.producing(bootstrap) as producer:
        await producer.send_and_wait(declared.raw.name, body, key=b"acme")
    async with kafka.reading(bootstrap, [declared.raw.name]) as consumer:
        (record,) = [record async for record in kafka.read_to_end(consumer)]

    assert record.value == body
    assert record.partition == topics.partition_for("acme", 2)


async def test_reading_from_the_end_leaves_out_what_was_there(bootstrap: str, declared: Topics):
    await kafka.create_topics(bootstrap, [declared.raw])
    async with kafka.producing(bootstrap) as producer:
        await producer.send_and_wait(declared.raw.name, b"old", partition=0)
        async with kafka.reading(bootstrap, [declared.raw.name], from_end=True) as consumer:
            position = [await consumer.position(tp) for tp in sorted(consumer.assignment())]
            assert position == [1, 0]


async def test_reading_a_topic_that_is_missing_says_how_to_make_it(
    bootstrap: str, declared: Topics
):
    with pytest.raises(kafka.KafkaError, match="noise check --create"):
        async with kafka.reading(bootstrap, [declared.raw.name]):
            pass


async def test_a_group_that_never_read_is_behind_by_everything(bootstrap: str, declared: Topics):
    await kafka.create_topics(bootstrap, [declared.raw])
    async with kafka.producing(bootstrap) as producer:
        await producer.send_and_wait(declared.raw.name, b"one", partition=1)

    behind = await kafka.lag(bootstrap, f"{declared.raw.name}-nobody", [declared.raw.name])

    assert sorted(behind.values()) == [0, 1]


async def test_no_broker_is_one_plain_sentence():
    with pytest.raises(kafka.KafkaError, match="no Kafka broker answers at 127"):
        await kafka.create_topics("127.0.0.1:9", topics.declare(Kafka()).all())


@pytest.mark.parametrize("address", ["", "a:b:c", "localhost:0", "a b", "kafka://a:9092", "a,,b"])
async def test_what_is_no_address_is_one_plain_sentence(address: str):
    with pytest.raises(kafka.KafkaError, match="no address of a Kafka broker: write host:port"):
        await kafka.check_topics(address, topics.declare(Kafka()).all())
