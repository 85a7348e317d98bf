from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from benchmarks import end_to_end

SMALL = "--alerts 400 --plain-alerts 100 --rounds 1 --rate 100 --seconds 1 --partitions 2"


async def test_the_whole_path_is_measured_beside_a_stock_agent(
    bootstrap: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("KAFKA_BOOTSTRAP", bootstrap)
    file = tmp_path / "figures.json"

    arguments = [*SMALL.split(), "--json", str(file)]
    assert await asyncio.to_thread(end_to_end.main, arguments) == 0

    figures = json.loads(file.read_text())
    (worker,), (plain,) = figures["worker"], figures["plain_faust"]
    assert min(worker, plain) > 0
    assert figures["ratio"] == pytest.approx(worker / plain)
    assert figures["latency"]["alerts"] == 100
    assert 0 < figures["latency"]["p50"] <= figures["latency"]["p99"]
    table = capsys.readouterr().out
    assert "worker, transactions" in table
    assert "stock Faust agent" in table
    assert "p99" in table
