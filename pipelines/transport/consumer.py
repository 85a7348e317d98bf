"""Faust's consumer, moving lists of records instead of single messages.

Stock Faust spends about 95 us on each record before an agent sees it: four tasks, an event, a
codec call, a queue put and get, two index updates. Here all of that happens once per batch.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, cast

import faust
from aiokafka import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from pipelines.transport.exits import Fatal
from pipelines.transport.records import take_any_header
from pipelines.transport.units import Batch, Start, Units

log = logging.getLogger(__name__)

FETCH_SECONDS = 0.2
LONG_POLL_SECONDS = 0.5
QUEUED_BATCHES = 8


class BatchTopic(faust.Topic):
    """A topic whose events carry a `Batch`, untouched by codecs."""

    def _compile_decode(self) -> None:
        async def decode(message: Any, **_: Any) -> Any:
            return self.app.create_event(None, message.value, None, message)

        self.decode = decode  # type: ignore[method-assign]


class Read(NamedTuple):
    """How far a partition was read: the offset after the last record, and the position then."""

    read_to: int
    position: int | None


class BatchThread(driver.AIOKafkaConsumerThread):
    """The thread in which aiokafka's consumer lives."""

    consumer: "BatchConsumer"

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self._reads: dict[TP, Read] = {}

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:
        take_any_header()
        consumer = super()._create_worker_consumer(transport)
        # Rule 11. Both are read when the consumer starts. Faust's own switch for the isolation
        # would bring its transaction manager; its long poll of 1.5 s delays the first fetch after
        # a seek.
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = int(LONG_POLL_SECONDS * 1000)
        return consumer

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Keep aiokafka from fetching changelogs, which nobody takes out of its buffer.

        Faust's pause is only its own; a full buffer of one partition delays the next fetch from
        the same broker by 0.1 s.
        """
        inputs = self.consumer.units.inputs
        unread = [TopicPartition(*tp) for tp in assigned if tp.topic not in inputs]
        self._ensure_consumer().pause(*unread)
        await super().on_partitions_assigned(assigned, generation_id)

    async def fetch(self, active: frozenset[TP]) -> dict[TP, Batch]:
        """Read what has arrived for these partitions; empty when nothing has for a while."""
        return await self.call_thread(self._fetch, active)  # type: ignore[no-any-return]

    async def _fetch(self, active: frozenset[TP]) -> dict[TP, Batch]:
        consumer = self._ensure_consumer()
        starts = {tp: self._start(tp) for tp in active}
        records = await self._fetch_records(consumer, set(active), timeout=FETCH_SECONDS)
        batches = {
            tp: Batch(found[0].offset if (start := starts[tp]) is None else start, list(found))
            for tp, found in records.items()
        }
        for tp, start in starts.items():
            read_to = batches[tp].records[-1].offset + 1 if tp in batches else start
            if read_to is not None:
                self._reads[tp] = Read(read_to, self._position(tp))
        return batches

    def _start(self, tp: TP) -> int | None:
        """Tell up to where was read, or, after a seek, where it went.

        The position alone would not do: it passes the markers of transactions and what was aborted,
        of which no record ever tells.
        """
        position, last = self._position(tp), self._reads.get(tp)
        return last.read_to if last is not None and last.position == position else position

    def _position(self, tp: TP) -> int | None:
        state = self._state(tp)
        return state.position if state is not None and state.has_valid_position else None

    def _state(self, tp: TP) -> Any:
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription else None
        return assignment.state_value(tp) if assignment and tp in assignment.tps else None

    def behind(self, tp: TP, offset: int, *, handed_over: int) -> int | None:
        """Count the offsets from this one to the end; None before the first fetch."""
        state = self._state(tp)
        if state is None or state.lso is None:
            return None
        if offset >= handed_over and (self._position(tp) or 0) >= state.lso:
            return 0  # only markers of transactions are left
        return max(0, int(state.lso) - offset)

    async def committed(self, tps: set[TP]) -> dict[TP, int | None]:
        """Ask for the group's committed offsets; None where there is none."""
        return await self.call_thread(self._committed, sorted(tps))  # type: ignore[no-any-return]

    async def _committed(self, tps: list[TP]) -> dict[TP, int | None]:
        committed = self._ensure_consumer().committed
        offsets = await asyncio.gather(*(committed(TopicPartition(*tp)) for tp in tps))
        return dict(zip(tps, offsets, strict=True))

    async def seek_all(self, starts: Mapping[TP, Start]) -> None:
        """Move the read positions."""
        await self.call_thread(self._seek_all, starts)

    async def _seek_all(self, starts: Mapping[TP, Start]) -> None:
        for tp, start in starts.items():
            self._ensure_consumer().seek(TopicPartition(*tp), start.offset)


