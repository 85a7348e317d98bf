from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from noise.decision import Mode, Reason
from noise.settings import Kafka, Settings
from pipelines import reference
from pipelines.app import build_metrics
from pipelines.cli.main import COMMANDS
from pipelines.files import read_directory, read_settings
from pipelines.topics import declare
from tests.programs import ROOT

CONFIG = ROOT / "config"
ANEW = "run `make reference` and commit the result"


@pytest.fixture(scope="module")
def page() -> str:
    return (CONFIG / "REFERENCE.md").read_text(encoding="utf-8")


def test_the_written_defaults_are_those_of_the_code(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)

    assert read_settings(str(CONFIG / "default.yaml")) == Settings()


@pytest.mark.parametrize("name", ["default.yaml", "REFERENCE.md"])
def test_the_generated_pages_are_what_the_code_says(name: str):
    assert (CONFIG / name).read_text(encoding="utf-8") == reference.documents()[name], ANEW


def test_all_pages_can_be_written_anew(tmp_path: Path):
    reference.write(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == set(reference.documents())


def test_every_setting_has_a_line_of_its_own_in_the_defaults():
    lines = (CONFIG / "default.yaml").read_text(encoding="utf-8").splitlines()

    for number, line in enumerate(lines):
        if line and not line.lstrip().startswith("#"):
            assert re.fullmatch(r" *[a-z_]+:( .*)?", line)
            assert lines[number - 1].lstrip().startswith("#"), f"{line!r} has no comment"


def test_every_setting_is_explained(page: str):
    for name in names_of(msgspec.to_builtins(Settings())):
        assert f"| `{name}` |" in page or f"### `{name}`" in page, name


def names_of(tree: dict[str, object], prefix: str = "") -> list[str]:
    names = []
    for name, value in tree.items():
        names.append(prefix + name)
        if isinstance(value, dict) and prefix != "habits.":
            names += names_of(value, f"{prefix}{name}.")
    return names


@pytest.mark.parametrize("word", [*Reason, *Mode])
def test_every_reason_and_mode_is_explained(page: str, word: str):
    assert f"| `{word}` | " in page


def test_every_metric_is_explained(page: str):
    for metric in build_metrics(Settings()).registry.collect():
        name = metric.name + ("_total" if metric.type == "counter" else "")
        assert f"| `{name}` | {metric.type} |" in page


def test_every_topic_is_explained(page: str):
    for topic in declare(Kafka()).all():
        assert f"| `{topic.name}` |" in page


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained(page: str, name: str):
    assert f"Usage: noise {name}" in page


def test_every_reason_of_a_dead_letter_is_explained(page: str):
    metrics = build_metrics(Settings())
    (family,) = (m for m in metrics.registry.collect() if m.name == "noise_dead_letters")

    for sample in family.samples:
        assert f"| `{sample.labels['reason']}` | " in page


def test_every_variable_that_is_read_is_explained(page: str):
    read = set()
    for path in [*ROOT.glob("noise/**/*.py"), *ROOT.glob("pipelines/**/*.py")]:
        text = path.read_text(encoding="utf-8")
        named = dict(re.findall(r'^([A-Z_]+) = "([A-Z_]+)"$', text, re.MULTILINE))
        for word in re.findall(r'environ(?:\.get\(|\[)"?([A-Z_]+)', text):
            read.add(named.get(word, word))

    assert {"KAFKA_BOOTSTRAP", "JAVA_HOME"} <= read
    for name in read:
        assert f"| `{name}` | " in page


def test_the_example_of_an_msp_is_a_configuration_that_uses_its_clients(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)

    settings = read_settings(str(CONFIG / "examples" / "msp.yaml"))
    clients = {client.tenant for client in read_directory(settings.tenants_file)}

    assert settings.policies
    assert settings.maintenance
    assert set(settings.tenant_modes) <= clients
    for name in ("harbor-dental", "northgate-law"):
        assert settings.risk_limit_of(name, "security").hidden_real == 0
