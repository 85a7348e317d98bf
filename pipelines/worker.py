"""Runs one worker: checks the topics, serves the metrics, and folds until it is told to stop.

``python -m pipelines.worker SETTINGS`` or ``noise worker``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from noise.directory import Directory
from noise.errors import NoiseError
from noise.settings import Settings
from pipelines import files, kafka, logs, topics
from pipelines.app import build_app, build_metrics
from pipelines.metrics import PageError, serve
from pipelines.transport import Worker

log = logging.getLogger("pipelines.worker")  # as a program its __name__ is another


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
    settings: Settings, directory: Directory, *, create_topics: bool = False
) -> NoReturn:
    """Work until SIGTERM or SIGINT, then raise SystemExit with the status of the process.

    The broker is the one that ``settings`` name; ``directory`` is what is known of the clients.
    Raises KafkaError for a broker or topics that cannot be used, and PageError when the page of
    metrics cannot be served; both before anything is read.
    """
    broker = settings.kafka.bootstrap
    if broker is None:
        raise kafka.KafkaError(
            "no Kafka broker is named: set KAFKA_BOOTSTRAP or kafka.bootstrap to its host:port"
        )
    asyncio.run(prepare(settings, broker, create=create_topics))
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
        _spare_the_collector()
        try:
            worker.execute_from_commandline()
        except asyncio.CancelledError:
            # What a signal interrupts in the middle of a rebalance looks like a crash to Faust.
            raise SystemExit(0 if worker._signal_stop_time else 1) from None
        finally:
            log.info("stopped")


def _spare_the_collector() -> None:
    # What is loaded by now stays, and alerts leave few cycles: looking for them costs a tenth.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _folder_for_faust() -> Path:
    # Faust insists on a folder of its own, though nothing of ours is ever written there.
    # By number: in a container the user may have no name.
    return Path(tempfile.gettempdir()) / f"noise-worker-{os.getuid()}"


def main(arguments: Sequence[str]) -> int:
    """Run a worker from the command line; return the status of the process."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.worker", description=__doc__)
    parser.add_argument("settings", nargs="?", help="YAML file with the settings")
    parser.add_argument("--create-topics", action="store_true", help="make missing topics")
    chosen = parser.parse_args(arguments)
    logs.log_to_stderr()
    try:
        settings = files.read_settings(chosen.settings)
        directory = files.read_directory(settings.tenants_file)
        run_worker(settings, directory, create_topics=chosen.create_topics)
    except (NoiseError, kafka.KafkaError, PageError, files.FileError) as exc:
        sys.stderr.write(f"{exc}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
