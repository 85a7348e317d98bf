from __future__ import annotations

import importlib
import re

import click
import pytest

from pipelines.cli.main import COMMANDS, load_command
from pipelines.cli.main import run as run_noise
from tests.programs import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    ROOT / "config" / "prometheus" / "alerts.yml",
    ROOT / "config" / "examples" / "msp.yaml",
]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def written_commands(program: str) -> list[str]:
    """All lines of code in the pages that call ``program``."""
    spans = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            spans += block.splitlines()
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        spans += re.findall(r"`([^`]+)`", prose)
        spans += re.findall(r"^# +(noise .+)$", prose, re.MULTILINE)  # in the examples
    lines = {" ".join(span.split("#")[0].split()) for span in spans}
    return sorted(line for line in lines if line.startswith(f"{program} "))


def targets() -> list[str]:
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    return str(phony).split()


@pytest.mark.parametrize("line", written_commands("make"))
def test_every_make_target_that_is_named_exists(line: str):
    assert line.split()[1] in targets()


@pytest.mark.parametrize("target", targets())
def test_every_make_target_has_a_comment_over_it(target: str):
    assert re.search(rf"^# .+\n{target}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("line", written_commands("noise"))
def test_every_command_that_is_named_exists_and_has_these_options(line: str):
    _, name, *arguments = line.split()

    assert name in COMMANDS
    assert options_in(arguments) <= options_of(name)


@pytest.mark.parametrize("line", [line for line in written_commands("make") if "ARGS" in line])
def test_what_make_hands_on_are_options_of_the_command(line: str):
    (target, arguments) = re.findall(r'make (\w+) ARGS="(.*)"', line)[0]

    assert options_in(arguments.split()) <= options_of(target)


def options_in(arguments: list[str]) -> set[str]:
    return {argument for argument in arguments if argument.startswith("-")} - {"--help"}


def options_of(command: str) -> set[str]:
    options = [p for p in load_command(command).params if isinstance(p, click.Option)]
    return {name for option in options for name in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps(name: str, capsys: pytest.CaptureFixture[str]):
    assert run_noise([name, "--help"]) == 0
    assert f"Usage: noise {name}" in capsys.readouterr().out


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README))))
def test_every_file_that_is_linked_exists(target: str):
    assert (ROOT / target).exists()


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:noise|pipelines|config|tests|docs)/[\w/.]*)`", README)))
)
def test_every_file_and_folder_that_is_named_exists(path: str):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    ("path", "name"),
    re.findall(r"`((?:noise|pipelines)/[\w/]+\.py)`\s*\(`([\w.]+)`\)", README),
)
def test_the_way_of_an_alert_names_functions_that_exist(path: str, name: str):
    found = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    for step in name.split("."):
        found = getattr(found, step)

    assert callable(found)


def test_the_way_of_an_alert_is_told_with_its_functions():
    assert len(re.findall(r"\.py`\s*\(`", README)) >= 10


def test_every_folder_of_the_project_is_on_the_map():
    folders = {"noise", "pipelines", "config", "benchmarks", "tests"}

    for name in folders:
        assert f"| `{name}/` |" in README


def test_the_integration_runs_exactly_the_command_of_this_page():
    (told,) = re.findall(r"## Test it\n\n```sh\n(.*?)\n```", README, re.DOTALL)
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()

    assert lines[-1] == told == "make test"
    assert [line for line in lines if line.startswith("make")] == [told]


def test_the_whole_consumer_takes_no_more_than_ten_lines():
    (snippet,) = re.findall(r"<!-- consumer -->\n```python\n(.*?)```", README, re.DOTALL)

    assert len([line for line in snippet.splitlines() if line]) <= 10
