"""The units of this worker: who owns which partition number, and since when."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any, NamedTuple

import faust
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth, server_list
from faust.types import TP

from pipelines.transport.exits import Fatal
from pipelines.transport.followed import Followed, Take
from pipelines.transport.producer import UnitProducer
from pipelines.transport.settings import TransportSettings
from pipelines.transport.state import StateTable
from pipelines.transport.unit import Counters, Producer, Unit

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.05
"""Between two tries of a producer; aiokafka's 0.1 s is long beside a transaction of 10 ms."""


class Start(NamedTuple):
    """Where reading of an input begins after a rebalance."""

    committed: int | None
    """What the group has committed; None when it has not yet."""
    offset: int
    """The first offset to read."""


class Batch(NamedTuple):
    """Records of one input as they were read."""

    start: int
    """The offset from which they were read; the first record may lie above it."""
    records: list[Any]


class Progress(NamedTuple):
    """What a partition number has done in this process, and how far it is behind."""

    partition: int
    records: int
    """Input records committed."""
    outputs: int
    """Outputs committed."""
    transactions: int
    transaction_seconds: float
    lag: dict[str, int]
    """Offsets written and not yet folded, by topic; empty for a lost partition."""


class Units:
    """The units of this worker by partition number."""

    def __init__(
        self,
        app: faust.App,
        table: StateTable,
        inputs: Collection[str],
        settings: TransportSettings,
        new_producer: Callable[[int], Producer] | None = None,
    ) -> None:
        self.app = app
        self.inputs = frozenset(inputs)
        self.settings = settings
        self.counters: defaultdict[int, Counters] = defaultdict(Counters)
        self.behind: Callable[[TP, int], int | None] = lambda _tp, _offset: None
        """How many offsets an input goes on behind this one; set by the consumer."""
        self.table = table
        self.followed: list[Followed] = []
        """Topics that are read as a whole before any unit opens."""
        self._units: dict[int, Unit] = {}
        self._generation = 0
        self._assigned = False
        self._new_producer = new_producer or self._producer
        self._background: set[asyncio.Task[None]] = set()

    def __getitem__(self, number: int) -> Unit:
        return self._units[number]

    def connection(self) -> dict[str, Any]:
        """How to reach the broker, as aiokafka's clients want to be told."""
        conf = self.app.conf
        return {
            "bootstrap_servers": server_list(conf.broker_producer, 9092),
            "request_timeout_ms": int(self.settings.request_timeout * 1000),
            "retry_backoff_ms": int(RETRY_SECONDS * 1000),
            **credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        }

    async def assign(self, assigned: Collection[TP], generation: int) -> None:
        """Own these partitions from this generation of the group on.

        Raises RuntimeError when the topics of a partition number are not assigned together.
        """
        numbers = self._numbers(assigned)
        for unit in list(self._units.values()):
            if unit.number not in numbers or not self._may_keep(unit, generation):
                self._drop(unit)
        self._generation, self._assigned = generation, True
        new = [self._new(number) for number in sorted(numbers - self._units.keys())]
        async with asyncio.timeout(self.settings.commit_timeout):
            await asyncio.gather(*(unit.producer.start() for unit in new))
        kept = sorted(self._units)
        self._units.update((unit.number, unit) for unit in new)
        log.info("generation %d: new %s, kept %s", generation, [u.number for u in new], kept)

    def _numbers(self, assigned: Collection[TP]) -> set[int]:
        # Rule 1: Faust keeps the inputs and the changelog of a number together only while they
        # have the same number of partitions and the same subscribers.
        by_topic: dict[str, set[int]] = {t: set() for t in (*self.inputs, self.table.changelog)}
        for tp in assigned:
            by_topic.setdefault(tp.topic, set()).add(tp.partition)
        numbers = by_topic[self.table.changelog]
        if any(by_topic[topic] != numbers for topic in self.inputs):
            raise RuntimeError(
                "inputs and state are not assigned together; all these topics need the same "
                f"number of partitions: { ({t: sorted(n) for t, n in by_topic.items()}) }"
            )
        return numbers

    def _may_keep(self, unit: Unit, generation: int) -> bool:
        # Rule 5: in adjacent generations nobody else can have owned it in between.
        return unit.recovered and unit.idle and generation == self._generation + 1

    def _new(self, number: int) -> Unit:
        return Unit(
            number,
            state=self.table.open(number),
            changelog=self.table.changelog,
            producer=self._new_producer(number),
            settings=self.settings,
            counters=self.counters[number],
            failed=self._failed,
        )

    def _producer(self, number: int) -> Producer:
        group = self.app.conf.id
        timeout = int(self.settings.transaction_timeout * 1000)
        batching = {"max_batch_size": self.settings.batch_bytes, "linger_ms": 0}
        connection = {**self.connection(), **batching, "transaction_timeout_ms": timeout}
        return UnitProducer(f"{group}-{number}", group, connection)

    def _drop(self, unit: Unit) -> None:
        del self._units[unit.number]
        self.table.drop(unit.number)
        self._in_background(unit.producer.stop())

    def follow(self, topic: str, take: Take) -> None:
        """Have ``take`` be given every record of a compacted topic of one partition."""
        self.followed.append(Followed(topic, take, self._failed))

    def _failed(self, error: BaseException) -> None:
        self._in_background(self._fail(error))

    async def _fail(self, error: BaseException) -> None:
        async with Fatal(self.app):
            raise error

    def _in_background(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def recover(self) -> None:
        """Give each new unit back the state that its last owner committed."""
        for topic in self.followed:
            await topic.catch_up(self.connection())
        new = [unit for unit in self._units.values() if not unit.recovered]
        await self.table.recover([unit.number for unit in new], self.connection())
        for unit in new:
            unit.recovered = True

    def open(self, generation: int, starts: Mapping[TP, Start]) -> None:
        """Let the units of this generation take work, from these offsets on.

        Raises RuntimeError when a kept unit and the group disagree about what is done.
        """
        # Stock recovery goes on during a revocation, and after the group has moved on.
        if not self._assigned or not generation == self._generation == self._group_generation():
            return
        for tp, start in starts.items():
            unit = self._units[tp.partition]
            if unit.committed.setdefault(tp, start.committed) != start.committed:
                raise RuntimeError(
                    f"{tp}: the group is at {start.committed}, this worker committed "
                    f"{unit.committed[tp]}"
                )
            unit.position[tp] = start.offset
        for unit in self._units.values():
            if unit.recovered and len(unit.position) == len(self.inputs):
                unit.open()
        if not all(unit.is_open for unit in self._units.values()):
            raise RuntimeError("a partition could not be opened: no start offset for its inputs")
        log.info("ready: working on partitions %s", sorted(self._units) or "of nobody, as a spare")

    def _group_generation(self) -> int:
        return self.app.consumer_generation_id

    async def fold(self, tp: TP, batch: Batch, generation: int) -> None:
        """Take in a batch that was read in this generation; wait while its unit is full."""
        unit = self._units.get(tp.partition)
        if unit is None:
            return
        await unit.room()
        # A batch of an older generation is above what is committed: it is read again.
        if unit.is_open and generation == self._generation:
            unit.fold(tp, *batch)

    def tick(self) -> None:
        """Let time pass in all open units."""
        for unit in self._units.values():
            unit.tick()

    async def close(self) -> None:
        """Take no more work, and wait for the open transactions; give up those that last."""
        self._assigned = False
        for unit in self._units.values():
            unit.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.settings.drain_timeout):
                await asyncio.gather(*(unit.drained() for unit in self._units.values()))
        for unit in list(self._units.values()):
            if not unit.idle:
                unit.abandon()
                self._drop(unit)

    def progress(self) -> list[Progress]:
        """Tell what each partition number has done here, and how far it is behind."""
        return [Progress(n, **asdict(c), lag=self.lag(n)) for n, c in sorted(self.counters.items())]

    def lag(self, number: int) -> dict[str, int]:
        """Count the offsets not yet folded, by topic; empty while it is unknown."""
        unit = self._units.get(number)
        if unit is None:
            return {}
        lags = {tp.topic: self.behind(tp, offset) for tp, offset in unit.position.items()}
        return {topic: lag for topic, lag in lags.items() if lag is not None}

    async def stop(self) -> None:
        """Close, and let go of all connections."""
        await self.close()
        await asyncio.gather(*(topic.stop() for topic in self.followed))
        for unit in list(self._units.values()):
            self._drop(unit)
        await asyncio.gather(*self._background, return_exceptions=True)
