"""``noise broker``: a local Apache Kafka in the foreground."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.broker import run_broker
from pipelines.cli import options
from pipelines.files import BOOTSTRAP_VARIABLE, state_folder


@click.command("broker")
@options.data_folder
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Where it listens; default: that of the last start, else a free one.",
)
def command(*, data: str | None, port: int | None) -> None:
    """Run a local Apache Kafka until Ctrl-C or SIGTERM; what it holds stays for the next start."""
    folder = Path(data) if data else state_folder("broker")

    def tell(address: str) -> None:
        click.echo(f"Apache Kafka listens on {address}; its data is in {folder}")
        click.echo("In another terminal, this makes all commands use it:")
        click.echo(f"  export {BOOTSTRAP_VARIABLE}={address}")
        click.echo("Ctrl-C stops it.")

    click.echo("starting Apache Kafka", err=True)
    run_broker(folder, port, tell=tell)
    click.echo("stopped", err=True)
