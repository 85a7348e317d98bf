import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from pipelines.transport import Output, TransportSettings, build_faust_app, units_of
from pipelines.transport.consumer import first_offset, split
from pipelines.transport.units import Batch, Start, Units

RAW, LABELS = "raw", "labels"


class Blank:
    """A state in which nothing happens."""

    def fold(self, topic: str, records: Any) -> list[Output]:
        return []

    def tick(self) -> list[Output]:
        return []

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        return []

    def load(self, key: bytes, value: bytes) -> None: ...

    def committed(self) -> None: ...


class Idle:
    """A producer that has nothing to do with a broker."""

    def __init__(self) -> None:
        self.running = False
        self.commits: list[Any] = []

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False

    async def commit(self, outputs: Any, offsets: Any) -> None:
        self.commits.append(offsets)


class Owner:
    """The units of an app that talks to no broker, with their producers."""

    def __init__(self) -> None:
        self.app = build_faust_app(
            "test",
            bootstrap="localhost:1",
            inputs=[RAW, LABELS],
            partitions=4,
            open_partition=lambda _: Blank(),
        )
        self.table = self.app.tables["state"]
        self.producers: list[Idle] = []
        known = units_of(self.app)
        self.units = Units(self.app, known.table, known.inputs, TransportSettings(), self.produce)

    def produce(self, number: int) -> Idle:
        self.producers.append(Idle())
        return self.producers[-1]

    async def assign(self, generation: int, *numbers: int) -> None:
        self.app.consumer_generation_id = generation
        topics = (RAW, LABELS, "test-state-changelog")
        await self.units.assign({TP(t, n) for t in topics for n in numbers}, generation)

    async def recovered(self, generation: int, *numbers: int) -> None:
        """Go all the way to open units, without a changelog."""
        await self.assign(generation, *numbers)
        for number in numbers:
            self.units[number].recovered = True
        self.units.open(generation, starts(*numbers))


def starts(*numbers: int, committed: int | None = None, offset: int = 0) -> dict[TP, Start]:
    return {TP(t, n): Start(committed, offset) for t in (RAW, LABELS) for n in numbers}


def record(offset: int) -> Any:
    return SimpleNamespace(offset=offset)


async def test_inputs_that_are_not_assigned_together_are_refused() -> None:
    owner = Owner()
    assigned = {TP(RAW, 0), TP(RAW, 1), TP(LABELS, 0), TP("test-state-changelog", 0)}

    with pytest.raises(RuntimeError, match="same number of partitions"):
        await owner.units.assign(assigned, 1)


async def test_a_changelog_with_other_partitions_than_the_inputs_is_refused() -> None:
    owner = Owner()

    with pytest.raises(RuntimeError, match="same number of partitions"):
        await owner.units.assign({TP(RAW, 0), TP(LABELS, 0)}, 1)


async def test_a_unit_stays_over_a_rebalance_that_gives_it_back_at_once() -> None:
    owner = Owner()
    await owner.recovered(1, 0, 1)
    before = owner.table[0]

    await owner.units.close()
    await owner.assign(2, 0)

    assert owner.table[0] is before
    assert 1 not in owner.table
    assert len(owner.producers) == 2


async def test_a_unit_starts_over_when_a_generation_was_missed() -> None:
    owner = Owner()
    await owner.recovered(1, 0)
    before = owner.table[0]

    await owner.units.close()
    await owner.assign(3, 0)

    assert owner.table[0] is not before
    assert not owner.units[0].recovered


async def test_a_unit_starts_over_when_it_was_never_recovered() -> None:
    owner = Owner()
    await owner.assign(1, 0)
    before = owner.table[0]

    await owner.units.close()
    await owner.assign(2, 0)

    assert owner.table[0] is not before


