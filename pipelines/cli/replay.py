"""``noise replay``: recorded alerts through the engine in virtual time, without Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import click
import msgspec

from noise.category import CATEGORIES
from noise.decision import Mode
from noise.engine import Engine
from noise.learning.pool import at_all_levels
from noise.learning.trainer import Trainer
from noise.recorded import Recorded
from noise.replay import Replay, Replayed, Technicians, TrueAnswers, WrittenAnswers
from noise.settings import Settings
from pipelines.cli import options
from pipelines.cli.decision_lines import line_of
from pipelines.cli.ledger import Ledger
from pipelines.cli.progress import Shows, showing_progress
from pipelines.cli.tables import replay_summary
from pipelines.clock import elapsed
from pipelines.collector import spare_the_collector
from pipelines.files import (
    STDOUT,
    TRUTHFUL,
    Recordings,
    read_answers,
    read_directory,
    read_outcomes,
    read_settings,
    size_of,
    written,
)
from pipelines.trouble import Trouble

TRUTH = "truth"
ADVANCE_EVERY = 500

Write = Callable[[bytes], Any]


@click.command("replay")
@options.files
@options.source
@options.tenant
@click.option("--labels", metavar="FILE|truth", help="Answers to give for what is shown.")
@click.option(
    "--label-delay",
    type=click.FloatRange(min=0),
    default=1800.0,
    show_default=True,
    help="Seconds from seeing an alert to answering it.",
)
@click.option(
    "--label-errors",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Share of true answers given wrongly.",
)
@click.option("--seed", type=int, default=0, help="Which of them are wrong.")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), help="For all clients.")
@click.option(
    "--outcomes",
    metavar="FILE",
    help="Tickets, outages and calls: lines of labels with an outcome, whatever was shown.",
)
@options.tenants_file
@options.settings_file
@click.option("--out", metavar="FILE", help="Write every decision as a line of JSON; - for stdout.")
@click.option("--report", metavar="FILE", help="Write the summary and the risk as JSON.")
@options.as_json
def command(
    *,
    files: Sequence[str],
    source: str,
    tenant: str | None,
    labels: str | None,
    label_delay: float,
    label_errors: float,
    seed: int,
    mode: str | None,
    outcomes: str | None,
    tenants: str | None,
    settings: str | None,
    out: str | None,
    report: str | None,
    as_json: bool,
) -> None:
    """Decide the recorded alerts of FILES as they would have been decided then, and count.

    FILES are JSON lines or CSV, plain or gzip, in any order; - is the standard input. The source is
    the name of a tool's format, or canonical, envelope, ait-ads or rmm-nab.
    """
    configured = in_mode(read_settings(settings), mode)
    directory = read_directory(tenants or configured.tenants_file)
    technicians = _technicians(labels, source, label_delay, label_errors, seed)
    surfaced = [] if outcomes is None else read_outcomes(outcomes)
    began = elapsed()
    with showing_progress() as progress:
        recordings = Recordings(files, source, directory, tenant=tenant, count=progress.advance)
        trainer = Trainer(configured) if configured.sharing.tenants else None
        engine = Engine(configured)
        replay = Replay(engine, directory, technicians, trainer, surfaced)
        progress.begin("reading", size_of(files), "bytes")
        ledger = _play(replay, recordings, out, progress)
    ledger.dead_letters.update(recordings.refused)
    _check(ledger, recordings)
    summary = _summary(ledger, replay, source, configured) | _compared(engine)
    if surfaced:
        summary["outcomes"] = _surfaced(replay, len(surfaced))
    if report is not None:
        with written(report) as file:
            file.write(options.pretty(summary | {"risk": _risk(engine)}))
    _tell(summary, recordings, elapsed() - began, as_json=as_json, to_stderr=out == STDOUT)


def in_mode(settings: Settings, mode: str | None) -> Settings:
    """Return the settings with all clients in ``mode``, or as they are without one."""
    if mode is None:
        return settings
    return msgspec.structs.replace(settings, mode=Mode(mode), tenant_modes={})


def _technicians(
    labels: str | None, source: str, delay: float, errors: float, seed: int
) -> Technicians | None:
    if labels is None:
        return None
    if labels != TRUTH:
        return WrittenAnswers(read_answers(labels, delay))
    if source not in TRUTHFUL:
        raise Trouble(
            f"{source} does not hold the truth: use --labels with a file of answers, "
            f"or one of the sources {' and '.join(TRUTHFUL)}"
        )
    return TrueAnswers(delay, errors, seed)


def _play(replay: Replay, recordings: Recordings, out: str | None, progress: Shows) -> Ledger:
    ledger = Ledger()
    spare_the_collector()
    played = replay.run(_deciding(recordings, progress))
    if out is None:
        _enter(played, ledger, None)
        return ledger
    with written(out) as file:
        _enter(played, ledger, file.write)
    return ledger


def _enter(played: Iterable[Replayed], ledger: Ledger, write: Write | None) -> None:
    for replayed in played:
        ledger.enter(replayed)
        if write is not None:
            for decided in replayed.decided:
                write(line_of(decided))


def _deciding(recordings: Recordings, progress: Shows) -> Iterator[Recorded]:
    for number, recorded in enumerate(recordings):
        if number % ADVANCE_EVERY == 0:
            if number == 0:
                progress.begin("deciding", recordings.rows, "alerts")
            else:
                progress.advance(ADVANCE_EVERY)
        yield recorded


def _check(ledger: Ledger, recordings: Recordings) -> None:
    read = ledger.decided_records + ledger.dead_letters.total()
    if read != recordings.rows:
        raise Trouble(
            f"the books do not balance: {recordings.rows} records were read and {read} accounted "
            "for; this is a fault of the program, please report it"
        )
    if recordings.rows == 0:
        raise Trouble("there is nothing to replay: the input has no lines")
    if ledger.decided_records == 0:
        example = recordings.examples[0] if recordings.examples else f"first {_worst(ledger)}"
        raise Trouble(f"not one line could be read ({example}): is --source right?")


def _worst(ledger: Ledger) -> str:
    return ledger.dead_letters.most_common(1)[0][0]


def _summary(ledger: Ledger, replay: Replay, source: str, settings: Settings) -> dict[str, Any]:
    return {
        "source": source,
        "mode": settings.mode.value,
        **ledger.report(),
        "labels_given": replay.labels_given,
    }


def _surfaced(replay: Replay, count: int) -> dict[str, int]:
    """Return what became of ``count`` outcomes; the last are those of after the last alert."""
    after_the_end = count - replay.surfaced.total()
    return {"read": count, **dict(sorted(replay.surfaced.items())), "after_the_end": after_the_end}


def _compared(engine: Engine) -> dict[str, Any]:
    comparison = engine.comparison()
    return {} if comparison is None else {"challenger": comparison._asdict()}


def _risk(engine: Engine) -> list[dict[str, Any]]:
    """Return what is known of what was hidden: of all clients together, each, and their classes."""
    return [
        {
            **bounds._asdict(),
            "hidden_real_ratio": bounds.hidden_real_ratio._asdict(),
            "missed_incident_ratio": bounds.missed_incident_ratio._asdict(),
        }
        for bounds in at_all_levels(engine.ledgers(), CATEGORIES)
    ]


def _tell(
    summary: dict[str, Any],
    recordings: Recordings,
    seconds: float,
    *,
    as_json: bool,
    to_stderr: bool,
) -> None:
    for example in recordings.examples:
        click.echo(f"refused: {example}", err=True)
    if as_json:
        click.echo(options.pretty(summary), nl=False, err=to_stderr)
        return
    for line in replay_summary(summary):
        click.echo(line, err=to_stderr)
    rate = summary["alerts"]["raw"] / seconds if seconds else 0.0
    click.echo(f"{seconds:,.1f} s, {rate:,.0f} alerts/s", err=True)
