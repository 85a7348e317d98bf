"""The commands that talk to Kafka, as people run them."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from aiokafka import ConsumerRecord

from noise.decision import decode_decision_record
from noise.label import LabelSource, Verdict, decode_label
from pipelines import kafka
from pipelines.cli.main import run
from pipelines.topics import partition_for
from tests.factories import alert
from tests.workers import Installation, until

ROOT = Path(__file__).parents[2]
T = 1_780_000_000


class Answer(NamedTuple):
    """What a command printed, and its status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Noise = Callable[..., Awaitable[Answer]]


@pytest.fixture
def noise(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Noise:
    """Runs ``noise`` with the settings of the installation."""
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)

    async def noise(*words: str, stdin: str = "") -> Answer:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        arguments = [*words, "--settings", str(installation.settings_file)]
        status = await asyncio.to_thread(run, arguments)  # it brings an event loop of its own
        return Answer(status, *capsys.readouterr())

    return noise


@pytest.fixture
def installation(bootstrap: str, tmp_path: Path) -> Installation:
    return Installation(bootstrap, tmp_path, {})


@pytest.fixture
async def topics(installation: Installation) -> None:
    await installation.create_topics()


async def test_check_creates_what_is_missing_and_then_finds_nothing_to_mend(
    installation: Installation, noise: Noise
):
    missing = await noise("check", "--json")
    made = await noise("check", "--create")
    again = await noise("check", "--json")

    wanted = installation.topics.all()
    assert missing.status == 1
    faults = [found["mend"] for found in missing.json["findings"] if found["mend"]]
    assert faults == [
        f"topic {topic.name} is missing: create it with `noise check --create`" for topic in wanted
    ]
    assert made.status == 0
    assert all(f"ok    topics: created {topic.name}" in made.out for topic in wanted)
    assert (again.status, again.json["ok"]) == (0, True)
    assert again.json["findings"][-1]["says"] == f"all {len(wanted)} are as they must be"
    assert missing.err == made.err == again.err == ""


def envelope(second: float, tenant: str | None = "acme", **body: Any) -> dict[str, Any]:
    body = {"check": "disk", "device": "srv1", "title": "full"} | body
    named = {"tenant": tenant} if tenant else {}
    return {"t": T + second, "event": f"e{second}", "source": "canonical", "body": body, **named}


def lines(*envelopes: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, envelopes))


async def raw_records(installation: Installation) -> list[ConsumerRecord]:
    return await installation.read(installation.topics.raw)


async def test_send_puts_each_delivery_on_its_tenants_partition_in_order_of_time(
    installation: Installation,
    topics: None,
    noise: Noise,
):
    day = lines(envelope(5), envelope(1), envelope(3, "bakery"), envelope(2))

    sent = await noise("send", "-", "--source", "envelope", "--json", stdin=day)

    assert (sent.status, sent.err) == (0, "")
    assert sent.json == {"topic": installation.topics.raw.name, "sent": 4, "refused": {}}
    records = await raw_records(installation)
    acme = [dict(r.headers) for r in records if r.key == b"acme"]
    assert [headers["event_key"] for headers in acme] == [b"e1", b"e2", b"e5"]
    assert [headers["received_at"] for headers in acme] == [
        str((T + second) * 1000).encode() for second in (1, 2, 5)
    ]
    assert all(headers["source"] == b"canonical" for headers in acme)
    assert len({r.partition for r in records if r.key == b"acme"}) == 1
    assert json.loads(records[0].value)["check"] == "disk"


async def test_send_says_what_it_refused_and_sends_the_rest(
    installation: Installation, topics: None, noise: Noise
):
    day = lines(envelope(1), {"t": -1, "body": {}}, envelope(2))

    sent = await noise("send", "-", "--source", "envelope", stdin=day)

    assert sent.status == 1
    assert sent.out == f"2 records sent to {installation.topics.raw.name}, 1 lines refused\n"
    assert sent.err == "refused: -, row 1: -1.0 is not a time in epoch seconds\n"
    assert len(await raw_records(installation)) == 2


async def test_send_refuses_to_start_without_the_topic(noise: Noise):
    sent = await noise("send", "-", "--source", "envelope", stdin=lines(envelope(1)))

    assert sent.status == 2
    assert sent.err.endswith("is missing: create it with `noise check --create`\n")
    assert sent.err.count("\n") == 1


