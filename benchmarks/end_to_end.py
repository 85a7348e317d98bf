"""How fast the whole path is: raw records in, committed decisions out, on a local broker.

The worker against a stock Faust agent around the same engine, in turns on the same machine; and
the time from sending an alert to reading its committed decision, at a steady rate.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from benchmarks import figures
from benchmarks.streams import RawRecord, duplicate_rich
from noise.settings import load_settings
from pipelines import clock, kafka, logs, topics
from pipelines.broker import LocalBroker

PATIENCE_SECONDS = 180.0
POLL_SECONDS = 0.5
RIVAL = Path(__file__).parent / "rivals" / "plain_faust.py"
PERCENTILES = 100
CLOCK_SECONDS = 0.001  # Kafka's times are whole milliseconds
WARM_UP = 2_000
REPLACED = ("event_key", "received_at")


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds from sending to reading the committed decision."""

    p50: float
    p99: float
    alerts: int
    rate: float


class Result(msgspec.Struct, frozen=True):
    """Alerts per second of each round, and what follows from them."""

    stream: str
    alerts: int
    plain_alerts: int
    partitions: int
    worker: list[float]
    plain_faust: list[float]
    ratio: float
    latency: Latency | None


class Bench(NamedTuple):
    """Where a round happens."""

    broker: str
    folder: Path
    partitions: int


def main(arguments: Sequence[str]) -> int:
    """Measure, print a table, and write JSON if asked to."""
    chosen = _parser().parse_args(arguments)
    logs.mute_libraries()
    records, name = duplicate_rich(chosen.alerts)
    with _broker() as broker, tempfile.TemporaryDirectory(prefix="noise-bench-") as folder:
        bench = Bench(broker, Path(folder), chosen.partitions)
        result = asyncio.run(_measure(bench, chosen, records, name))
    sys.stdout.write(table(result))
    if chosen.json:
        figures.write(chosen.json, result)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks end_to_end", description=__doc__)
    parser.add_argument("--alerts", type=int, default=60_000, help="per round, for the worker")
    parser.add_argument("--plain-alerts", type=int, default=6_000, help="for the stock agent")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--rate", type=float, default=200.0, help="alerts/s for the latency")
    parser.add_argument("--seconds", type=float, default=20.0, help="0 leaves the latency out")
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    return parser


@contextmanager
def _broker() -> Iterator[str]:
    named = os.environ.get("KAFKA_BOOTSTRAP")
    if named:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="noise-kafka-") as folder, LocalBroker(folder) as local:
        yield local.bootstrap


async def _measure(
    bench: Bench, chosen: argparse.Namespace, records: Sequence[RawRecord], name: str
) -> Result:
    worker, plain = [], []
    for number in range(1, chosen.rounds + 1):
        worker.append(await _rate(bench, WORKER, records))
        plain.append(await _rate(bench, PLAIN, records[: chosen.plain_alerts]))
        _say(f"round {number}: worker {worker[-1]:,.0f}/s, stock agent {plain[-1]:,.0f}/s")
    latency = None
    if chosen.seconds:
        latency = await _latency(bench, records, chosen.rate, chosen.seconds)
    return Result(
        stream=name,
        alerts=len(records),
        plain_alerts=min(chosen.plain_alerts, len(records)),
        partitions=bench.partitions,
        worker=worker,
        plain_faust=plain,
        ratio=statistics.median(worker) / statistics.median(plain),
        latency=latency,
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


# -- one installation of its own for each round


class Round(NamedTuple):
    """Topics of one round and the settings file that names them."""

    prefix: str
    topics: topics.Topics
    settings_file: Path


_numbers = itertools.count(1)


async def _new_round(bench: Bench) -> Round:
    prefix = f"bench-{os.getpid()}-{next(_numbers)}"
    named = {"bootstrap": bench.broker, "prefix": prefix, "partitions": bench.partitions}
    tree = {"mode": "enforce", "kafka": named, "metrics": {"port": 0}}
    declared = topics.declare(load_settings(tree).kafka)
    await kafka.create_topics(bench.broker, declared.all())
    file = bench.folder / f"{prefix}.yaml"
    file.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return Round(prefix, declared, file)


class Contender(NamedTuple):
    """What is measured: the group that it reads with, and how it is started."""

    group: str
    start: Callable[[Path], Sequence[str]]


WORKER = Contender(
    "worker", lambda settings: ["-m", "pipelines.cli", "worker", "--settings", str(settings)]
)
PLAIN = Contender(
    "plain", lambda settings: [str(RIVAL), str(settings), str(settings.with_suffix(".data"))]
)


@contextmanager
def _running(this: Round, contender: Contender) -> Iterator[subprocess.Popen[bytes]]:
    root = Path(__file__).parent.parent
    with this.settings_file.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, *contender.start(this.settings_file)],
            stdout=log,
            stderr=log,
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)},
        )
        try:
            yield process
            process.terminate()
            process.wait(timeout=30)
        finally:
            process.kill()
            process.wait()


