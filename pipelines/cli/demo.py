"""``noise demo``: a simulated provider's day, sped up, on a real Kafka."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import click
import msgspec
from msgspec.structs import replace

from noise.decision import Mode
from noise.settings import Settings
from noise.simulator import Msp, Technicians
from pipelines.broker import AskedToStop, stopping
from pipelines.broker.ports import is_free
from pipelines.broker.signals import handled_by
from pipelines.cli import options
from pipelines.clock import elapsed
from pipelines.demo import Play, Summary
from pipelines.demo.play import START
from pipelines.demo.screen import line, screen
from pipelines.files import read_settings, state_folder
from pipelines.local import LocalInstallation
from pipelines.topics import declare

SPEED = 960.0  # a day takes a minute and a half
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType):
    """Seconds, written as 90, 90s, 2m or 1h."""

    name = "duration"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        found = _DURATION.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no duration: write 60s, 5m or 1h", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@click.command("demo")
@click.option("--for", "seconds", type=Duration(), help="End by itself after 60s, 5m, 1h.")
@click.option("--clients", type=click.IntRange(1, 200), default=8, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Which provider.")
@click.option(
    "--speed",
    type=click.FloatRange(1, 100_000),
    default=SPEED,
    show_default=True,
    help="Simulated seconds in one.",
)
@options.data_folder
@options.as_json
def command(
    *,
    seconds: float | None,
    clients: int,
    seed: int,
    speed: float,
    data: str | None,
    as_json: bool,
) -> None:
    """Run everything with a simulated provider, whose alerts and technicians are made up.

    Ctrl-C ends it with a summary; the next start goes on where it stopped.
    """
    began = elapsed()
    folder = (Path(data) if data else state_folder(f"demo-{seed}-{clients}")).resolve()
    msp = Msp(seed, clients=clients, start=START)
    settings = _settings(folder, msp)
    click.echo("Kafka and a worker start ...", err=True)
    installation = LocalInstallation(settings, settings.tenants_file, folder)
    try:
        with stopping(), installation:
            _announce(installation, folder, elapsed() - began)
            topics = declare(settings.kafka)
            play = Play(installation.bootstrap, topics, msp, Technicians(seed), speed)
            summary = asyncio.run(_play(play, installation, seconds, quiet=as_json))
    except AskedToStop:
        click.echo("stopped before it began", err=True)
        return
    _tell(summary, as_json=as_json)


def _announce(installation: LocalInstallation, folder: Path, seconds: float) -> None:
    pages = ", ".join(installation.metrics_urls())
    click.echo(
        f"Kafka: {installation.bootstrap}, metrics: {pages}, logs: {folder}; "
        f"ready after {seconds:.1f} s, Ctrl-C ends it",
        err=True,
    )


def _settings(folder: Path, msp: Msp) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    tenants = folder / "tenants.json"
    tenants.write_bytes(msgspec.json.encode(msp.directory()))
    configured = read_settings(None)
    port = configured.metrics.port
    metrics = replace(configured.metrics, port=port if is_free(port) else 0)
    kafka = configured.kafka
    if kafka.bootstrap is not None:  # somebody's own broker: its topics are left alone
        kafka = replace(kafka, prefix="demo")
    return replace(
        configured, mode=Mode.ENFORCE, tenants_file=str(tenants), metrics=metrics, kafka=kafka
    )


async def _play(
    play: Play, installation: LocalInstallation, seconds: float | None, *, quiet: bool
) -> Summary:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def ask(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    # A signal that raised would cut the summary off.
    with handled_by(ask), screen(quiet=quiet) as show:
        return await play.run(stop, show, installation.metrics_urls(), seconds)


def _tell(summary: Summary, *, as_json: bool) -> None:
    report = summary.report()
    if as_json:
        click.echo(options.pretty(report), nl=False)
        return
    click.echo(line(summary))
    records = report["records"]
    click.echo(
        f"books: {records['sent']:,} sent = {records['decided']:,} decided + "
        f"{records['dead_letters']} dead letters + {records['missing']} missing"
    )
    for reason, count in sorted(report["by_reason"].items(), key=lambda item: -item[1]):
        click.echo(f"  {reason:<20} {count:>8,}")
    ratio = report["false_positive_ratio"]
    if ratio is not None:
        click.echo(f"of the noise, {ratio:.1%} was shown (false-positive ratio)")
    for missed in report["missed"]:
        click.echo(f"missed: {missed}")
