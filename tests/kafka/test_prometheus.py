from __future__ import annotations

import asyncio
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import yaml

from pipelines.broker.ports import free_port
from tests.factories import alert
from tests.programs import ROOT, program
from tests.workers import Installation, until

CONFIG = ROOT / "config" / "prometheus"


async def test_a_real_prometheus_scrapes_a_running_worker_and_evaluates_our_rules(
    bootstrap: str, tmp_path: Path
):
    installation = Installation(bootstrap, tmp_path, {})
    await installation.create_topics()

    with installation.worker() as worker:
        await send_alerts(installation, 500)
        await installation.wait_until_done(worker)
        target = worker.metrics_url().removeprefix("http://").removesuffix("/metrics")
        with scraping(target, tmp_path) as prometheus:
            await until(prometheus.is_scraping)
            await until(lambda: prometheus.says("sum(noise_raw_records_total)", 500.0))
            await until(lambda: prometheus.says("sum(noise_decisions_total)", 500.0))
            await until(lambda: prometheus.says("max(noise_balance_difference)", 0.0))
            await until(prometheus.has_evaluated_all_rules)
            assert await prometheus.says('absent(ALERTS{alertstate="firing"})', 1.0)


async def send_alerts(installation: Installation, count: int) -> None:
    async with installation.sending() as producer:
        for number in range(count):
            one = alert(f"client-{number % 3}", f"check-{number % 50}", event_key=f"event-{number}")
            value = msgspec.json.encode(one)
            await producer.send(installation.topics.raw.name, value, key=one.tenant.encode())


class Prometheus:
    """A running Prometheus that is asked by HTTP."""

    def __init__(self, address: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self._address = address
        self._process = process
        self._log = log

    async def is_scraping(self) -> bool:
        """Whether it has found its target and the target answers."""
        found = await self._ask("targets")
        return [one["health"] for one in found.get("activeTargets", [])] == ["up"]

    async def has_evaluated_all_rules(self) -> bool:
        groups = (await self._ask("rules")).get("groups", [])
        health = [rule["health"] for group in groups for rule in group["rules"]]
        assert "err" not in health, groups
        return set(health) == {"ok"}

    async def says(self, query: str, expected: float) -> bool:
        result = (await self._ask(f"query?query={quote(query)}")).get("result", [])
        return bool(result) and float(result[0]["value"][1]) == expected

    async def _ask(self, what: str) -> dict[str, Any]:
        assert self._process.poll() is None, self._log.read_text()
        try:
            page = await asyncio.to_thread(read, f"http://{self._address}/api/v1/{what}")
        except OSError:  # it is still starting
            return {}
        return dict(json.loads(page)["data"])


def read(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:  # noqa: S310
        return bytes(answer.read())


@contextmanager
def scraping(target: str, folder: Path) -> Iterator[Prometheus]:
    """Run Prometheus with our configuration, in which only the target and the pace are others."""
    written = yaml.safe_load((CONFIG / "prometheus.yml").read_text())
    written["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    written["rule_files"] = [str(CONFIG / name) for name in written["rule_files"]]
    (job,) = written["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [target]}]
    config, log = folder / "prometheus.yml", folder / "prometheus.log"
    config.write_text(yaml.safe_dump(written))
    address = f"127.0.0.1:{free_port()}"
    command = [
        program("prometheus", "prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={address}",
    ]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    try:
        yield Prometheus(address, process, log)
    finally:
        process.terminate()
        process.wait(20)
