"""`send`, `label` and `check` as far as they need no broker; the rest is in tests/kafka."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from noise.errors import LabelError
from noise.label import Verdict
from noise.settings import Kafka
from pipelines.arrival import addressed
from pipelines.cli.label import Target, build_label, kind_of
from pipelines.cli.main import run
from pipelines.cli.send import Deliveries
from pipelines.files import BOOTSTRAP_VARIABLE
from pipelines.kafka import KafkaError
from pipelines.topics import declare

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOPICS = declare(Kafka(prefix="a.b"))
NOBODY = "127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BOOTSTRAP_VARIABLE, raising=False)


# -- send


def test_a_delivery_is_addressed_by_its_tenant_and_names_itself():
    assert addressed("zabbix", "acme", "e1", 1_780_000_000.1234) == (
        b"acme",
        [
            ("source", b"zabbix"),
            ("tenant", b"acme"),
            ("event_key", b"e1"),
            ("received_at", b"1780000000123"),
        ],
    )


def test_what_is_live_leaves_the_arrival_to_kafka():
    assert addressed(None, "acme", "e1", None)[1] == [("tenant", b"acme"), ("event_key", b"e1")]


def test_deliveries_without_a_tenant_share_the_empty_key():
    key, headers = addressed(None, None, "e1", 1.0)

    assert key == b""
    assert "tenant" not in dict(headers)


async def test_only_confirmed_deliveries_count_and_the_first_failure_is_told():
    loop = asyncio.get_running_loop()
    confirmed, refused, later, cancelled = (loop.create_future() for _ in range(4))
    deliveries = Deliveries()
    for one in (confirmed, refused, later, cancelled):
        deliveries.await_(one)
    confirmed.set_result(None)
    cancelled.cancel()
    await asyncio.sleep(0)
    deliveries.check()

    refused.set_exception(RuntimeError("too large"))
    await asyncio.sleep(0)
    later.set_exception(RuntimeError("away"))
    await asyncio.sleep(0)

    with pytest.raises(KafkaError, match=r"did not take a record \(too large\); 1 were sent"):
        deliveries.check()


# -- label


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("i-0123456789abcdef", Target.INCIDENT),
        ("a.b.alerts.raw-3-1234-0", Target.DECISION),
        ("a.b.alerts.raw-3-1234-0.c1", Target.DECISION),
        ("a.b.alerts.raw-3-1234-0+1", Target.DECISION),
        ("axb.alerts.raw-3-1234-0", Target.CONDITION),
        ("a.b.alerts.raw-3-1234", Target.CONDITION),
        ("acme|srv1|disk", Target.CONDITION),
        ("i-0123", Target.CONDITION),
    ],
)
def test_a_target_tells_what_it_names(target: str, kind: Target):
    assert kind_of(target, TOPICS) is kind


def label_of(**changes: str | None) -> object:
    given = {"tenant": "acme", "note": None} | changes
    return build_label(Target.DECISION, "d1", Verdict.NOISE, "tess", now=NOW, **given)


def test_an_answer_names_its_one_target_and_who_gave_it_when():
    label = build_label(
        Target.INCIDENT, "i-1", Verdict.ACTIONABLE, "tess", tenant="acme", note="call", now=NOW
    )

    assert (label.incident_id, label.decision_id, label.condition_key) == ("i-1", None, None)
    assert (label.tenant, label.technician, label.note) == ("acme", "tess", "call")
    assert label.labelled_at == NOW


def test_the_id_of_an_answer_follows_from_what_it_says():
    assert label_of() == label_of()
    assert label_of().label_id != label_of(tenant="bakery").label_id  # type: ignore[attr-defined]


def test_an_answer_that_the_worker_could_not_read_is_refused():
    with pytest.raises(LabelError, match=r"\$\.note"):
        label_of(note="x" * 5_000)


def test_a_target_that_does_not_tell_its_client_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv(BOOTSTRAP_VARIABLE, NOBODY)

    assert run(["label", "something", "noise", "--by", "tess"]) == 2

    assert "something does not tell whose it is: name the client with --tenant" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "command",
    [
        ["label", "acme|srv1|disk", "noise", "--by", "tess"],
        ["label", "acme|srv1|disk", "noise", "--by", "tess", "--tenant", "acme"],
        ["send", "day.jsonl", "--source", "canonical"],
        ["worker"],
    ],
)
def test_a_command_that_needs_a_broker_says_how_to_name_one(
    command: list[str], capsys: pytest.CaptureFixture[str]
):
    assert run(command) == 2

    assert "no Kafka broker is named: set KAFKA_BOOTSTRAP" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["label", "acme|srv1|disk", "noise", "--by", "tess"],
        ["label", "noise.alerts.raw-0-7-0", "noise", "--by", "tess"],
        ["send", __file__, "--source", "canonical"],
        ["worker", "--metrics-port", "0"],
    ],
)
def test_a_broker_that_does_not_answer_is_one_sentence(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv(BOOTSTRAP_VARIABLE, NOBODY)

    assert run(command) == 2

    said = capsys.readouterr().err
    assert said.startswith(f"noise: no Kafka broker answers at {NOBODY}")
    assert said.count("\n") == 1


# -- check


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_without_a_broker_there_is_nothing_to_mend(capsys: pytest.CaptureFixture[str]):
    assert run(["check"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "ok    settings: defaults, mode earn",
        "ok    tenants: no file is named, so nothing is known of the clients",
        "ok    broker: none is named; `noise up` and `noise demo` start one of their own",
    ]


def test_topics_cannot_be_created_without_a_broker(capsys: pytest.CaptureFixture[str]):
    assert run(["check", "--create"]) == 1

    assert "mend  broker: name a broker in KAFKA_BOOTSTRAP" in capsys.readouterr().out


def test_a_wrong_setting_ends_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    settings = written(tmp_path / "a.yaml", "mode: earnest")

    assert run(["check", "--settings", settings, "--json"]) == 1

    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    (finding,) = report["findings"]
    assert finding["what"] == "settings"
    assert "`$.mode`" in finding["mend"]


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("[{tenant: acme}]", 0, "ok    tenants: {path}, 1 clients"),
        ("[{tenant: acme, nmae: x}]", 1, "mend  tenants: {path}: "),
        ("[", 1, "mend  tenants: {path} is not YAML"),
    ],
)
def test_the_file_of_the_clients_is_read(
    tmp_path: Path, text: str, status: int, words: str, capsys: pytest.CaptureFixture[str]
):
    path = written(tmp_path / "clients.yaml", text)

    assert run(["check", "--tenants", path]) == status

    assert words.format(path=path) in capsys.readouterr().out


def test_a_broker_that_does_not_answer_must_be_mended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv(BOOTSTRAP_VARIABLE, NOBODY)

    assert run(["check"]) == 1

    assert f"mend  broker: no Kafka broker answers at {NOBODY}" in capsys.readouterr().out