async def _caught_up(bench: Bench, this: Round, contender: Contender, process: Any) -> None:
    group, raw = f"{this.prefix}-{contender.group}", this.topics.raw.name
    for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
        if process.poll() is not None:
            break
        if not sum((await kafka.lag(bench.broker, group, [raw])).values()):
            return
        await asyncio.sleep(POLL_SECONDS)
    log = this.settings_file.with_suffix(".log").read_text(encoding="utf-8")
    raise RuntimeError(f"{contender.group} did not get through: {log[-2000:]}")


# -- how many per second


async def _rate(bench: Bench, contender: Contender, records: Sequence[RawRecord]) -> float:
    this = await _new_round(bench)
    await _send(bench, this, records)
    with _running(this, contender) as process:
        await _caught_up(bench, this, contender, process)
    times = await _decision_times(bench, this)
    return len(times) / max(times[-1] - times[0], CLOCK_SECONDS)


async def _send(bench: Bench, this: Round, records: Sequence[RawRecord]) -> None:
    async with kafka.producing(bench.broker, linger_ms=20) as producer:
        for record in records:
            await producer.send(
                this.topics.raw.name, record.value, key=record.key, headers=record.headers
            )


async def _decision_times(bench: Bench, this: Round) -> list[float]:
    names = [this.topics.enriched.name, this.topics.suppressed.name]
    async with kafka.reading(bench.broker, names) as consumer:
        return sorted([r.timestamp / 1000 async for r in kafka.read_to_end(consumer)])


# -- how long one takes


async def _latency(
    bench: Bench, records: Sequence[RawRecord], rate: float, seconds: float
) -> Latency:
    this = await _new_round(bench)
    names = [this.topics.enriched.name, this.topics.suppressed.name]
    with _running(this, WORKER) as process:
        await _send(bench, this, records[:WARM_UP])
        await _caught_up(bench, this, WORKER, process)
        async with kafka.reading(bench.broker, names, from_end=True) as consumer:
            sent: dict[bytes, float] = {}
            sending = asyncio.create_task(
                _send_steadily(bench, this, records[: int(rate * seconds)], rate, sent)
            )
            took = await _await_all(consumer, sent, int(rate * seconds))
            await sending
    cuts = statistics.quantiles(took, n=PERCENTILES)
    return Latency(p50=cuts[49], p99=cuts[98], alerts=len(took), rate=rate)


async def _send_steadily(
    bench: Bench,
    this: Round,
    records: Sequence[RawRecord],
    rate: float,
    sent: dict[bytes, float],
) -> None:
    started = clock.elapsed()
    async with kafka.producing(bench.broker, linger_ms=0) as producer:
        for number, record in enumerate(records):
            await asyncio.sleep(max(0.0, started + number / rate - clock.elapsed()))
            event = f"timed-{number}".encode()
            headers = [(name, value) for name, value in record.headers if name not in REPLACED]
            sent[event] = clock.elapsed()
            await producer.send(
                this.topics.raw.name,
                record.value,
                key=record.key,
                headers=[*headers, ("event_key", event)],
            )


async def _await_all(consumer: Any, sent: dict[bytes, float], count: int) -> list[float]:
    took: dict[bytes, float] = {}
    until = clock.elapsed() + PATIENCE_SECONDS
    while len(took) < count and clock.elapsed() < until:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            now = clock.elapsed()
            for record in records:
                event = dict(record.headers)["event"]
                if event in sent:
                    took.setdefault(event, (now - sent[event]) * 1000)
    if len(took) < count:
        raise RuntimeError(f"only {len(took)} of {count} decisions came back")
    return list(took.values())


def table(result: Result) -> str:
    """Return the figures for people."""
    lines = [
        f"end to end on {result.stream}, {result.partitions} partitions, one worker process",
        "",
        f"{'':24}{'median':>10}{'lowest':>10}{'highest':>10}   alerts/s",
        _row("worker, transactions", result.worker),
        _row("stock Faust agent", result.plain_faust),
        f"{'ratio':24}{result.ratio:>10.1f}",
    ]
    if result.latency is not None:
        lines += [
            "",
            f"sent to committed decision, at {result.latency.rate:.0f} alerts/s: "
            f"p50 {result.latency.p50:.0f} ms, p99 {result.latency.p99:.0f} ms",
        ]
    return "\n".join(lines) + "\n"


def _row(name: str, rates: Sequence[float]) -> str:
    return f"{name:24}{statistics.median(rates):>10,.0f}{min(rates):>10,.0f}{max(rates):>10,.0f}"
