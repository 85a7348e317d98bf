"""Runs one worker: checks the topics, serves the metrics, and folds until it is told to stop.

``python -m pipelines.worker SETTINGS`` or ``noise worker``.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from contextlib import ExitStack

from noise.directory import Directory
from noise.settings import Settings
from pipelines import kafka, topics
from pipelines.app import build_app, build_metrics
from pipelines.metrics import serve
from pipelines.transport import Worker

log = logging.getLogger(__name__)


async def prepare(settings: Settings, broker: str, *, create: bool) -> None:
    """Make sure that all topics are as they must be; ``create`` makes those that are missing.

    Raises KafkaError that says everything that must be mended.
    """
    wanted = topics.declare(settings.kafka).all()
    if create:
        for name in await kafka.create_topics(broker, wanted):
            log.info("created topic %s", name)
    faults = await kafka.check_topics(broker, wanted)
    if faults:
        raise kafka.KafkaError("; ".join(faults))


def run_worker(
    settings: Settings, directory: Directory, *, broker: str, create_topics: bool = False
) -> None:
    """Work until SIGTERM or SIGINT; then raise SystemExit with the status of the process.

    Raises KafkaError for a broker or topics that cannot be used, and PageError when the page of
    metrics cannot be served; both before anything is read.
    """
    asyncio.run(prepare(settings, broker, create=create_topics))
    metrics = build_metrics(settings)
    with ExitStack() as stack:
        page = stack.enter_context(serve(metrics, settings.metrics))
        log.info("metrics: http://%s:%d/metrics", page.address, page.port)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="noise-worker-"))
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        app = build_app(settings, directory, broker=broker, metrics=metrics, datadir=folder)
        Worker(
            app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False
        ).execute_from_commandline()
