"""One partition number: its state, its position in each input, its transactions."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aiokafka import ConsumerRecord
from faust.types import TP

from pipelines.clock import elapsed
from pipelines.transport.partition import Output, Partition
from pipelines.transport.settings import TransportSettings


class GapError(RuntimeError):
    """Records were skipped between two batches of an input."""


class Producer(Protocol):
    """What a unit needs of its transactional producer."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def commit(
        self, outputs: Mapping[tuple[str, int], Sequence[Output]], offsets: Mapping[TP, int]
    ) -> None: ...


@dataclass
class Counters:
    """What the units of one partition number have committed since the process started."""

    records: int = 0
    outputs: int = 0
    transactions: int = 0
    transaction_seconds: float = 0.0


@dataclass
class Work:
    """What has been folded and waits for the next transaction."""

    outputs: dict[tuple[str, int], list[Output]] = field(default_factory=lambda: defaultdict(list))
    offsets: dict[TP, int] = field(default_factory=dict)
    records: int = 0
    """Input records folded."""
    produced: int = 0
    """Outputs that followed from them."""
    size: int = 0
    """Bytes of these outputs."""

    def __bool__(self) -> bool:
        return bool(self.outputs or self.offsets)


class Unit:
    """All inputs of one partition number share one state and one open transaction.

    Records are folded synchronously into the state and into the pending work. One task at a time
    commits that work; what is folded meanwhile goes into the next transaction: short ones when
    it is quiet, long ones under load.
    """

    def __init__(
        self,
        number: int,
        *,
        state: Partition,
        changelog: str,
        producer: Producer,
        settings: TransportSettings,
        counters: Counters,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.number = number
        self.state = state
        self.producer = producer
        self.position: dict[TP, int] = {}
        """The next offset to fold, by input."""
        self.committed: dict[TP, int | None] = {}
        """The offset last committed, by input; None when there is none yet."""
        self.recovered = False
        self._is_open = False
        self._is_void = False
        self._changelog = changelog
        self._settings = settings
        self._counters = counters
        self._failed = failed
        self._pending = Work()
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether records and ticks may be folded."""
        return self._is_open

    @property
    def idle(self) -> bool:
        """Whether everything that was folded is committed."""
        return self._task is None

    @property
    def full(self) -> bool:
        """Whether as much is waiting as may."""
        pending, limits = self._pending, self._settings
        waiting = pending.records + pending.produced
        return waiting >= limits.max_pending or pending.size >= limits.max_pending_bytes

    def open(self) -> None:
        """Take work from now on."""
        self._is_open = True

    def close(self) -> None:
        """Take no more work; what was folded is still committed."""
        self._is_open = False
        self._room.set()

    async def room(self) -> None:
        """Wait until there is room for more work, or the unit is closed."""
        while self._is_open and self.full:
            self._room.clear()
            await self._room.wait()

    def fold(self, tp: TP, start: int, records: Sequence[ConsumerRecord]) -> None:
        """Take in records that were read from offset `start` on.

        Raises GapError when something between the last batch and this one was never seen.
        """
        position = self.position[tp]
        if start > position:
            self._discard()
            raise GapError(f"{tp}: read from {start} on, folded up to {position}")
        new = [r for r in records if r.offset >= position]  # whatever is delivered twice
        if not new:
            return
        self._take(lambda: self.state.fold(tp.topic, new))
        self.position[tp] = self._pending.offsets[tp] = new[-1].offset + 1
        self._pending.records += len(new)

    def tick(self) -> None:
        """Let time pass in the state; a full unit leaves it to the next tick."""
        if self._is_open and not self.full:
            self._take(self.state.tick)

    async def drained(self) -> None:
        """Wait for the end of the open transaction, however it ends."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def abandon(self) -> None:
        """Give up an unfinished transaction; its outcome is unknown and the state is void."""
        self._discard()
        if self._task is not None:
            self._task.cancel()

    def _take(self, step: Callable[[], Iterable[Output]]) -> None:
        # Rule 12: after an exception the state is half changed, nothing of it may be committed.
        try:
            self._add(step())
        except Exception:
            self._discard()
            raise
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._ended)

    def _add(self, outputs: Iterable[Output]) -> None:
        pending = self._pending
        for output in outputs:
            number = self.number if output.partition is None else output.partition
            pending.outputs[output.topic, number].append(output)
            pending.produced += 1
            pending.size += len(output.value or b"")

    def _discard(self) -> None:
        self.close()
        self._is_void = True
        self._pending = Work()

    async def _run(self) -> None:
        while not self._is_void and (work := self._cut()):
            # Rule 10: aiokafka asks a coordinator that is away again and again, without end.
            async with asyncio.timeout(self._settings.commit_timeout):
                started = elapsed()
                await self.producer.commit(work.outputs, work.offsets)
            self._settle(work, elapsed() - started)
        self._task = None

    def _cut(self) -> Work:
        work, self._pending = self._pending, Work()
        changes = [Output(self._changelog, key, value) for key, value in self.state.changes()]
        if changes:
            work.outputs[self._changelog, self.number] = changes
        self._room.set()
        return work

    def _settle(self, work: Work, seconds: float) -> None:
        self.committed.update(work.offsets)
        self.state.committed()
        self._counters.records += work.records
        self._counters.outputs += work.produced
        self._counters.transactions += 1
        self._counters.transaction_seconds += seconds

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._discard()
            self._failed(error)
