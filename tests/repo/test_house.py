from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.programs import ROOT, program, run

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-java.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = [
    *(("requirements.lock", needed) for needed in PROJECT["dependencies"]),
    *(("requirements-dev.lock", needed) for needed in PROJECT["dependencies"]),
    *(("requirements-dev.lock", needed) for needed in EXTRAS["dev"]),
    *(("requirements-java.lock", needed) for needed in EXTRAS["java"]),
]


def pinned(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_names_no_address(lock: str):
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert "://" not in text
    for requirement in re.split(r"\n(?=[a-z0-9])", text):
        assert "--hash=sha256:" in requirement


@pytest.mark.parametrize(("lock", "needed"), WANTED)
def test_every_dependency_is_locked_at_a_version_that_fits(lock: str, needed: str):
    requirement = Requirement(needed)

    assert requirement.specifier.contains(pinned(lock)[canonicalize_name(requirement.name)])


def test_developers_have_the_packages_that_run_elsewhere():
    everywhere, here = pinned("requirements.lock"), pinned("requirements-dev.lock")

    assert everywhere.items() <= here.items()


def test_commit_hooks_come_from_the_locked_environment_alone():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())

    (local,) = hooks["repos"]
    assert local["repo"] == "local"
    for hook in local["hooks"]:
        assert hook["language"] == "system"
        used = Path(hook["entry"].split()[0])
        assert used.parent == Path(".venv/bin")
        assert (Path(sys.executable).parent / used.name).exists()


def test_no_file_names_a_place_on_somebodys_machine():
    names = run([program("git", "git"), "ls-files", "--cached", "--others", "--exclude-standard"])
    somewhere = re.compile(rb"(?<![\w.])/(?:work|root|Users|home/(?!noise\b)\w+)/")

    for name in names.splitlines():
        path = ROOT / name
        if path.is_file():
            assert not somewhere.search(path.read_bytes()), name


def test_the_changelog_begins_with_what_is_not_released():
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == "Unreleased"


def test_every_decision_says_what_was_given_up_and_how_it_would_show():
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE) == [
            "Situation", "Choice", "What we gave up", "How we will notice it was wrong",
        ]  # fmt: skip
        assert len(text.splitlines()) <= 40
