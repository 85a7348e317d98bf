"""``noise up``: everything on this machine until Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from msgspec.structs import replace

from noise.settings import Settings
from pipelines.cli import options
from pipelines.cli.main import EXPECTED
from pipelines.files import BOOTSTRAP_VARIABLE, read_directory, read_settings, state_folder
from pipelines.local import Installation
from pipelines.stopping import Stop

TEND_SECONDS = 0.2
ALERT = (
    '{"check": "disk space", "device": "SRV1", "object": "C:", "severity": "high", '
    '"title": "C: is 96 % full"}'
)
CONDITION = "acme|SRV1|disk space|C:"


@click.command("up")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@options.data_folder
@options.tenants_file
@options.settings_file
def command(*, workers: int, data: str | None, tenants: str | None, settings: str | None) -> None:
    """Run Kafka, unless one is named, and workers on this machine until Ctrl-C.

    What is in Kafka stays for the next start.
    """
    configured = with_tenants(read_settings(settings), tenants)
    folder = Path(data) if data else state_folder("up")
    installation = Installation(configured, folder=folder, workers=workers, say=_say)
    installation.fetch()
    with Stop() as stop, installation:
        _say("starting")
        try:
            _run(installation, stop)
        except EXPECTED:
            if not stop.asked():
                raise
        _say("stopping")
    _say("stopped")


def with_tenants(settings: Settings, tenants: str | None) -> Settings:
    """Return the settings with a file of clients that can be found from everywhere.

    Raises FileError and SettingsError when it is not one.
    """
    path = tenants or settings.tenants_file
    read_directory(path)
    return replace(settings, tenants_file=str(Path(path).absolute()) if path else None)


def _run(installation: Installation, stop: Stop) -> None:
    installation.start(stop.asked)
    while not stop.asked() and not installation.is_ready:
        installation.tend()
        stop.wait(TEND_SECONDS)
    if not stop.asked():
        for line in _next_steps(installation):
            click.echo(line)
    while not stop.asked():
        installation.tend()
        stop.wait(TEND_SECONDS)


def _next_steps(installation: Installation) -> Iterator[str]:
    yield f"Apache Kafka  {installation.address}"
    for page in installation.pages:
        yield f"metrics       {page}"
    yield f"data and logs {installation.folder}"
    yield ""
    yield "Send an alert and answer it, in another terminal:"
    yield f"  export {BOOTSTRAP_VARIABLE}={installation.address}"
    yield f"  echo '{ALERT}' | noise send - --source canonical --tenant acme --now"
    yield f"  noise label '{CONDITION}' noise --by me"
    yield f"Decided alerts are on {installation.topics.enriched.name} and"
    yield f"{installation.topics.suppressed.name}. Ctrl-C stops everything."


def _say(line: str) -> None:
    click.echo(line, err=True)
