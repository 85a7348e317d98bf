"""``noise up``: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import threading
from pathlib import Path

import click
from msgspec.structs import replace

from noise.settings import Settings
from pipelines.cli import options
from pipelines.files import BOOTSTRAP_VARIABLE, read_directory, read_settings, state_folder
from pipelines.local import LocalInstallation, until_asked_to_stop

WATCH_SECONDS = 0.5


@click.command("up")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@options.data_folder
@options.tenants_file
@options.settings_file
def command(*, workers: int, data: str | None, tenants: str | None, settings: str | None) -> None:
    """Run a local Kafka, unless one is named, and workers; Ctrl-C stops all, losing nothing."""
    configured = with_tenants(read_settings(settings), tenants)
    folder = Path(data) if data else state_folder("up")
    stop = threading.Event()
    with until_asked_to_stop(stop.set):
        click.echo("starting ...", err=True)
        with LocalInstallation(configured, folder.resolve(), workers) as installation:
            _tell(installation)
            while not stop.wait(WATCH_SECONDS):
                for news in installation.mend():
                    click.echo(news, err=True)
            click.echo("stopping ...", err=True)


def with_tenants(settings: Settings, tenants: str | None) -> Settings:
    """Return the settings with the file of clients as child processes find it, once it is read."""
    path = tenants or settings.tenants_file
    if path is None:
        return settings
    read_directory(path)
    return replace(settings, tenants_file=str(Path(path).resolve()))


def _tell(installation: LocalInstallation) -> None:
    click.echo(f"Kafka: {installation.broker}")
    for page in installation.pages():
        click.echo(f"metrics: {page}")
    click.echo(f"data and logs: {installation.data}")
    click.echo("try in another terminal:")
    click.echo(f"  export {BOOTSTRAP_VARIABLE}={installation.broker}")
    click.echo("  noise send FILE --source ninjaone --tenant CLIENT")
    click.echo("  noise label DECISION_ID noise --by YOU")
    click.echo("Ctrl-C stops everything")
