"""``noise broker``: a local Apache Kafka in the foreground."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.broker import run_broker
from pipelines.cli import options
from pipelines.files import state_folder


@click.command("broker")
@options.data_folder
@click.option("--port", type=click.IntRange(1, 65535), help="Where it listens; default: any, kept.")
def command(*, data: str | None, port: int | None) -> None:
    """Run a local Apache Kafka until Ctrl-C or SIGTERM; its data survives both."""
    folder = Path(data) if data else state_folder("broker")

    def announce(bootstrap: str) -> None:
        click.echo(f"Kafka listens on {bootstrap}; its data is in {folder}")
        click.echo("To use it, say in another terminal:")
        click.echo(f"  export KAFKA_BOOTSTRAP={bootstrap}")
        click.echo("Ctrl-C stops it.")

    click.echo("Kafka starts ...", err=True)
    run_broker(folder, port, announce)
