from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from noise.decision import Mode
from noise.settings import load_settings
from pipelines.cli.main import run
from pipelines.cli.replay import in_mode

T = 1_780_000_000
HEADER = "time,name,ip,host,short,time_label,event_label"


def network(folder: Path, count: int = 60) -> str:
    """A network of one loud rule, noise but for each tenth alert."""
    rows = [
        f"{T + n * 400},Wazuh: rule {n % 3},10.0.0.1,mail,W,x,{'-' if n % 10 else 'attack'}"
        for n in reversed(range(count))
    ]
    path = folder / "fox_alerts.csv"
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    return str(path)


def envelopes(folder: Path, *lines: dict[str, Any]) -> str:
    path = folder / "day.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return str(path)


def envelope(
    minute: float, state: str = "raised", check: str = "disk", **fields: Any
) -> dict[str, Any]:
    body = {"check": check, "device": "srv1", "title": "bad", "category": "other", "state": state}
    body |= fields
    return {"t": T + minute * 60, "tenant": "acme", "event": f"e{minute}", "body": body}


def decisions(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def summary(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("mode", list(Mode))
def test_every_record_has_one_first_decision_and_the_books_balance(
    tmp_path: Path, mode: Mode, capsys: pytest.CaptureFixture[str]
):
    path, out = network(tmp_path), tmp_path / "out.jsonl"

    assert (
        run(
            [
                "replay",
                path,
                "--source",
                "ait-ads",
                "--mode",
                mode.value,
                "--out",
                str(out),
                "--json",
            ]
        )
        == 0
    )

    told = summary(capsys)
    first = [line for line in decisions(out) if line["supersedes"] is None]
    assert sorted(line["event"] for line in first) == sorted(f"fox:{n}" for n in range(60))
    assert told["records"] == {"read": 60, "decided": 60, "dead_letters": 0}
    assert told["alerts"]["shown"] + told["alerts"]["suppressed"] == told["alerts"]["raw"] == 60
    assert sum(told["by_reason"].values()) == 60
    assert told["tenants"]["fox"]["days"] == 2
    assert (told["alerts"]["suppressed"] == 0) == (mode is Mode.OBSERVE)


def test_two_replays_give_the_same_bytes_whatever_the_order_and_the_packing(tmp_path: Path):
    path = network(tmp_path)
    lines = Path(path).read_text().splitlines()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "fox_alerts.csv").write_text("\n".join(lines))
    (tmp_path / "b" / "fox_alerts.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    for name, file in (("a", "a/fox_alerts.csv"), ("b", "b/fox_alerts.csv.gz")):
        arguments = ["--labels", "truth", "--label-errors", "0.3", "--seed", "5"]
        out = ["--out", str(tmp_path / f"{name}.jsonl"), "--report", str(tmp_path / f"{name}.json")]
        assert run(["replay", str(tmp_path / file), "--source", "ait-ads", *arguments, *out]) == 0

    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_true_answers_come_after_their_delay_and_only_for_what_was_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = network(tmp_path)
    answered = ["--labels", "truth", "--json", "--mode", "enforce"]

    run(["replay", path, "--source", "ait-ads", *answered, "--label-delay", "0"])
    at_once = summary(capsys)
    run(["replay", path, "--source", "ait-ads", *answered, "--label-delay", "1e9"])
    never = summary(capsys)

    shown = at_once["alerts"]["shown"] + at_once["later_decisions"]["shown"]
    assert 0 < at_once["labels_given"] <= shown
    assert never["labels_given"] == 0


def test_written_answers_are_given_to_what_they_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = envelopes(tmp_path, envelope(1), envelope(100, check="cpu"))
    labels = tmp_path / "labels.jsonl"
    labels.write_text('{"event": "e1", "verdict": "noise", "delay_s": 60}')

    run(["replay", path, "--source", "envelope", "--labels", str(labels), "--json"])

    assert summary(capsys)["labels_given"] == 1


def test_a_ticket_about_what_was_shown_is_matched_and_one_of_later_is_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = envelopes(tmp_path, envelope(1), envelope(100, check="cpu"))
    tickets = tmp_path / "tickets.jsonl"
    tickets.write_text("\n".join(ticket(minute) for minute in (30, 5000)))
    command = ["replay", path, "--source", "envelope", "--outcomes", str(tickets)]

    run([*command, "--json"])
    told = summary(capsys)
    run(command)

    assert told["outcomes"] == {"read": 2, "outcome_matched": 1, "after_the_end": 1}
    assert told["labels_given"] == 0
    assert "outcomes                    2: 1 outcome matched, 1 after the end" in (
        capsys.readouterr().out
    )


def ticket(minute: int) -> str:
    label = {
        "label_id": f"ticket-{minute}",
        "tenant": "acme",
        "verdict": "actionable",
        "technician": "tickets",
        "labelled_at": datetime.fromtimestamp(T + minute * 60, UTC).isoformat(),
        "outcome": {"device": "srv1", "at": datetime.fromtimestamp(T + 600, UTC).isoformat()},
        "source": "ticket",
    }
    return json.dumps(label)


def test_a_dead_letter_is_counted_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    broken = {"t": T, "source": "nobody", "body": {}}
    path = envelopes(tmp_path, envelope(1), broken, {"t": -5, "body": {}})

    assert run(["replay", path, "--source", "envelope", "--json"]) == 0

    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["records"] == {"read": 3, "decided": 1, "dead_letters": 2}
    assert told["dead_letters"] == {"no_time": 1, "unknown_source": 1}
    assert "refused: " in said.err
    assert "row 2: -5.0 is not a time" in said.err


def test_people_get_a_table_with_every_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    broken = {"t": T, "source": "nobody", "body": {}}
    path = envelopes(tmp_path, envelope(1), envelope(2), envelope(3, "cleared"), broken)

    assert run(["replay", path, "--source", "envelope"]) == 0

    said = capsys.readouterr()
    words = [" ".join(line.split()) for line in said.out.splitlines()]
    assert "records 4 = 3 decided + 1 dead letters" in words
    assert "raw 3 100.00 %" in words
    assert "would be (in mode enforce)" in words
    assert "unknown_source 1 25.00 %" in words
    assert "acme 1 3.0 2.0" in words
    assert "alerts/s" in said.err


def test_decisions_on_the_standard_output_are_not_mixed_with_the_summary(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    path = envelopes(tmp_path, envelope(1), envelope(2))

    assert run(["replay", path, "--source", "envelope", "--out", "-", "--json"]) == 0

    said = capfd.readouterr()
    assert [json.loads(line)["event"] for line in said.out.splitlines()] == ["e1", "e2"]
    assert '"raw": 2' in said.err


def test_each_decision_line_says_what_the_contract_asks_for(tmp_path: Path):
    path, out = envelopes(tmp_path, envelope(1, object="C:", severity="low")), tmp_path / "out"

    run(["replay", path, "--source", "envelope", "--mode", "enforce", "--out", str(out)])

    (line, *_) = decisions(out)
    assert line["id"].startswith("day:0-0")
    assert (line["event"], line["tenant"], line["object"]) == ("e1", "acme", "C:")
    assert line["decided_at"] == T + 60
    assert line["why"]
    assert {"action", "reason", "incident", "noise_probability", "would_suppress"} < set(line)
    assert line["supersedes"] is None


def test_a_held_alert_gets_a_second_decision_that_names_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    cleared = [envelope(1), envelope(2, "cleared")]
    held = [envelope(500), envelope(600, check="cpu")]
    path, out = envelopes(tmp_path, *cleared, *held), tmp_path / "out"

    run(["replay", path, "--source", "envelope", "--mode", "enforce", "--out", str(out), "--json"])

    held = next(line for line in decisions(out) if line["reason"] == "holding")
    later = next(line for line in decisions(out) if line["supersedes"] == held["id"])
    assert (later["action"], later["reason"]) == ("update", "incident_changed")
    assert later["decided_at"] == held["hold_until"]
    assert summary(capsys)["later_by_reason"]["incident_changed"] >= 1


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "there is nothing to replay"),
        ([{"t": T, "source": "nobody", "body": {}}], "first unknown_source): is --source right?"),
        ([{"t": T}], "row 0: this is no envelope"),
    ],
)
def test_input_of_which_nothing_can_be_read_is_refused(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
):
    assert run(["replay", envelopes(tmp_path, *lines), "--source", "envelope"]) == 2

    assert sentence in capsys.readouterr().err


