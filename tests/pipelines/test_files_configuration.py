from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from noise.errors import SettingsError
from noise.label import Outcome, Verdict
from noise.recorded import Answer
from noise.settings import Settings
from pipelines.files import (
    BOOTSTRAP_VARIABLE,
    FileError,
    read_answers,
    read_directory,
    read_outcomes,
    read_settings,
    state_folder,
)


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BOOTSTRAP_VARIABLE, raising=False)


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


# -- settings


def test_without_a_file_the_defaults_count():
    assert read_settings(None) == Settings()


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_an_empty_file_is_the_defaults_too(tmp_path: Path, text: str):
    assert read_settings(written(tmp_path / "a.yaml", text)) == Settings()


def test_the_broker_of_the_environment_counts_more_than_that_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = written(tmp_path / "a.yaml", "kafka: {bootstrap: file.example:9092}")

    assert read_settings(path).kafka.bootstrap == "file.example:9092"
    monkeypatch.setenv(BOOTSTRAP_VARIABLE, "environment.example:9092")
    assert read_settings(path).kafka.bootstrap == "environment.example:9092"
    assert read_settings(None).kafka.bootstrap == "environment.example:9092"


def test_the_file_of_the_tenants_is_looked_for_beside_the_settings(tmp_path: Path):
    path = written(tmp_path / "a.yaml", "tenants_file: clients.yaml")

    assert read_settings(path).tenants_file == str(tmp_path / "clients.yaml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a list", r"a\.yaml is no configuration"),
        ("mode: [", r"a\.yaml is not YAML"),
        ("mode: 2026-13-45", r"a\.yaml is not YAML: month must be in 1\.\.12"),
        ("mode: \x01", r"a\.yaml is not YAML"),
    ],
)
def test_a_file_that_holds_no_settings_is_one_sentence(tmp_path: Path, text: str, sentence: str):
    with pytest.raises(FileError, match=sentence) as raised:
        read_settings(written(tmp_path / "a.yaml", text))

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mode: earnest", r"a\.yaml: .*`\$\.mode`"),
        ("kafka: {partitions: 0}", r"a\.yaml: .*`\$\.kafka\.partitions`"),
        ("kafka: {topics: 4}", r"a\.yaml: .*topics"),
        ("1: 2", r"a\.yaml: "),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, sentence: str):
    with pytest.raises(SettingsError, match=sentence):
        read_settings(written(tmp_path / "a.yaml", text))


def test_settings_may_be_json(tmp_path: Path):
    assert read_settings(written(tmp_path / "a.json", '{"mode": "enforce"}')).mode == "enforce"
    with pytest.raises(FileError, match=r"b\.json is not JSON"):
        read_settings(written(tmp_path / "b.json", "mode: enforce"))
    with pytest.raises(FileError, match=r"c\.json is not JSON"):
        read_settings(written(tmp_path / "c.json", "[" * 100_000))


# -- the clients


def test_without_a_file_nothing_is_known_of_the_clients(tmp_path: Path):
    assert len(read_directory(None)) == 0
    assert len(read_directory(written(tmp_path / "a.yaml", ""))) == 0


def test_the_clients_are_read(tmp_path: Path):
    path = written(tmp_path / "a.yaml", "[{tenant: acme}, {tenant: bakery}]")

    assert [client.tenant for client in read_directory(path)] == ["acme", "bakery"]


def test_a_wrong_client_is_named_with_its_file(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"a\.yaml: "):
        read_directory(written(tmp_path / "a.yaml", "[{tenant: acme}, {tenant: acme}]"))


# -- answers and outcomes


def test_answers_are_read_by_event_and_the_last_one_counts(tmp_path: Path):
    path = written(
        tmp_path / "labels.jsonl",
        '{"event": "e1", "verdict": "noise"}\n\n'
        '{"event": "e2", "verdict": "noise", "delay_s": 60, "technician": "tess"}\n'
        '{"event": "e1", "verdict": "actionable", "delay_s": 0}\n',
    )

    assert read_answers(path, 1800) == {
        "e1": Answer(Verdict.ACTIONABLE, 0, "technician"),
        "e2": Answer(Verdict.NOISE, 60, "tess"),
    }


def test_an_answer_without_a_delay_takes_the_common_one(tmp_path: Path):
    path = written(tmp_path / "labels.jsonl", '{"event": "e1", "verdict": "noise"}')

    assert read_answers(path, 90)["e1"].delay_seconds == 90


@pytest.mark.parametrize(
    "line",
    ["nothing", '{"event": "e"}', '{"event": "e", "verdict": "maybe"}', '{"event": "", "x": 1}'],
)
def test_a_line_that_is_no_answer_is_named_by_its_number(tmp_path: Path, line: str):
    path = written(tmp_path / "labels.jsonl", '{"event": "e", "verdict": "noise"}\n' + line)

    with pytest.raises(FileError, match=r"labels\.jsonl, line 2 is no label"):
        read_answers(path, 0)


# -- where state is kept


def an_outcome(**changed: Any) -> str:
    line = {
        "label_id": "ticket-7",
        "tenant": "acme",
        "verdict": "actionable",
        "technician": "tickets",
        "labelled_at": "2026-06-01T10:00:00Z",
        "outcome": {"device": "srv1", "at": "2026-06-01T11:30:00+02:00"},
    }
    return json.dumps(line | changed)


def test_outcomes_are_read_as_the_feedback_topic_takes_them(tmp_path: Path):
    path = written(tmp_path / "tickets.jsonl", an_outcome() + "\n\n" + an_outcome(tenant="bay"))

    assert [(label.tenant, label.outcome) for label in read_outcomes(path)] == [
        ("acme", Outcome("srv1", datetime(2026, 6, 1, 9, 30, tzinfo=UTC))),
        ("bay", Outcome("srv1", datetime(2026, 6, 1, 9, 30, tzinfo=UTC))),
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nothing", "is no label: "),
        (an_outcome(labelled_at="2026-06-01T10:00:00"), "labelled_at needs a time zone"),
        (an_outcome(outcome=None, decision_id="d"), "is an answer, not an outcome"),
    ],
)
def test_a_line_that_is_no_outcome_is_named_by_its_number(tmp_path: Path, line: str, sentence: str):
    path = written(tmp_path / "tickets.jsonl", an_outcome() + "\n" + line)

    with pytest.raises(FileError, match=rf"tickets\.jsonl, line 2 .*{sentence}"):
        read_outcomes(path)


def test_state_is_kept_where_the_user_keeps_state(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_folder("broker") == Path("/state/noise/broker")

    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setenv("HOME", "/home/noise")
    assert state_folder("broker") == Path("/home/noise/.local/state/noise/broker")
