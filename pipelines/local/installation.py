"""A broker, unless one is named, its topics, and workers; ended in the opposite order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from noise.settings import Settings
from pipelines import kafka, topics
from pipelines.broker import BrokerError, LocalBroker, fetch
from pipelines.clock import elapsed
from pipelines.files import BOOTSTRAP_VARIABLE
from pipelines.local.child import LocalError
from pipelines.local.keeper import Keeper, Say
from pipelines.local.worker import WorkerChild
from pipelines.stopping import POLL_SECONDS, GiveUp

# Together with a broker's usual half second well under the ten that a stop may take.
WORKER_SECONDS = 5.0
BROKER_SECONDS = 3.0


class Installation:
    """All processes of ``noise up``. A context manager, because none of them may stay behind."""

    def __init__(self, settings: Settings, *, folder: Path, workers: int, say: Say) -> None:
        """Keep data and logs in ``folder``; ``say`` is told in lines what happens."""
        if workers > settings.kafka.partitions:
            raise LocalError(
                f"{workers} workers cannot share {settings.kafka.partitions} partitions: "
                "start fewer, or set kafka.partitions to more before the topics are made"
            )
        self.settings = settings
        self.folder = folder
        self.topics = topics.declare(settings.kafka)
        self.workers: list[WorkerChild] = []
        self._count = workers
        self._say = say
        self._broker = None if settings.kafka.bootstrap else LocalBroker(folder / "broker")
        self._keepers: list[Keeper] = []
        self._awaited: list[WorkerChild] = []

    @property
    def address(self) -> str:
        """Return the broker's address; known once it was started."""
        return self._broker.bootstrap if self._broker else str(self.settings.kafka.bootstrap)

    @property
    def is_ready(self) -> bool:
        """True when every worker has begun to work."""
        return bool(self._keepers) and not self._awaited

    def fetch(self) -> None:
        """Get what a broker of our own needs, which takes a while the first time."""
        if self._broker is not None:
            fetch()

    def start(self, give_up: GiveUp) -> None:
        """Start broker and workers, or less if ``give_up`` says so; the workers are not awaited.

        Raises BrokerError, KafkaError and LocalError.
        """
        try:
            logs = self.folder / "logs"
            logs.mkdir(parents=True, exist_ok=True)
            if self._broker is not None:
                self._broker.start(give_up)
            asyncio.run(_unless(give_up, self._prepare_topics()))
            if not give_up():
                self._start_workers(logs)
        except OSError as exc:
            raise LocalError(
                f"{self.folder} cannot be used ({exc.strerror or exc}): mend that, or name "
                "another folder"
            ) from exc

    async def _prepare_topics(self) -> None:
        wanted = self.topics.all()
        await kafka.create_topics(self.address, wanted)
        faults = await kafka.check_topics(self.address, wanted)
        if faults:
            raise kafka.KafkaError("; ".join(faults))

    def _start_workers(self, logs: Path) -> None:
        settings_file = self.folder / "settings.json"
        settings_file.write_bytes(msgspec.json.encode(self.settings))
        for number in range(self._count):
            log = logs / f"worker-{number + 1}.log"
            log.write_bytes(b"")
            worker = WorkerChild(
                number,
                self.settings.metrics,
                settings_file=settings_file,
                environment={BOOTSTRAP_VARIABLE: self.address},
                log=log,
                taken=[worker.port for worker in self.workers],
            )
            self.workers.append(worker)
            self._awaited.append(worker)
            self._keepers.append(Keeper(worker, self._say))
            self._keepers[-1].start()

    def tend(self) -> None:
        """Start workers again that died; call it several times a second.

        Raises LocalError when one ends before it was ever ready, BrokerError when the broker ends.
        """
        if self._broker is not None and self._broker.pid is None:
            raise BrokerError(self._broker.explain_end())
        for worker in list(self._awaited):
            if worker.ending() is not None:
                self._fail(worker)
            if worker.answers():
                self._awaited.remove(worker)
        for keeper in self._keepers:
            keeper.tend()

    def _fail(self, worker: WorkerChild) -> None:
        for line in worker.last_lines():
            self._say(f"  {line}")
        raise LocalError(
            f"{worker.name} ended before it was ready ({worker.ending()}): the lines above are "
            f"the end of {worker.log}"
        )

    @property
    def pages(self) -> Sequence[str]:
        """Return the addresses of the workers' metrics."""
        return [worker.page for worker in self.workers]

    def stop(self) -> None:
        """End the workers, then the broker."""
        for worker in self.workers:
            worker.ask_to_stop()
        until = elapsed() + WORKER_SECONDS
        for worker in self.workers:
            worker.end(max(0.0, until - elapsed()))
        if self._broker is not None:
            self._broker.stop(BROKER_SECONDS)

    def __enter__(self) -> Self:
        """Begin with nothing started."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop whatever runs."""
        self.stop()


async def _unless(give_up: GiveUp, work: Coroutine[Any, Any, None]) -> None:
    """Do ``work``, but leave it when ``give_up`` says so."""
    task = asyncio.ensure_future(work)
    while not task.done() and not give_up():
        await asyncio.wait([task], timeout=POLL_SECONDS)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