async def test_a_unit_whose_transaction_did_not_end_in_time_is_dropped() -> None:
    owner = Owner()
    owner.units.settings = TransportSettings(drain_timeout=0.001)
    await owner.recovered(1, 0)
    owner.producers[0].commit = never  # type: ignore[method-assign]
    await owner.units.fold(TP(RAW, 0), Batch(0, [record(0)]), 1)

    await owner.units.close()

    assert 0 not in owner.table


async def never(outputs: Any, offsets: Any) -> None:
    await asyncio.Event().wait()


async def test_units_open_only_for_the_generation_that_was_recovered() -> None:
    owner = Owner()
    await owner.assign(2, 0)
    owner.units[0].recovered = True

    owner.units.open(1, starts(0))

    assert not owner.units[0].is_open


async def test_units_do_not_open_after_they_were_revoked() -> None:
    owner = Owner()
    await owner.assign(1, 0)
    owner.units[0].recovered = True
    await owner.units.close()

    owner.units.open(1, starts(0))

    assert not owner.units[0].is_open


@pytest.mark.parametrize("recovered", [True, False])
async def test_a_unit_that_cannot_be_opened_is_an_error(recovered: bool) -> None:
    owner = Owner()
    await owner.assign(1, 0)
    owner.units[0].recovered = recovered

    with pytest.raises(RuntimeError, match="could not be opened"):
        owner.units.open(1, {} if recovered else starts(0))


async def test_a_kept_unit_that_is_not_where_the_group_is_is_an_error() -> None:
    owner = Owner()
    await owner.recovered(1, 0)
    await owner.units.fold(TP(RAW, 0), Batch(0, [record(0)]), 1)
    await owner.units.close()
    await owner.assign(2, 0)

    with pytest.raises(RuntimeError, match="the group is at 7"):
        owner.units.open(2, starts(0, committed=7, offset=7))


async def test_a_batch_of_an_older_generation_is_left_out() -> None:
    owner = Owner()
    await owner.recovered(2, 0)

    await owner.units.fold(TP(RAW, 0), Batch(0, [record(0)]), 1)
    await owner.units.fold(TP(RAW, 3), Batch(0, [record(0)]), 2)
    await owner.units.stop()

    assert owner.producers[0].commits == []


async def test_progress_counts_what_was_committed_even_after_the_partition_is_lost() -> None:
    owner = Owner()
    await owner.recovered(1, 0)
    owner.units.behind = lambda tp, offset: 10 - offset if tp.topic == RAW else None
    await owner.units.fold(TP(RAW, 0), Batch(0, [record(0), record(1)]), 1)
    await owner.units.close()

    (kept,) = owner.units.progress()
    await owner.units.stop()
    (lost,) = owner.units.progress()

    assert (kept.records, kept.transactions, kept.lag) == (2, 1, {RAW: 8})
    assert (lost.records, lost.lag) == (2, {})
    assert not owner.producers[0].running


def test_reading_begins_at_the_committed_offset_or_at_the_beginning() -> None:
    tp = TP(RAW, 0)

    assert first_offset(tp, None, 3, 9) == Start(None, 3)
    assert first_offset(tp, 5, 3, 9) == Start(5, 5)


def test_records_deleted_before_they_were_read_are_told(caplog: pytest.LogCaptureFixture) -> None:
    assert first_offset(TP(RAW, 0), 2, 5, 9) == Start(2, 5)
    assert "3 records were deleted" in caplog.text


def test_a_topic_that_was_created_anew_is_refused() -> None:
    with pytest.raises(RuntimeError, match="created anew"):
        first_offset(TP(RAW, 0), 50, 0, 9)


def test_a_large_batch_is_split_without_a_gap() -> None:
    head, tail = split(Batch(4, [record(o) for o in (6, 7, 9)]), 2)

    assert (head.start, [r.offset for r in head.records]) == (4, [6, 7])
    assert tail is not None
    assert (tail.start, [r.offset for r in tail.records]) == (8, [9])
    assert split(tail, 2) == (tail, None)