class BatchConsumer(driver.Consumer):
    """Faust's consumer for batch topics; offsets are committed in the units' transactions."""

    _thread: BatchThread

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.units: Units = cast(BatchTransport, self.transport).units
        self.units.behind = self.behind
        self.fetch_lock = asyncio.Lock()
        """Held by a fetch, and by a recovery from before its seek until the units are open."""
        self.starts: dict[TP, Start] = {}
        """Where the last seek went."""
        self._handed_over: dict[TP, int] = {}

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    def behind(self, tp: TP, offset: int) -> int | None:
        """Count the offsets from this one to the end of the input; None before the first fetch."""
        return self._thread.behind(tp, offset, handed_over=self._handed_over.get(tp, 0))

    async def on_stop(self) -> None:
        """Finish the open transactions and close the producers before the consumer leaves."""
        await self.units.stop()
        await super().on_stop()

    async def commit(self, *_: Any, **__: Any) -> bool:
        """Commit nothing (rule 11): the offsets go with the outputs."""
        return False

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Report nothing: it would take the paused changelogs for a broken consumer."""

    def on_buffer_full(self, tp: TP) -> None:
        """Pause nothing: a full queue blocks the fetch loop, and that is the back pressure."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Resume nothing; stock would also resume what a recovery has paused."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish what is open while the partitions are still ours."""
        self.stop_flow()
        self.app.flow_control.suspend()
        await self.units.close()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Start the new units' producers before anything is read on their behalf.

        Rule 2: InitProducerId completes or aborts what the former owner left open and fences
        it; the recovery and the seek, which begin after `super()`, then see the last word.
        """
        if not self.app.should_stop:
            async with Fatal(self.units.app):
                await self.units.assign(assigned, generation_id)
        await super().on_partitions_assigned(assigned, generation_id)

    async def perform_seek(self) -> None:
        """Move every input to its committed offset, or to its beginning when there is none.

        Rule 6: aiokafka's own seek leaves the latter where they are. Called only by the
        recovery, which holds the fetch lock.
        """
        inputs = {tp for tp in self.assignment() if tp.topic in self.units.inputs}
        committed = await self._thread.committed(inputs)
        earliest = await self.earliest_offsets(*inputs)
        ends = await self.highwaters(*inputs)
        starts = {tp: first_offset(tp, committed[tp], earliest[tp], ends[tp]) for tp in inputs}
        await self._thread.seek_all(starts)
        self.starts = starts

    async def _drain_messages(self, fetcher: Any) -> None:
        async with Fatal(self.units.app):
            while not (self.should_stop or fetcher.should_stop):
                await asyncio.sleep(0)
                await self._deliver(*await self._fetch())

    async def _fetch(self) -> tuple[dict[TP, Batch], int]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        async with self.fetch_lock:
            generation = self.app.consumer_generation_id
            active = frozenset(self._get_active_partitions())
            if active and self.flow_active:
                return await self._thread.fetch(active), generation
        await self.sleep(0.05)
        return {}, generation

    async def _deliver(self, batches: dict[TP, Batch], generation: int) -> None:
        # In turns, so that no partition waits for the whole of another one.
        while batches and self.flow_active:
            for tp, batch in list(batches.items()):
                head, tail = split(batch, self.units.settings.max_fold)
                if tail is None:
                    del batches[tp]
                else:
                    batches[tp] = tail
                await self._hand_over(tp, head, generation)

    async def _hand_over(self, tp: TP, batch: Batch, generation: int) -> None:
        message = _message(tp, batch, generation)
        self._handed_over[tp] = message.offset + 1
        # Waits while the agent's queue is full; what a revocation interrupts is read again.
        await self.wait_first(self.callback(message), self.suspend_flow.wait())


class BatchTransport(driver.Transport):
    """Faust's transport with the batch consumer."""

    Consumer: ClassVar[type[Any]] = BatchConsumer
    units: Units


def split(batch: Batch, size: int) -> tuple[Batch, Batch | None]:
    """Split off at most `size` records; the rest is None when nothing is left."""
    head, tail = batch.records[:size], batch.records[size:]
    rest = Batch(head[-1].offset + 1, tail) if tail else None
    return Batch(batch.start, head), rest


def first_offset(tp: TP, committed: int | None, earliest: int, end: int) -> Start:
    """Tell where to begin reading.

    Raises RuntimeError when the topic ends below the committed offset: it was created anew.
    """
    if committed is None:
        return Start(None, earliest)
    if committed > end:
        raise RuntimeError(
            f"{tp.topic} partition {tp.partition} ends at {end}, but {committed} was committed: "
            "the topic was created anew. Delete the consumer group or use another one."
        )
    if committed < earliest:
        log.error("%s: %d records were deleted before they were read", tp, earliest - committed)
    return Start(committed, max(committed, earliest))


def _message(tp: TP, batch: Batch, generation: int) -> ConsumerMessage:
    last = batch.records[-1]
    return ConsumerMessage(
        tp.topic,
        tp.partition,
        last.offset,
        last.timestamp / 1000.0,
        last.timestamp_type,
        None,
        None,
        batch,  # type: ignore[arg-type]
        None,
        0,
        0,
        tp,
        generation_id=generation,
    )
