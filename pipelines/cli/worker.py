"""``noise worker``: one worker process."""

from __future__ import annotations

import click
from msgspec.structs import replace

from pipelines.cli import options
from pipelines.files import read_directory, read_settings
from pipelines.logs import log_to_stderr
from pipelines.worker import run_worker


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
    log_to_stderr()
    run_worker(configured, directory, create_topics=create_topics)
