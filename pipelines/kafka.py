"""Kafka as a client sees it: topics made and checked, an idempotent producer, a committed reader.

Whatever is wrong with the broker becomes one ``KafkaError`` whose text says what to mend.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka import errors as wire
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from noise.settings import Kafka
from pipelines.topics import MAX_DEAD_LETTER_BYTES, Topic
from pipelines.trouble import Trouble

REQUEST_TIMEOUT_MS = 10_000
LEADER_TRIES = 200
COORDINATOR_TRIES = 50
LEADER_POLL_SECONDS = 0.1
MAX_REQUEST_BYTES = MAX_DEAD_LETTER_BYTES + 1024 * 1024
TOPIC_EXISTS = 36
ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[\w.-]+)(:[1-9]\d{0,4})?")
CHECKED = ("cleanup.policy", "max.message.bytes")


class KafkaError(Trouble):
    """A broker or a topic that cannot be used; the text is one sentence that says what to mend."""


@asynccontextmanager
async def _plainly(bootstrap: str) -> AsyncIterator[None]:
    if not all(ADDRESS.fullmatch(address) for address in bootstrap.split(",")):
        raise KafkaError(
            f"{bootstrap!r} is no address of a Kafka broker: write host:port, several separated "
            "by commas, in KAFKA_BOOTSTRAP or kafka.bootstrap"
        )
    try:
        yield
    except (wire.KafkaConnectionError, wire.NodeNotReadyError) as exc:
        raise KafkaError(
            f"no Kafka broker answers at {bootstrap}: start one, or name another in "
            "KAFKA_BOOTSTRAP or kafka.bootstrap"
        ) from exc
    except (wire.KafkaTimeoutError, wire.RequestTimedOutError) as exc:
        raise KafkaError(
            f"the Kafka broker at {bootstrap} does not answer in time: look at its log"
        ) from exc
    except wire.KafkaError as exc:
        raise KafkaError(f"the Kafka broker at {bootstrap} refuses: {exc}") from exc


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    async with _plainly(bootstrap):
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()


def named_broker(settings: Kafka) -> str:
    """Return the configured broker. Raises KafkaError when there is none."""
    if settings.bootstrap is None:
        raise KafkaError(
            "no Kafka broker is named: set KAFKA_BOOTSTRAP or kafka.bootstrap to its host:port "
            "(`noise up` prints that of its own)"
        )
    return settings.bootstrap


async def require_topics(bootstrap: str, topics: Iterable[Topic]) -> None:
    """Make sure that these topics are as they must be.

    Raises KafkaError that says everything that must be mended.
    """
    faults = await check_topics(bootstrap, topics)
    if faults:
        raise KafkaError("; ".join(faults))


async def create_topics(bootstrap: str, topics: Iterable[Topic]) -> list[str]:
    """Create the topics that do not exist, wait for their leaders and return their names.

    Existing ones are left as they are; ``check_topics`` says what is wrong with them.
    Raises KafkaError.
    """
    wanted = list(topics)
    async with _admin(bootstrap) as admin:
        present = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in present]
        if missing:
            _raise_refused(await admin.create_topics([_new_topic(topic) for topic in missing]))
        await _wait_for_leaders(admin, wanted)
    return [topic.name for topic in missing]


def _new_topic(topic: Topic) -> NewTopic:
    return NewTopic(topic.name, topic.partitions, topic.replication, topic_configs=topic.config())


def _raise_refused(response: Any) -> None:
    for name, code, *message in response.topic_errors:
        if code not in (0, TOPIC_EXISTS):  # another process may have been faster
            why = (message and message[0]) or wire.for_code(code).__name__
            raise KafkaError(f"topic {name} cannot be created: {why}")


async def check_topics(bootstrap: str, topics: Iterable[Topic]) -> list[str]:
    """Return one sentence for each thing that must be mended, nothing if all is well.

    Raises KafkaError when no broker answers.
    """
    wanted = list(topics)
    async with _admin(bootstrap) as admin:
        names = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in names]
        present = [topic for topic in wanted if topic.name in names]
        partitions = await _partition_counts(admin, present)
        configs = await _configs(admin, present)
    faults = [f"topic {t.name} is missing: create it with `noise check --create`" for t in missing]
    for topic in present:
        faults += _partition_faults(topic, partitions[topic.name])
        faults += _config_faults(topic, configs[topic.name])
    return faults


async def _partition_counts(admin: Any, topics: Sequence[Topic]) -> dict[str, int]:
    if not topics:
        return {}
    described = await admin.describe_topics([topic.name for topic in topics])
    return {entry["topic"]: len(entry["partitions"]) for entry in described}


async def _configs(admin: Any, topics: Sequence[Topic]) -> dict[str, dict[str, str]]:
    if not topics:
        return {}
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, topic.name, dict.fromkeys(CHECKED))
        for topic in topics
    ]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(resources):
        for _, _, _, name, entries in response.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def _partition_faults(topic: Topic, partitions: int) -> Iterable[str]:
    if partitions < topic.partitions:
        yield (
            f"topic {topic.name} has {partitions} partitions and needs {topic.partitions}: "
            f"delete it while it is empty, or set kafka.partitions to {partitions}"
        )
    elif partitions > topic.partitions:
        yield (
            f"topic {topic.name} has {partitions} partitions, the configuration says "
            f"{topic.partitions}: set kafka.partitions to {partitions}, or use another kafka.prefix"
        )


def _config_faults(topic: Topic, config: dict[str, str]) -> Iterable[str]:
    policy = config.get("cleanup.policy", topic.cleanup)
    if policy != topic.cleanup:
        yield (
            f"topic {topic.name} has cleanup.policy={policy} and would lose or keep the wrong "
            f"records: set it to {topic.cleanup}"
        )
    size = int(config.get("max.message.bytes", topic.max_message_bytes))
    if size < topic.max_message_bytes:
        yield (
            f"topic {topic.name} takes records of {size} bytes only: "
            f"set max.message.bytes to {topic.max_message_bytes}"
        )


async def _wait_for_leaders(admin: Any, topics: Sequence[Topic]) -> None:
    names = [topic.name for topic in topics]
    for _ in range(LEADER_TRIES):
        if _all_led(await admin.describe_topics(names)):
            return
        await asyncio.sleep(LEADER_POLL_SECONDS)
    raise KafkaError("the topics find no leader: is every broker of the cluster up?")


def _all_led(described: Sequence[Any]) -> bool:
    return all(
        entry["error_code"] == 0
        and entry["partitions"]
        and all(partition["leader"] >= 0 for partition in entry["partitions"])
        for entry in described
    )


@asynccontextmanager
async def producing(bootstrap: str, **settings: Any) -> AsyncIterator[Any]:
    """Give an idempotent producer that waits for all replicas and takes the largest raw record.

    What was sent is delivered when the block ends. Raises KafkaError.
    """
    options = {
        "linger_ms": 5,
        "max_batch_size": 256 * 1024,
        "max_request_size": MAX_REQUEST_BYTES,
        "request_timeout_ms": 30_000,
        **settings,
    }
    async with _plainly(bootstrap):
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", **options
        )
        try:
            await producer.start()
            yield producer
        finally:
            await producer.stop()


@asynccontextmanager
async def reading(
    bootstrap: str, topics: Sequence[str], *, from_end: bool = False
) -> AsyncIterator[Any]:
    """Give a consumer of committed records that owns every partition of ``topics`` by itself.

    It joins no group and commits nothing. Raises KafkaError, also for a topic that is missing.
    """
    await _refuse_missing(bootstrap, topics)
    async with _plainly(bootstrap):
        consumer = AIOKafkaConsumer(
            *topics,
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_wait_ms=100,
        )
        try:
            await consumer.start()  # without a group it takes all partitions of its topics
            await _place(consumer, from_end=from_end)
            yield consumer
        finally:
            await consumer.stop()


async def _refuse_missing(bootstrap: str, topics: Sequence[str]) -> None:
    async with _admin(bootstrap) as admin:
        missing = set(topics) - set(await admin.list_topics())
    if missing:
        names = ", ".join(sorted(missing))
        raise KafkaError(f"missing: topic {names}; create it with `noise check --create`")


async def _place(consumer: Any, *, from_end: bool) -> None:
    # Explicitly: aiokafka's seek_to_end races with its own first look for a position.
    places = consumer.end_offsets if from_end else consumer.beginning_offsets
    for partition, offset in (await places(consumer.assignment())).items():
        consumer.seek(partition, offset)


async def read_to_end(consumer: Any) -> AsyncIterator[ConsumerRecord]:
    """Yield what a ``reading`` consumer has before it, up to where the topics end now."""
    ends = await consumer.end_offsets(consumer.assignment())
    behind = set(ends)
    while behind := {tp for tp in behind if await consumer.position(tp) < ends[tp]}:
        for records in (await consumer.getmany(*behind, timeout_ms=200)).values():
            for record in records:
                yield record


async def lag(bootstrap: str, group: str, topics: Sequence[str]) -> dict[TopicPartition, int]:
    """Return how many offsets the group is behind on each partition. Raises KafkaError."""
    async with _admin(bootstrap) as admin, reading(bootstrap, topics) as consumer:
        partitions = sorted(consumer.assignment())
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        committed = await _committed(admin, group, partitions)
    return {tp: ends[tp] - _position(committed.get(tp), starts[tp]) for tp in partitions}


async def _committed(admin: Any, group: str, partitions: Sequence[TopicPartition]) -> Any:
    for _ in range(COORDINATOR_TRIES):
        try:
            return await admin.list_consumer_group_offsets(group, partitions=partitions)
        except (wire.GroupCoordinatorNotAvailableError, wire.GroupLoadInProgressError):
            await asyncio.sleep(LEADER_POLL_SECONDS)  # the first group of a new broker
    return await admin.list_consumer_group_offsets(group, partitions=partitions)


def _position(committed: Any, start: int) -> int:
    offset = -1 if committed is None else int(committed.offset)
    return max(offset, start)
