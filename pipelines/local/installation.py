"""A whole installation on this machine: a broker, if none is named, its topics, and workers."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import msgspec

from noise.settings import Settings
from pipelines import kafka
from pipelines.broker import BrokerError, LocalBroker, uninterrupted
from pipelines.broker.ports import is_free
from pipelines.clock import elapsed
from pipelines.files import BOOTSTRAP_VARIABLE, FileError
from pipelines.local.children import Child, stop_all
from pipelines.topics import declare

START_SECONDS = 120.0
POLL_SECONDS = 0.1
# Together less than ten, so that nobody has to wait longer after Ctrl-C.
WORKERS_STOP_SECONDS = 6.0
BROKER_STOP_SECONDS = 3.0
METRICS = re.compile(r"metrics: (http://\S+)")


class LocalInstallation:
    """Broker and workers; as a context manager it starts and stops them.

    ``data`` is the folder of the broker's records and of everybody's log. With a broker named in
    ``settings`` there is none of its own. The first worker serves its metrics on the configured
    port, or with ``any_port`` on another if that is taken; the others on free ones.
    """

    def __init__(
        self,
        settings: Settings,
        tenants_file: str | None,
        data: Path,
        workers: int = 1,
        *,
        any_port: bool = False,
    ) -> None:
        """Only ``start`` starts anything."""
        self._any_port = any_port
        self._settings = settings
        self._tenants_file = tenants_file
        self._data = data.absolute()
        self._workers = [self._worker(1, settings.metrics.port)]
        self._workers += [self._worker(number, port=0) for number in range(2, workers + 1)]
        self._broker = None if settings.kafka.bootstrap else LocalBroker(self._data)

    @property
    def bootstrap(self) -> str:
        """Return the address of the broker; one of its own has it once it was started."""
        return self._broker.bootstrap if self._broker else str(self._settings.kafka.bootstrap)

    @property
    def owns_broker(self) -> bool:
        """Tell whether the broker starts and stops with the rest."""
        return self._broker is not None

    @property
    def workers(self) -> tuple[Child, ...]:
        """Return the workers, running or not."""
        return tuple(self._workers)

    def start(self) -> None:
        """Start everything and wait until each worker serves its metrics.

        Raises BrokerError, KafkaError, FileError or ChildError, whose texts say what to mend; then,
        and also when a signal comes, nothing is left running.
        """
        try:
            if self._broker is not None:
                self._broker.start()
            asyncio.run(self._prepare_topics())
            self._start_workers()
        except OSError as exc:
            self.stop()
            raise FileError(f"{self._data} cannot be used ({exc.strerror or exc})") from exc
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the workers, then the broker; a signal cannot cut it short."""
        with uninterrupted():
            stop_all(self._workers, WORKERS_STOP_SECONDS)
            if self._broker is not None:
                self._broker.stop(BROKER_STOP_SECONDS)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def metrics_urls(self) -> list[str]:
        """Return where the workers that run serve their metrics."""
        found = [_metrics_url(worker) for worker in self._workers if worker.pid is not None]
        return [url for url in found if url is not None]

    def tend(self) -> list[str]:
        """Start again what died and is due; return a sentence for each thing that happened.

        To be called several times a second. Raises BrokerError when the broker is gone.
        """
        if self._broker is not None and self._broker.pid is None:
            raise BrokerError(f"the broker ended by itself: {self._broker.log_path} says why")
        told = [worker.tend(elapsed()) for worker in self._workers]
        return [sentence for sentence in told if sentence is not None]

    def watch(self, say: Callable[[str], None]) -> None:
        """Tend for ever, that is until a signal raises something."""
        while True:
            for sentence in self.tend():
                say(sentence)
            time.sleep(POLL_SECONDS)

    def _worker(self, number: int, port: int) -> Child:
        command = [sys.executable, "-m", "pipelines.cli", "worker", "--metrics-port", str(port)]
        command += ["--settings", str(self._settings_file)]
        if self._tenants_file is not None:
            command += ["--tenants", str(Path(self._tenants_file).absolute())]
        return Child(f"worker {number}", command, self._data / f"worker-{number}.log")

    @property
    def _settings_file(self) -> Path:
        return self._data / "worker-settings.json"

    async def _prepare_topics(self) -> None:
        wanted = declare(self._settings.kafka).all()
        await kafka.create_topics(self.bootstrap, wanted)
        await kafka.require_topics(self.bootstrap, wanted)

    def _start_workers(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        self._settings_file.write_bytes(msgspec.json.encode(self._settings))
        environment = os.environ | {BOOTSTRAP_VARIABLE: self.bootstrap}
        if self._any_port and not is_free(self._settings.metrics.port):
            self._workers[0] = self._worker(1, port=0)
        for worker in self._workers:
            worker.start(environment)
        until = elapsed() + START_SECONDS
        for worker in self._workers:
            while _metrics_url(worker) is None:
                if worker.pid is None or elapsed() > until:
                    raise worker.failure()
                time.sleep(POLL_SECONDS)


def _metrics_url(worker: Child) -> str | None:
    found = METRICS.search(worker.said)
    return found[1] if found else None
