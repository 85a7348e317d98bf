"""What every test gets: marks by folder, the shared data, and a check for what it leaves behind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.broker import LocalBroker

TESTS = Path(__file__).parent
MARKED_FOLDERS = ("kafka", "browser", "chaos")
DEFAULT_DATA = TESTS.parent.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if TESTS in item.path.parents:
            folder = item.path.relative_to(TESTS).parts[0]
            if folder in MARKED_FOLDERS:
                item.add_marker(folder)


@pytest.fixture(scope="session")
def noise_data() -> Path:
    """The folder of recorded and made-up alerts, which is not part of the repository."""
    folder = Path(os.environ.get("NOISE_DATA", DEFAULT_DATA))
    if not folder.is_dir():
        pytest.fail(
            f"the shared data is not at {folder}: set NOISE_DATA to its folder", pytrace=False
        )
    return folder


@pytest.fixture(scope="session")
def bootstrap() -> Iterator[str]:
    """The address of a real Kafka: the one that is named, else one started for this run."""
    named = os.environ.get("KAFKA_BOOTSTRAP")
    if named:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="noise-kafka-") as folder, LocalBroker(folder) as local:
        yield local.bootstrap


@pytest.fixture(autouse=True)
def environment_is_left_as_it_was() -> Iterator[None]:
    before = _environment()
    yield
    after = _environment()
    if after != before:
        os.environ.clear()
        os.environ.update(before)
    assert after == before, "the test left environment variables changed"


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
