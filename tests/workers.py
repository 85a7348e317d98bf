"""Workers as processes of their own, and what to ask of the broker meanwhile."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid1

import yaml
from aiokafka import ConsumerRecord

from noise.settings import Settings, load_settings
from pipelines import kafka, topics

PATIENCE_SECONDS = 60.0


class Installation:
    """Topics of its own on a broker, and the workers that serve them."""

    def __init__(self, broker: str, folder: Path, tree: dict[str, Any]) -> None:
        prefix = f"t{uuid1().hex[:10]}"
        self.tree = {
            "mode": "enforce",
            "sampling": {"audit_share": 0.0, "probe_hours": 100_000},
            "metrics": {"port": 0},
            **tree,
            "kafka": {"bootstrap": broker, "prefix": prefix, "session_seconds": 6}
            | tree.get("kafka", {}),
        }
        self.settings: Settings = load_settings(self.tree)
        self.topics = topics.declare(self.settings.kafka)
        self.broker = broker
        self.folder = folder
        self.settings_file = folder / f"{prefix}.yaml"
        self.settings_file.write_text(yaml.safe_dump(self.tree), encoding="utf-8")
        self._started = 0

    async def create_topics(self) -> None:
        await kafka.create_topics(self.broker, self.topics.all())

    @contextmanager
    def worker(
        self, *arguments: str, program: Sequence[str] = ("-m", "pipelines.cli")
    ) -> Iterator[WorkerProcess]:
        """Start a worker; whatever happens it is gone at the end of the block."""
        self._started += 1
        log = self.folder / f"{self.settings_file.stem}-{self._started}.log"
        command = ["worker", "--settings", str(self.settings_file)]
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, *program, *command, *arguments],
                stdout=stream,
                stderr=stream,
                cwd=Path(__file__).parent.parent,
                env=os.environ | {"KAFKA_BOOTSTRAP": self.broker},
            )
        try:
            yield WorkerProcess(process, log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    async def behind(self) -> int:
        """Raw and feedback records that are not committed yet."""
        names = [self.topics.raw.name, self.topics.feedback.name]
        lags = await kafka.lag(self.broker, topics.application_id(self.settings.kafka), names)
        return sum(lags.values())

    async def wait_until_done(self, worker: WorkerProcess) -> None:
        """Wait until everything that was sent is committed."""

        async def is_done() -> bool:
            worker.check()
            return await self.behind() == 0

        await until(is_done)

    async def read(self, *names: topics.Topic) -> list[ConsumerRecord]:
        """Read all committed records of these topics."""
        async with kafka.reading(self.broker, [topic.name for topic in names]) as consumer:
            return [record async for record in kafka.read_to_end(consumer)]

    async def decisions(self) -> list[ConsumerRecord]:
        return await self.read(self.topics.enriched, self.topics.suppressed)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[Any]:
        async with kafka.producing(self.broker, linger_ms=20) as producer:
            yield producer


class WorkerProcess:
    """A running worker and its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def check(self) -> None:
        """Fail if the worker is gone, with what it said."""
        assert self.process.poll() is None, self.log

    def metrics_url(self) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := re.search(r"metrics: (http://\S+)", self.log)):
            assert time.monotonic() < deadline, self.log
            self.check()
            time.sleep(0.1)
        return found[1]

    def page(self) -> str:
        """Its page of metrics, as Prometheus would read it."""
        with urllib.request.urlopen(self.metrics_url()) as answer:  # noqa: S310
            return str(answer.read().decode())

    def stop(self) -> int:
        """End it as an operator would; return its status."""
        self.process.terminate()
        return self.process.wait(timeout=20)


async def until(
    condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS
) -> None:
    """Wait for a condition, never for a time."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.2)
