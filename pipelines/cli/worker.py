"""``noise worker``: one worker process."""

from __future__ import annotations

import logging

import click
from msgspec.structs import replace

from pipelines.cli import options
from pipelines.files import read_directory, read_settings
from pipelines.worker import run_worker

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


@click.command("worker")
@click.option("--create-topics", is_flag=True, help="Create the topics that are missing.")
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Instead of the configured.")
@options.tenants_file
@options.settings_file
def command(
    *, create_topics: bool, metrics_port: int | None, tenants: str | None, settings: str | None
) -> None:
    """Decide what comes in until Ctrl-C or SIGTERM."""
    configured = read_settings(settings)
    if metrics_port is not None:
        page = replace(configured.metrics, port=metrics_port)
        configured = replace(configured, metrics=page)
    directory = read_directory(tenants or configured.tenants_file)
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    run_worker(configured, directory, create_topics=create_topics)
