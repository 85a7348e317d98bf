from __future__ import annotations

import importlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from noise.errors import SettingsError
from pipelines.broker import BrokerError
from pipelines.cli.main import COMMANDS, run
from pipelines.files import FileError
from pipelines.kafka import KafkaError
from pipelines.metrics import PageError
from pipelines.trouble import Trouble

# by its name: the package gives the function `main` under the same one
cli = importlib.import_module("pipelines.cli.main")


def refusing(error: BaseException) -> click.Command:
    def act() -> None:
        raise error

    return click.Command("check", callback=act)


@pytest.mark.parametrize(
    "kind", [Trouble, SettingsError, FileError, KafkaError, PageError, BrokerError]
)
def test_expected_trouble_is_one_sentence_and_status_2(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(cli, "load_command", lambda name: refusing(kind("mend\n  this")))

    assert run(["check"]) == 2

    said = capsys.readouterr()
    assert said.err == "noise: mend this\n"
    assert said.out == ""


def test_unexpected_trouble_is_loud(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cli, "load_command", lambda name: refusing(ZeroDivisionError()))

    with pytest.raises(ZeroDivisionError):
        run(["check"])


def test_ctrl_c_is_no_trouble(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cli, "load_command", lambda name: refusing(KeyboardInterrupt()))

    assert run(["check"]) == 130


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "noise: No such command 'nothing'."),
        (["--nothing"], "No such option"),
        (["replay", "a.jsonl"], "noise: Missing option '--source'."),
        (["replay", "--source", "x"], "noise: Missing argument 'FILE...'."),
        (["label", "x", "maybe", "--by", "tess"], "'maybe' is not one of 'noise', 'actionable'."),
        (["replay", "a", "--source", "x", "--label-errors", "2"], "2.0 is not in the range"),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_status_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
):
    assert run(arguments) == 2

    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_help_names_every_command_and_status_is_0(capsys: pytest.CaptureFixture[str]):
    assert run(["--help"]) == 0

    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)


def test_no_command_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]):
    assert run([]) == 2

    assert "Commands:" in capsys.readouterr().out


def test_a_command_explains_itself(capsys: pytest.CaptureFixture[str]):
    assert run(["send", "-h"]) == 0

    assert "in order of time" in capsys.readouterr().out


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]):
    assert run(["--version"]) == 0

    assert version("alert-noise") in capsys.readouterr().out


def test_the_status_of_a_command_is_that_of_the_program(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        cli, "load_command", lambda name: click.Command("check", callback=lambda: 1)
    )

    with pytest.raises(SystemExit) as ended:
        cli.main(["check"])

    assert ended.value.code == 1


def test_a_reader_that_has_enough_is_no_trouble(tmp_path: Path):
    lines = "\n".join(
        f'{{"t": {n}, "tenant": "a", "body": {{"check": "c{n}", "title": "t"}}}}'
        for n in range(1, 3_000)
    )
    (tmp_path / "day.jsonl").write_text(lines)
    command = [sys.executable, "-m", "pipelines.cli", "replay", "day.jsonl"]
    process = subprocess.Popen(
        [*command, "--source", "envelope", "--out", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stderr is not None

    process.stdout.readline()
    process.stdout.close()

    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(30) == 1
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


def test_a_demo_whose_folder_cannot_be_made_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    taken = tmp_path / "taken"
    taken.write_text("a file")

    assert run(["demo", "--data", str(taken / "data")]) == 2

    assert f"noise: {taken / 'data'} cannot be used" in capsys.readouterr().err