async def test_a_line_that_is_live_is_in_kafka_before_the_next_one_comes(
    installation: Installation,
    topics: None,
    noise: Noise,
):
    words = ["send", "-", "--source", "canonical", "--tenant", "acme", "--now"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pipelines.cli",
        *words,
        "--settings",
        str(installation.settings_file),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin is not None
    try:
        for count in (1, 2):
            process.stdin.write(b'{"check": "disk", "title": "full"}\n')
            await until(lambda n=count: has_records(installation, n), seconds=20)
        said, _ = await process.communicate(b"")
    finally:
        if process.returncode is None:
            process.kill()

    assert process.returncode == 0
    assert said.startswith(b"2 records sent")

    first = dict((await raw_records(installation))[0].headers)
    assert "received_at" not in first


async def has_records(installation: Installation, count: int) -> bool:
    return len(await raw_records(installation)) == count


async def feedback_labels(installation: Installation) -> list[Any]:
    return [decode_label(r.value) for r in await installation.read(installation.topics.feedback)]


async def decided(
    installation: Installation, noise: Noise, *envelopes: dict[str, Any]
) -> Sequence[Any]:
    """Send these, have them decided, and return the decisions shown."""
    await noise("send", "-", "--source", "envelope", stdin=lines(*envelopes))
    with installation.worker() as worker:
        await installation.wait_until_done(worker)
        assert worker.stop() == 0
    shown = await installation.read(installation.topics.enriched)
    return [decode_decision_record(record.value) for record in shown]


async def test_a_label_needs_no_more_than_the_id_of_a_decision_or_an_incident(
    installation: Installation,
    topics: None,
    noise: Noise,
):
    (one,) = await decided(installation, noise, envelope(1, severity="critical"))
    by = ["noise", "--by", "tess"]

    on_decision = await noise("label", one.decision.id, *by, "--note", "always", "--json")
    on_incident = await noise("label", one.incident.id, "actionable", "--by", "tom")
    on_condition = await noise("label", one.condition_key, *by)

    assert (on_decision.status, on_decision.err) == (0, "")
    assert on_incident.out == (f"{one.incident.id} of acme is actionable, says tom: Kafka has it\n")
    assert on_condition.status == 0
    labels = await feedback_labels(installation)
    assert [(label.tenant, label.technician) for label in labels] == [
        ("acme", "tess"),
        ("acme", "tom"),
        ("acme", "tess"),
    ]
    assert labels[0].decision_id == one.decision.id == on_decision.json["decision_id"]
    assert (labels[0].verdict, labels[0].source) == (Verdict.NOISE, LabelSource.HUMAN)
    assert labels[1].incident_id == one.incident.id
    assert labels[2].condition_key == one.condition_key
    assert len({r.partition for r in await installation.read(installation.topics.feedback)}) == 1


@pytest.mark.parametrize(
    ("target", "because"),
    [
        ("{raw}-0-7-0", "Kafka has no decision {named}: if the id is right, name"),
        ("{raw}-9-0-0", "Kafka has no decision {named}: if the id is right, name"),
        ("i-0123456789abcdef", "Kafka has no incident {named}: if the id is right, name"),
        ("disk", "{named} does not tell whose it is: name"),
    ],
)
async def test_a_label_on_what_nobody_knows_asks_for_the_client(
    installation: Installation, topics: None, noise: Noise, target: str, because: str
):
    named = target.format(raw=installation.topics.raw.name)

    said = await noise("label", named, "noise", "--by", "tess")

    assert said.status == 2
    assert said.err == f"noise: {because.format(named=named)} the client with --tenant\n"


async def test_a_client_that_is_named_is_believed(
    installation: Installation, topics: None, noise: Noise
):
    said = await noise("label", "disk", "noise", "--by", "tess", "--tenant", "acme")

    assert said.status == 0
    (label,) = await feedback_labels(installation)
    assert (label.tenant, label.condition_key) == ("acme", "disk")


async def test_the_client_of_a_decision_is_found_where_the_record_does_not_name_it(
    installation: Installation,
    topics: None,
    noise: Noise,
):
    body = alert("stray", severity="critical")
    async with kafka.producing(installation.broker) as producer:
        await producer.send_and_wait(
            installation.topics.raw.name,
            msgspec.json.encode(body),
            partition=partition_for("stray", 4),
        )
    with installation.worker() as worker:
        await until(lambda: is_shown(installation))
        assert worker.stop() == 0
    (record,) = await installation.read(installation.topics.enriched)
    one = decode_decision_record(record.value)

    said = await noise("label", one.decision.id, "noise", "--by", "tess")

    assert said.err == ""
    (label,) = await feedback_labels(installation)
    assert label.tenant == "stray"


async def is_shown(installation: Installation) -> bool:
    return len(await installation.read(installation.topics.enriched)) == 1
