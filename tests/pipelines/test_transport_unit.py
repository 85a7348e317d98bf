import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from pipelines.transport import Output, TransportSettings
from pipelines.transport.unit import Counters, GapError, Unit

RAW, LABELS = TP("raw", 3), TP("labels", 3)


class Echo:
    """Answers each record with its offset, and remembers the offsets as its state."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.fresh: list[int] = []

    def fold(self, topic: str, records: Sequence[Any]) -> Iterable[Output]:
        for record in records:
            self.log.append((topic, record.offset))
            self.fresh.append(record.offset)
            if record.value == b"bug":
                raise ValueError("a bug in the fold")
            yield Output("out", None, b"%d" % record.offset, partition=record.to)

    def tick(self) -> Iterable[Output]:
        yield Output("out", None, b"tick")

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        fresh, self.fresh = self.fresh, []
        return [(b"seen", b"%d" % offset) for offset in fresh[-1:]]

    def load(self, key: bytes, value: bytes) -> None: ...

    def committed(self) -> None:
        self.log.append("committed")


class Ledger:
    """A producer that keeps what is committed; each commit waits to be let through."""

    def __init__(self) -> None:
        self.commits: list[tuple[dict[Any, list[bytes | None]], dict[TP, int]]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.refuses: Exception | None = None

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def commit(
        self, outputs: Mapping[tuple[str, int], Sequence[Output]], offsets: Mapping[TP, int]
    ) -> None:
        await self.gate.wait()
        if self.refuses:
            raise self.refuses
        values = {to: [o.value for o in records] for to, records in outputs.items()}
        self.commits.append((values, dict(offsets)))


class Bench:
    def __init__(self, **limits: Any) -> None:
        self.state, self.ledger, self.counters = Echo(), Ledger(), Counters()
        self.failures: list[BaseException] = []
        self.unit = Unit(
            3,
            state=self.state,
            changelog="changelog",
            producer=self.ledger,
            settings=TransportSettings(**limits),
            counters=self.counters,
            failed=self.failures.append,
        )
        self.unit.position = {RAW: 0, LABELS: 0}
        self.unit.open()

    def outputs(self) -> list[bytes | None]:
        return [v for values, _ in self.ledger.commits for v in values.get(("out", 3), [])]


def record(offset: int, value: bytes = b"", to: int | None = None) -> Any:
    return SimpleNamespace(offset=offset, value=value, to=to)


async def test_outputs_state_and_offsets_of_a_batch_are_committed_together() -> None:
    bench = Bench()

    bench.unit.fold(RAW, 0, [record(0), record(1)])
    await bench.unit.drained()

    assert bench.ledger.commits == [
        ({("out", 3): [b"0", b"1"], ("changelog", 3): [b"1"]}, {RAW: 2}),
    ]
    assert bench.unit.committed == {RAW: 2}
    assert bench.state.log[-1] == "committed"
    assert (bench.counters.records, bench.counters.outputs) == (2, 2)


async def test_what_is_folded_while_a_transaction_is_committed_goes_into_the_next_one() -> None:
    bench = Bench()
    bench.ledger.gate.clear()

    bench.unit.fold(RAW, 0, [record(0)])
    await asyncio.sleep(0)
    bench.unit.fold(RAW, 1, [record(1)])
    bench.unit.fold(LABELS, 0, [record(0)])
    bench.unit.tick()
    bench.ledger.gate.set()
    await bench.unit.drained()

    offsets = [offsets for _, offsets in bench.ledger.commits]
    assert offsets == [{RAW: 1}, {RAW: 2, LABELS: 1}]
    assert bench.outputs() == [b"0", b"1", b"0", b"tick"]


async def test_a_record_that_is_delivered_twice_is_folded_once() -> None:
    bench = Bench()

    bench.unit.fold(RAW, 0, [record(0), record(1)])
    bench.unit.fold(RAW, 0, [record(0), record(1)])
    bench.unit.fold(RAW, 1, [record(1), record(2)])
    await bench.unit.drained()

    assert bench.outputs() == [b"0", b"1", b"2"]


async def test_offsets_that_hold_no_record_are_no_gap() -> None:
    bench = Bench()

    bench.unit.fold(RAW, 0, [record(5)])
    bench.unit.fold(RAW, 6, [record(9)])
    await bench.unit.drained()

    assert bench.unit.committed == {RAW: 10}


async def test_a_batch_that_skips_records_is_refused_and_nothing_pending_is_committed() -> None:
    bench = Bench()
    bench.unit.fold(RAW, 0, [record(0)])

    with pytest.raises(GapError):
        bench.unit.fold(RAW, 2, [record(2)])
    await bench.unit.drained()

    assert bench.ledger.commits == []
    assert not bench.unit.is_open


async def test_after_an_exception_in_the_fold_nothing_of_it_is_committed() -> None:
    bench = Bench()
    bench.ledger.gate.clear()
    bench.unit.fold(RAW, 0, [record(0)])
    await asyncio.sleep(0)

    with pytest.raises(ValueError, match="a bug"):
        bench.unit.fold(RAW, 1, [record(1), record(2, b"bug")])
    bench.ledger.gate.set()
    await bench.unit.drained()

    assert bench.ledger.commits == [({("out", 3): [b"0"], ("changelog", 3): [b"0"]}, {RAW: 1})]
    assert not bench.unit.is_open


async def test_a_refused_transaction_closes_the_unit_and_is_told() -> None:
    bench = Bench()
    bench.ledger.refuses = ValueError("fenced")

    bench.unit.fold(RAW, 0, [record(0)])
    await bench.unit.drained()
    await asyncio.sleep(0)

    assert bench.failures == [bench.ledger.refuses]
    assert not bench.unit.is_open
    assert not bench.unit.idle


async def test_a_transaction_that_never_ends_is_given_up() -> None:
    bench = Bench(commit_timeout=0.01)
    bench.ledger.gate.clear()

    bench.unit.fold(RAW, 0, [record(0)])
    await bench.unit.drained()
    await asyncio.sleep(0)

    assert isinstance(bench.failures[0], TimeoutError)


async def test_an_abandoned_transaction_leaves_no_failure_behind() -> None:
    bench = Bench()
    bench.ledger.gate.clear()
    bench.unit.fold(RAW, 0, [record(0)])
    await asyncio.sleep(0)

    bench.unit.abandon()
    await bench.unit.drained()
    await asyncio.sleep(0)

    assert bench.failures == []
    assert not bench.unit.idle


@pytest.mark.parametrize("limit", [{"max_pending": 4}, {"max_pending_bytes": 2}])
async def test_a_full_unit_makes_batches_wait_and_leaves_ticks_out(limit: dict[str, int]) -> None:
    bench = Bench(**limit)
    bench.unit.fold(RAW, 0, [record(0), record(1)])
    assert bench.unit.full

    bench.unit.tick()
    await bench.unit.room()

    assert not bench.unit.full
    await bench.unit.drained()
    assert bench.outputs() == [b"0", b"1"]


async def test_who_waits_for_room_is_let_go_when_the_unit_closes() -> None:
    bench = Bench(max_pending=1)
    bench.ledger.gate.clear()
    bench.unit.fold(RAW, 0, [record(0)])
    await asyncio.sleep(0)
    bench.unit.fold(RAW, 1, [record(1)])
    waiting = asyncio.create_task(bench.unit.room())
    await asyncio.sleep(0)
    assert not waiting.done()

    bench.unit.close()

    await waiting


async def test_an_output_may_go_to_another_partition_in_the_same_transaction() -> None:
    bench = Bench()

    bench.unit.fold(RAW, 0, [record(0, to=1)])
    await bench.unit.drained()

    assert bench.ledger.commits == [({("out", 1): [b"0"], ("changelog", 3): [b"0"]}, {RAW: 1})]


async def test_a_closed_unit_ignores_ticks() -> None:
    bench = Bench()
    bench.unit.close()

    bench.unit.tick()

    assert bench.unit.idle
