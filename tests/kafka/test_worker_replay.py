"""What goes through Kafka is decided as a replay of the same file decides it."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noise.alert import utc
from noise.decision import DecidedAlert, decode_decision_record
from noise.directory import Directory
from noise.label import Label, Verdict
from noise.recorded import Recorded
from pipelines.cli.decision_lines import line_of
from pipelines.cli.main import run
from pipelines.files import Recordings
from tests import streams
from tests.workers import Installation, WorkerProcess

NETWORK = "russellmitchell"
DELAY_SECONDS = 900.0
ANSWERS = 4

Line = dict[str, Any]


@pytest.fixture
async def installation(
    bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    installation = Installation(bootstrap, tmp_path, {"sampling": {"audit_share": 0.01}})
    await installation.create_topics()
    return installation


async def noise(installation: Installation, *words: str) -> None:
    arguments = [*words, "--settings", str(installation.settings_file)]
    assert await asyncio.to_thread(run, arguments) == 0


async def replayed(installation: Installation, file: Path, *options: str) -> list[Line]:
    out = installation.folder / "out.jsonl"
    words = ["replay", str(file), "--source", streams.ADS, "--out", str(out), "--json"]
    await noise(installation, *words, *options)
    return named_alike(json.loads(line) for line in out.read_bytes().splitlines())


async def streamed(installation: Installation) -> list[Line]:
    """Every decision that consumers see, as a replay of the file would write it."""
    topic = installation.topics.raw.name
    events = {
        f"{topic}-{record.partition}-{record.offset}": dict(record.headers)["event_key"].decode()
        for record in await installation.read(installation.topics.raw)
    }
    place = re.compile(rf"{re.escape(topic)}-\d+-\d+")
    lines = []
    for record in await installation.decisions():
        one = decode_decision_record(record.value)
        line = line_of(DecidedAlert(one, one.decision, one.incident, one.repeat)).decode()
        lines.append(json.loads(place.sub(lambda found: events[found[0]], line)))
    return named_alike(lines)


def named_alike(lines: Iterable[Line]) -> list[Line]:
    """Sort decisions and number the incidents, whose ids follow from those of decisions."""
    numbers: dict[str, int] = {}
    found = sorted(lines, key=lambda line: (line["decided_at"], line["id"]))
    for line in found:
        if line["incident"] is not None:
            line["incident"] = numbers.setdefault(line["incident"], len(numbers))
    return found


async def test_a_real_network_sent_by_command_is_decided_as_the_replay_command_decides_it(
    installation: Installation,
):
    file = streams.network(NETWORK)

    with installation.worker() as worker:
        await noise(installation, "send", str(file), "--source", streams.ADS)
        await installation.wait_until_done(worker)
        assert worker.stop() == 0

    seen = await streamed(installation)
    assert len([line for line in seen if line["supersedes"] is None]) > 10_000
    assert seen == await replayed(installation, file)


async def test_every_byte_of_a_decision_is_that_of_an_engine_in_this_process(
    installation: Installation,
):
    recordings = streams.alerts_of(NETWORK, 5_000)

    with installation.worker() as worker:
        await streams.send(installation, recordings)
        await installation.wait_until_done(worker)
        assert worker.stop() == 0

    raw = await installation.read(installation.topics.raw)
    seen = streams.streamed(await installation.decisions())
    assert seen == streams.replayed(installation.settings, raw)
    assert sorted(streams.first_decisions(seen.values())) == sorted(r.event for r in recordings)


# -- with answers


async def test_answers_at_the_right_time_change_the_stream_as_they_change_the_replay(
    installation: Installation, tmp_path: Path
):
    file = first_rows(tmp_path, 4_000)
    plain = await replayed(installation, file)
    answers = some_answers(plain)
    labels = tmp_path / "labels.jsonl"
    labels.write_text("\n".join(json.dumps({"event": e, "verdict": "noise"}) for e in answers))
    options = ["--labels", str(labels), "--label-delay", str(DELAY_SECONDS)]
    expected = await replayed(installation, file, *options)

    recordings = list(Recordings([str(file)], streams.ADS, Directory()))
    with installation.worker() as worker:
        for event, at in answers.items():
            await send_until(installation, worker, recordings, at)
            await answer(installation, worker, event, at)
        await send_until(installation, worker, recordings, float("inf"))
        assert worker.stop() == 0

    seen = await streamed(installation)
    assert probabilities(plain) != probabilities(expected)
    assert without_scores(seen) == without_scores(expected)
    assert probabilities(seen) == pytest.approx(probabilities(expected), abs=1e-4)


def first_rows(folder: Path, count: int) -> Path:
    """The first rows of the network by time, in a file of their own."""
    table = gzip.decompress(streams.network(NETWORK).read_bytes()).decode().splitlines()
    rows = sorted(table[1:], key=lambda row: float(row.partition(",")[0]))[:count]
    file = folder / f"{NETWORK}_alerts.csv"
    file.write_text("\n".join([table[0], *rows]))
    return file


def some_answers(lines: Sequence[Line]) -> Mapping[str, float]:
    """Events that are shown, with the times at which they are answered."""
    shown = [line for line in lines if line["action"] != "suppress" and line["state"] == "raised"]
    chosen = shown[:: len(shown) // ANSWERS][:ANSWERS]
    return {line["event"]: line["decided_at"] + DELAY_SECONDS for line in chosen}


async def send_until(
    installation: Installation, worker: WorkerProcess, recordings: list[Recorded], at: float
) -> None:
    """Send what arrived until then, and wait until it is decided."""
    due = [one for one in recordings if one.at < at]
    del recordings[: len(due)]
    await streams.send(installation, due)
    await installation.wait_until_done(worker)


async def answer(installation: Installation, worker: WorkerProcess, event: str, at: float) -> None:
    shown = await installation.read(installation.topics.enriched)
    records = [decode_decision_record(record.value) for record in shown]
    decision_id = next(one.decision.id for one in records if one.event_key == event)
    label = Label(
        label_id=event,
        tenant=NETWORK,
        verdict=Verdict.NOISE,
        technician="technician",
        labelled_at=utc(at),
        decision_id=decision_id,
    )
    async with installation.sending() as producer:
        value = msgspec.json.encode(label)
        await producer.send(installation.topics.feedback.name, value, key=NETWORK.encode())
    await installation.wait_until_done(worker)


def without_scores(lines: Iterable[Line]) -> list[Line]:
    # An answer is heard a second earlier or later; what is said in words of a score may differ.
    scores = ("noise_probability", "why")
    return [{name: v for name, v in line.items() if name not in scores} for line in lines]


def probabilities(lines: Iterable[Line]) -> list[float]:
    return [line["noise_probability"] or 0.0 for line in lines]
