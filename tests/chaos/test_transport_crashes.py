"""Workers are killed, paused and joined in the middle of their work; the answers must add up."""

import secrets
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.counting import Counting

BUSY = {"delay": 0.01, "transport": {"max_fold": 100, "max_pending": 500}}
"""Time to be hit in the middle of something."""


@pytest.fixture
async def counting(
    bootstrap: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Counting]:
    name = f"{request.node.originalname[:60]}-{secrets.token_hex(4)}"
    async with Counting(bootstrap, name.removeprefix("test_"), tmp_path) as counting:
        await counting.send(4000, 800)
        counting.feed(2000, 400)
        yield counting


async def seen_more(counting: Counting, records: int) -> None:
    await counting.until_seen(counting.tally.count + records)


async def kill(counting: Counting, number: int) -> None:
    counting.workers[number].send_signal(signal.SIGKILL)
    counting.workers[number].wait()
    await counting.nothing_below_the_committed_offsets_is_missing()


async def test_a_worker_killed_twice_in_the_middle_answers_everything_once(
    counting: Counting,
) -> None:
    for number in range(2):
        counting.start(**BUSY)
        await seen_more(counting, 2000)
        await kill(counting, number)
    counting.start()

    await counting.everything_answered_once()


@pytest.mark.parametrize("where", ["before", "after", "answered"])
async def test_a_worker_killed_around_the_end_of_a_transaction_answers_everything_once(
    counting: Counting, where: str
) -> None:
    worker = counting.start(**BUSY, die_at=f"{where}:{5 + secrets.randbelow(25)}")
    assert await counting.until_exit(worker) == -signal.SIGKILL
    await counting.nothing_below_the_committed_offsets_is_missing()
    counting.start()

    await counting.everything_answered_once()


async def test_workers_that_join_leave_and_are_killed_share_the_work_without_a_trace(
    counting: Counting,
) -> None:
    counting.start(**BUSY)
    await seen_more(counting, 1000)
    joined = counting.start(**BUSY)
    await counting.until(lambda: counting.has_opened(1))
    await seen_more(counting, 1000)
    assert await counting.stop(joined) == 0
    await seen_more(counting, 1000)
    counting.start(**BUSY)
    await counting.until(lambda: counting.has_opened(2))
    await seen_more(counting, 1000)
    await kill(counting, 2)

    await counting.everything_answered_once()


async def test_a_worker_that_does_not_wait_for_its_transactions_loses_nothing(
    counting: Counting,
) -> None:
    hasty = {**BUSY, "transport": {**BUSY["transport"], "drain_timeout": 0.001}}
    counting.start(**hasty)
    for number in (1, 2):
        await seen_more(counting, 500)
        joined = counting.start(**hasty)
        await counting.until(lambda n=number: counting.has_opened(n))
        await counting.stop(joined)

    await counting.everything_answered_once()


async def test_a_worker_stopped_for_longer_than_its_session_does_no_harm_when_it_wakes(
    counting: Counting,
) -> None:
    counting.start(**BUSY)
    counting.start(**BUSY)
    await counting.until(lambda: counting.has_opened(0) and counting.has_opened(1))
    await seen_more(counting, 1000)
    sleeper = counting.workers[1]
    sleeper.send_signal(signal.SIGSTOP)
    await counting.until(lambda: counting.owns_all(0))
    await seen_more(counting, 2000)
    sleeper.send_signal(signal.SIGCONT)
    await seen_more(counting, 2000)

    await counting.everything_answered_once()
