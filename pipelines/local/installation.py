"""A whole installation on one machine, started in order and stopped in the opposite one."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import yaml

from noise.settings import Settings
from pipelines.broker import LocalBroker
from pipelines.broker.ports import is_free
from pipelines.clock import elapsed
from pipelines.files import BOOTSTRAP_VARIABLE
from pipelines.local.children import Child, ChildError
from pipelines.topics import declare
from pipelines.worker import prepare

STOP_SECONDS = 6.0
START_SECONDS = 60.0
POLL_SECONDS = 0.05
PAGE = re.compile(r"metrics: (http://\S+)")


class LocalInstallation:
    """A broker, unless the settings name one, the topics, and workers; a context manager.

    Everything lies under ``data``: the broker's records, the settings as the workers read them, and
    the logs.
    """

    def __init__(self, settings: Settings, data: Path, workers: int = 1) -> None:
        """Take the settings, with ``tenants_file`` as the workers can find it."""
        self.settings = settings
        self.data = data
        self._count = workers
        self._own = LocalBroker(data / "kafka") if settings.kafka.bootstrap is None else None
        self._stack = ExitStack()
        self.workers: list[Child] = []

    @property
    def broker(self) -> str:
        """The address of the broker."""
        return self._own.bootstrap if self._own else str(self.settings.kafka.bootstrap)

    def __enter__(self) -> Self:
        """Start everything. Raises BrokerError, KafkaError, FileError or ChildError."""
        with ExitStack() as stack:
            self.data.mkdir(parents=True, exist_ok=True)
            if self._own is not None:
                stack.enter_context(self._own)
            asyncio.run(prepare(self.settings, self.broker, create=True))
            stack.callback(self._stop_workers)
            self._start_workers()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the workers, then the broker."""
        self._stack.__exit__(kind, error, trace)

    def pages(self) -> list[str]:
        """Return the addresses of the workers' metrics."""
        found = (PAGE.search(worker.said()) for worker in self.workers)
        return [page[1] for page in found if page]

    def mend(self) -> list[str]:
        """Start workers again that ended by themselves; return what to tell of it."""
        return [news for worker in self.workers if (news := worker.mend())]

    def _start_workers(self) -> None:
        file = self.data / "settings.yaml"
        tree = msgspec.to_builtins(self.settings, builtin_types=())
        file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
        environment = os.environ | {BOOTSTRAP_VARIABLE: self.broker}
        for number in range(self._count):
            command = [sys.executable, "-m", "pipelines.cli", "worker", "--settings", str(file)]
            command += ["--metrics-port", str(self._port(number))]
            log = self.data / f"worker-{number}.log"
            self.workers.append(Child(f"worker {number}", command, log, environment))
            self.workers[-1].start()
        for worker in self.workers:
            _wait_until_ready(worker)

    def _port(self, number: int) -> int:
        first = self.settings.metrics.port
        wanted = first + number if first else 0
        # One worker has its page where the settings say, or says that it cannot; more of them, or
        # those of a demo, are content with any port.
        return wanted if number == 0 or is_free(wanted) else 0

    def _stop_workers(self) -> None:
        for worker in self.workers:
            worker.ask_to_stop()
        until = elapsed() + STOP_SECONDS
        for worker in self.workers:
            worker.stop(until - elapsed())

    def topics(self) -> str:
        """Return the name of the topic that takes raw alerts."""
        return declare(self.settings.kafka).raw.name


def _wait_until_ready(worker: Child) -> None:
    until = elapsed() + START_SECONDS
    while not PAGE.search(worker.said()):
        if worker.status is not None:
            raise ChildError(f"{worker.name} cannot start: {worker.last()}")
        if elapsed() > until:
            raise ChildError(f"{worker.name} does not start: look into {worker.log}")
        time.sleep(POLL_SECONDS)


@contextmanager
def until_asked_to_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Have ``stop`` called at SIGINT, SIGTERM and SIGHUP while the block runs."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: stop()) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
