"""One worker on a real broker: what it takes in, what it refuses, how it ends."""

import json
import secrets
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.counting import Counting

TEN_MB = 10_000_000


@pytest.fixture
async def counting(
    bootstrap: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Counting]:
    name = f"transport-{secrets.token_hex(4)}"
    async with Counting(bootstrap, name, tmp_path, **getattr(request, "param", {})) as counting:
        yield counting


def progress(report: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(report.read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return []


async def test_every_record_is_answered_once_in_order_and_with_its_headers(
    counting: Counting,
) -> None:
    await counting.send(4000, 800)
    counting.start()

    await counting.everything_answered_once()


async def test_progress_tells_what_was_done_and_that_nothing_is_left(
    counting: Counting, tmp_path: Path
) -> None:
    await counting.send(400, 80)
    report = tmp_path / "progress.json"
    counting.start(report=str(report), transport={"tick_interval": 1000.0})

    await counting.until(lambda: sum(p["records"] for p in progress(report)) == 480)

    assert {p["partition"] for p in progress(report)} == {0, 1, 2, 3}
    assert sum(p["outputs"] for p in progress(report)) == 480
    assert all(p["transaction_seconds"] > 0 for p in progress(report))
    await counting.until(lambda: all(set(p["lag"].values()) == {0} for p in progress(report)))


@pytest.mark.parametrize(
    "counting", [{"max_message_bytes": TEN_MB + 100_000}], indirect=True, ids=["10 MB"]
)
async def test_a_record_of_ten_megabytes_passes_between_small_ones(counting: Counting) -> None:
    await counting.send(40, 0)
    await counting.send_one(echo=True, pad="x" * TEN_MB)
    await counting.send(40, 0)
    counting.start()

    await counting.everything_answered_once()


async def test_a_record_handed_on_to_another_partition_is_answered_there_once(
    counting: Counting, tmp_path: Path
) -> None:
    report = tmp_path / "progress.json"
    await counting.send_one(home=3, partition=0)
    counting.start(report=str(report))
    await counting.until_seen(1)

    assert counting.tally.places["raw", 0] == 3
    await counting.until(lambda: all(set(p["lag"].values()) == {0} for p in progress(report)))
    counting.nothing_wrong()


async def test_an_output_that_the_topic_refuses_ends_the_worker_and_nothing_is_skipped(
    counting: Counting,
) -> None:
    await counting.send(400, 0)
    worker = counting.start(large_output_at=200)

    assert await counting.until_exit(worker, 20.0) == 1
    await counting.nothing_below_the_committed_offsets_is_missing()
    assert 200 not in counting.tally.seen["raw"]
    counting.start()
    await counting.everything_answered_once()


async def test_an_exception_in_the_fold_ends_the_worker_and_nothing_is_skipped(
    counting: Counting,
) -> None:
    await counting.send(400, 0)
    worker = counting.start(fold_error_at=200)

    assert await counting.until_exit(worker, 20.0) == 1
    assert "a bug in the fold" in counting.log(0).read_text()
    await counting.nothing_below_the_committed_offsets_is_missing()
    assert 200 not in counting.tally.seen["raw"]
    counting.start()
    await counting.everything_answered_once()


async def test_what_was_aborted_before_the_first_commit_is_read_again(counting: Counting) -> None:
    await counting.send(400, 0)
    worker = counting.start(die_at="before:1")
    assert await counting.until_exit(worker) == -signal.SIGKILL
    counting.start()

    await counting.everything_answered_once()


@pytest.mark.parametrize(
    "counting", [{"uneven": {"fb": 8}}, {"uneven": {"raw": 8, "fb": 8}}], indirect=True, ids=str
)
async def test_topics_with_unequal_partitions_are_refused(counting: Counting) -> None:
    worker = counting.start()

    assert await counting.until_exit(worker, 20.0) == 1
    assert "the same number of partitions" in counting.log(0).read_text()


async def test_a_topic_that_ends_before_what_was_committed_is_refused(counting: Counting) -> None:
    await counting.send(40, 8)
    first = counting.start()
    await counting.until_seen(48)
    await counting.stop(first)
    await counting.commit_beyond_the_end("fb")
    worker = counting.start()

    assert await counting.until_exit(worker, 20.0) == 1
    assert "created anew" in counting.log(1).read_text()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_is_asked_to_stop_is_gone_within_ten_seconds(
    counting: Counting, how: signal.Signals
) -> None:
    await counting.send(4000, 800)
    counting.feed(1000, 200)
    worker = counting.start(delay=0.01, transport={"max_fold": 100})
    await counting.until_seen(500)
    asked = time.monotonic()

    worker.send_signal(how)

    assert await counting.until_exit(worker, 10.0) == 0
    assert time.monotonic() - asked < 10.0
    counting.start()
    await counting.everything_answered_once()


async def test_a_worker_that_waits_to_join_the_group_stops_within_ten_seconds(
    counting: Counting,
) -> None:
    dead = counting.start(transport={"session_timeout": 30.0, "rebalance_timeout": 60.0})
    await counting.until(lambda: counting.has_opened(0))
    dead.kill()
    worker = counting.start()
    await counting.until(lambda: "joining group" in counting.log(1).read_text())

    assert await counting.stop(worker) == 0