def test_the_truth_is_asked_only_of_what_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = envelopes(tmp_path, envelope(1))

    assert run(["replay", path, "--source", "envelope", "--labels", "truth"]) == 2

    assert "envelope does not hold the truth" in capsys.readouterr().err


def test_a_mode_for_all_counts_more_than_the_modes_of_the_clients():
    settings = load_settings({"mode": "observe", "tenant_modes": {"acme": "enforce"}})

    assert in_mode(settings, None) is settings
    assert in_mode(settings, "observe").mode_of("acme") is Mode.OBSERVE


def test_clients_that_share_teach_the_one_that_comes_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def shown(*options: str) -> int:
        given = ["--source", "ait-ads", "--labels", "truth", "--mode", "enforce", "--json"]
        assert run(["replay", *paths, *given, *options]) == 0
        return int(summary(capsys)["alerts"]["shown"])

    paths = []
    for number, name in enumerate(("ash", "birch", "cedar", "dogwood")):
        rows = [
            f"{T + number * 86400 + n * 4000},Wazuh: rule,10.0.0.{n},host{n},W,x,-"
            for n in range(15)
        ]
        path = tmp_path / f"{name}_alerts.csv"
        path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        paths.append(str(path))
    settings = tmp_path / "settings.yaml"
    settings.write_text("sharing: {tenants: [ash, birch, cedar]}", encoding="utf-8")

    assert shown("--settings", str(settings)) < shown()
