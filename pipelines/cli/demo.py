"""``noise demo``: a simulated MSP's days, sped up, through a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec.structs import replace
from rich.console import Console

from noise.decision import Mode
from noise.settings import Settings
from noise.simulator import Technicians
from pipelines.broker import AskedToStop, stopping
from pipelines.cli import options
from pipelines.clock import elapsed
from pipelines.demo import Script, Summary, play
from pipelines.demo.earned import LIMITS, limits_in_words
from pipelines.demo.screen import items_of, screen, table_of
from pipelines.demo.stop import counted_signals
from pipelines.files import FileError, read_settings, state_folder
from pipelines.local import LocalInstallation
from pipelines.topics import declare

SPEED = 480.0  # a day in three minutes


@click.command("demo")
@click.option("--for", "seconds", type=options.Duration(), help="End after 60s, 5m, 1h.")
@click.option("--seed", type=int, default=1, show_default=True, help="Which simulated MSP.")
@click.option(
    "--clients", type=click.IntRange(1, 200), default=20, show_default=True, help="How many it has."
)
@click.option(
    "--speed",
    type=click.FloatRange(1, 20_000),
    default=SPEED,
    show_default=True,
    help="Simulated seconds in one of ours.",
)
@options.data_folder
@options.as_json
def command(
    *,
    seconds: float | None,
    seed: int,
    clients: int,
    speed: float,
    data: str | None,
    as_json: bool,
) -> None:
    """Run everything with a simulated MSP, whose technicians answer what they are shown.

    It ends with Ctrl-C, or after the time that --for names. The next start goes on where this one
    stopped. On a broker that KAFKA_BOOTSTRAP names it has topics of its own.
    """
    began = elapsed()
    script = Script(seed, clients)
    folder = Path(data) if data else state_folder("demo") / f"seed-{seed}-clients-{clients}"
    settings = _settings(folder, script, seed, clients)
    installation = LocalInstallation(settings, settings.tenants_file, folder, any_port=True)
    console = Console(stderr=as_json)
    summary = None
    with suppress(AskedToStop), screen(console) as watched, stopping():
        watched.say("starting")
        with installation, counted_signals() as stop:
            for line in _places(installation, settings, folder):
                watched.say(line)
            running = play(
                installation,
                declare(settings.kafka),
                script,
                Technicians(seed),
                speed=speed,
                seconds=seconds,
                stop=stop,
                screen=watched,
            )
            summary = asyncio.run(running)
            places = {"broker": installation.bootstrap, "metrics": installation.metrics_urls()}
            watched.say("stopping")
    if summary is None:
        click.echo("stopped before it began", err=True)
    elif as_json:
        click.echo(options.pretty(_report(summary, began) | places), nl=False)
    else:
        console.print(table_of(summary), items_of(summary))


def _settings(folder: Path, script: Script, seed: int, clients: int) -> Settings:
    configured = read_settings(None)
    kafka = configured.kafka
    if kafka.bootstrap is not None:  # made-up alerts must not mix with real ones
        kafka = replace(kafka, prefix=f"noise-demo-{seed}-{clients}")
    tenants = _write_tenants(folder, script)
    return replace(
        configured,
        mode=Mode.EARN,
        tenant_modes={},
        earn=LIMITS,
        risk_limits=(),
        tenants_file=str(tenants),
        kafka=kafka,
    )


def _write_tenants(folder: Path, script: Script) -> Path:
    path = folder.absolute() / "tenants.json"
    content = msgspec.json.format(msgspec.json.encode(script.directory()))
    try:
        if path.exists() and path.read_bytes() != content:
            raise FileError(
                f"{folder} holds the days of another simulated MSP: name its --seed and --clients, "
                "or another folder"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as exc:
        raise FileError(
            f"{folder} cannot be used ({exc.strerror or exc}): mend that, or name another folder"
        ) from exc
    return path


def _places(installation: LocalInstallation, settings: Settings, folder: Path) -> Iterator[str]:
    yield f"Apache Kafka  {installation.bootstrap}, topics {settings.kafka.prefix}.*"
    for page in installation.metrics_urls():
        yield f"metrics       {page}"
    yield f"data and logs {folder}"
    yield f"mode earn     {limits_in_words()}"
    yield "Ctrl-C ends it with a summary; the next start goes on from there."


def _report(summary: Summary, began: float) -> dict[str, Any]:
    first = summary.first_decision_at
    seconds = None if first is None else round(first - began, 1)
    return {**summary.report(), "first_decision_seconds": seconds}
