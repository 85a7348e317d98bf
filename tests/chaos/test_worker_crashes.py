from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from noise.recorded import Recorded
from tests import streams
from tests.workers import Installation, WorkerProcess, until

NETWORKS = ("russellmitchell", "santos", "shaw", "fox")
ALERTS = 50_000


@pytest.fixture(scope="module")
def alerts() -> list[Recorded]:
    """50,000 real alerts of four networks, in turns."""
    share = ALERTS // len(NETWORKS)
    networks = [streams.alerts_of(name, share) for name in NETWORKS]
    mixed = [one for together in zip(*networks, strict=True) for one in together]
    assert len(mixed) == ALERTS
    return mixed


@pytest.fixture
async def installation(bootstrap: str, tmp_path: Path) -> Installation:
    installation = Installation(bootstrap, tmp_path, {})
    await installation.create_topics()
    return installation


async def some_are_done(installation: Installation, worker: WorkerProcess, left: int) -> None:
    """Wait until no more than ``left`` alerts are uncommitted, and make sure that some are."""

    async def is_so() -> bool:
        worker.check()
        return await installation.behind() <= left

    await until(is_so)
    assert await installation.behind() > 0, "the worker was through before it could be disturbed"


async def check_all(installation: Installation) -> None:
    """Every alert has one first decision, and all are those of an undisturbed run."""
    raw = await installation.read(installation.topics.raw)
    seen = streams.streamed(await installation.decisions())
    first = streams.first_decisions(seen.values())
    assert len(first) == len(set(first)) == ALERTS
    expected = streams.replayed(installation.settings, raw)
    assert {key: seen.get(key) for key in expected} == expected


async def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_nothing(
    installation: Installation, alerts: list[Recorded]
):
    await streams.send(installation, alerts)
    with installation.worker() as worker:
        await some_are_done(installation, worker, left=ALERTS * 3 // 4)
        worker.process.kill()
        worker.process.wait()

    with installation.worker() as worker:
        await installation.wait_until_done(worker)
        assert worker.stop() == 0

    await check_all(installation)


async def test_a_second_worker_may_join_and_leave_in_the_middle(
    installation: Installation, alerts: list[Recorded]
):
    begun, half = ALERTS // 5, ALERTS // 2
    with installation.worker() as first:
        await streams.send(installation, alerts[:begun])
        with installation.worker() as second:
            await streams.send(installation, alerts[begun:half])
            await until(lambda: has_joined(second))
            await streams.send(installation, alerts[half:])
            await until(lambda: has_decided_some(second))
            assert await installation.behind() > 0, "they were through before one could leave"
            assert second.stop() == 0
        await installation.wait_until_done(first)
        assert first.stop() == 0

    await check_all(installation)


async def has_joined(worker: WorkerProcess) -> bool:
    worker.check()
    return "ready: working on partitions" in worker.log


async def has_decided_some(worker: WorkerProcess) -> bool:
    worker.check()
    return "noise_alerts_total 0.0" not in await asyncio.to_thread(worker.page)
