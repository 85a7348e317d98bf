"""``noise up``: everything on this machine."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path

import click

from pipelines.broker import AskedToStop, stopping
from pipelines.cli import options
from pipelines.files import read_directory, read_settings, state_folder
from pipelines.local import ChildError, LocalInstallation


@click.command("up")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="How many."
)
@options.data_folder
@options.settings_file
@options.tenants_file
def command(*, workers: int, data: str | None, settings: str | None, tenants: str | None) -> None:
    """Run broker, if none is named, and workers until Ctrl-C; the data survives that."""
    configured = read_settings(settings)
    tenants_file = tenants or configured.tenants_file
    read_directory(tenants_file)  # what is wrong with it is better said before anything runs
    folder = Path(data) if data else state_folder("broker")
    installation = LocalInstallation(configured, tenants_file, folder, workers)
    try:
        with stopping():
            _run(installation, folder, settings)
    except AskedToStop:
        _say("all stopped")
    except ChildError as exc:
        for line in exc.last_lines:
            click.echo(line, err=True)
        raise


def _run(installation: LocalInstallation, folder: Path, settings: str | None) -> None:
    _say("starting ...")
    with installation:
        _announce(installation, folder, settings)
        try:
            installation.watch(_say)
        except AskedToStop:
            _say("stopping ...")
            raise


def _announce(installation: LocalInstallation, folder: Path, settings: str | None) -> None:
    same = f" --settings {shlex.quote(settings)}" if settings else ""
    whose = "" if installation.owns_broker else " (as named, it is left alone)"
    _say(f"broker   {installation.bootstrap}{whose}")
    for url in installation.metrics_urls():
        _say(f"metrics  {url}")
    _say(f"data     {folder}, with a log of each process")
    _say("")
    _say("To try it, in another terminal:")
    _say(f"  export KAFKA_BOOTSTRAP={installation.bootstrap}")
    _say(f"  noise send FILE --source ninjaone --tenant acme --now{same}")
    _say(f"  noise label DECISION noise --by me{same}")
    _say("")
    _say("Ctrl-C stops everything; the next start goes on where this one stopped.")


def _say(line: str) -> None:
    # Whoever listened may be gone, with the terminal even; that must not end the work.
    with suppress(OSError):
        click.echo(line)
