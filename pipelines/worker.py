"""Runs one worker: checks the topics, serves the metrics, and folds until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from pathlib import Path
from typing import NoReturn

from noise.directory import Directory
from noise.settings import Settings
from pipelines import kafka, topics
from pipelines.app import build_app, build_metrics
from pipelines.collector import spare_the_collector
from pipelines.metrics import serve
from pipelines.transport import Worker

log = logging.getLogger(__name__)


async def _prepare(settings: Settings, broker: str, *, create: bool) -> None:
    wanted = topics.declare(settings.kafka).all()
    if create:
        for name in await kafka.create_topics(broker, wanted):
            log.info("created topic %s", name)
    await kafka.require_topics(broker, wanted)


def run_worker(
    settings: Settings, directory: Directory, *, create_topics: bool = False
) -> NoReturn:
    """Work until SIGTERM or SIGINT, then raise SystemExit with the status of the process.

    The broker is the one that ``settings`` name; ``directory`` is what is known of the clients.
    Raises KafkaError for a broker or topics that cannot be used, and PageError when the page of
    metrics cannot be served; both before anything is read.
    """
    broker = kafka.named_broker(settings.kafka)
    asyncio.run(_prepare(settings, broker, create=create_topics))
    metrics = build_metrics(settings)
    with serve(metrics, settings.metrics) as page:
        log.info("metrics: http://%s:%d/metrics", page.address, page.port)
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        app = build_app(
            settings, directory, broker=broker, metrics=metrics, datadir=_folder_for_faust()
        )
        worker = Worker(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
        worker.spinner = None  # it writes to the terminal even when quiet
        spare_the_collector()
        try:
            worker.execute_from_commandline()
        except asyncio.CancelledError:
            # What a signal interrupts in the middle of a rebalance looks like a crash to Faust.
            raise SystemExit(0 if worker._signal_stop_time else 1) from None
        finally:
            log.info("stopped")


def _folder_for_faust() -> Path:
    # Faust insists on a folder of its own, though nothing of ours is ever written there.
    # By number: in a container the user may have no name.
    return Path(tempfile.gettempdir()) / f"noise-worker-{os.getuid()}"
