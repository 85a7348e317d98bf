from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.broker import LocalBroker
from tests.programs import ROOT
from tests.workers import Installation, until

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[str]:
    """A broker of its own: the snippets use the topics of the default prefix."""
    with LocalBroker(tmp_path / "kafka") as local:
        yield local.bootstrap


async def test_what_the_readme_says_sends_an_alert_and_reads_the_decision(
    own_broker: str, tmp_path: Path
):
    installation = Installation(own_broker, tmp_path, {"kafka": {"prefix": "noise"}})

    with installation.worker("--create-topics") as worker:
        worker.metrics_url()
        with running("producer", own_broker, tmp_path) as (producer, log):
            assert producer.wait(60) == 0, log.read_text()
        with running("consumer", own_broker, tmp_path) as (consumer, log):

            async def has_line() -> bool:
                worker.check()
                assert consumer.poll() is None, log.read_text()
                return log.read_text().endswith("\n")

            await until(has_line)

    (line,) = log.read_text().splitlines()
    assert line == "harbor-dental C: is 96 % full novel"


def snippet(name: str) -> str:
    (code,) = re.findall(rf"<!-- {name} -->\n```python\n(.*?)```", README, re.DOTALL)
    return str(code)


@contextmanager
def running(name: str, broker: str, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run a snippet exactly as it stands there; it is gone at the end of the block."""
    program, log = folder / f"{name}.py", folder / f"{name}.log"
    program.write_text(snippet(name), encoding="utf-8")
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, program],
            stdout=stream,
            stderr=stream,
            env=os.environ | {"KAFKA_BOOTSTRAP": broker},
        )
    try:
        yield process, log
    finally:
        process.kill()
        process.wait()
