from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from noise.settings import Kafka, Settings
from pipelines import kafka
from pipelines.broker import LocalBroker
from pipelines.demo import Script
from pipelines.demo.pages import false_positive_ratio, read_page
from pipelines.demo.position import Last, last_of
from pipelines.topics import declare, partition_for
from tests.processes import family, has_ended

PATIENCE_SECONDS = 60.0
STOP_SECONDS = 10.0
RAW = declare(Kafka()).raw
SEED, CLIENTS = 1, 20


def environment(**changes: str) -> dict[str, str]:
    return {name: v for name, v in os.environ.items() if name != "KAFKA_BOOTSTRAP"} | changes


def demo(folder: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    """Run it to its end and return its summary, which is all it writes to standard output."""
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "pipelines.cli", "demo", "--json", *arguments),
            *("--data", str(folder / "data")),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**variables),
    )
    assert ended.returncode == 0, ended.stderr
    summary: dict[str, Any] = json.loads(ended.stdout)
    return summary


class Terminal:
    """``noise demo`` in a process group of its own, as in a terminal."""

    def __init__(self, folder: Path) -> None:
        self._output = folder / "output"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", "demo", "--data", str(folder / "data")],
                stdout=output,
                stderr=output,
                env=environment(),
                process_group=0,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def says(self, pattern: str) -> str:
        """Wait until it says something; return what the group in the pattern found."""
        return str(self._wait(lambda: re.search(pattern, self.output))[1])

    def measures(self, page: str) -> float:
        """Wait until its worker shows a false-positive ratio."""
        return float(self._wait(lambda: false_positive_ratio([read_page(page)])))

    def _wait(self, found: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE_SECONDS
        while (result := found()) is None:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until, self.output
            time.sleep(0.1)
        return result

    def press_ctrl_c(self) -> float:
        """Send what a terminal sends; return how long it took until the end."""
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(2 * STOP_SECONDS)
        return time.monotonic() - began


@contextmanager
def running(folder: Path) -> Iterator[Terminal]:
    terminal = Terminal(folder)
    try:
        yield terminal
    finally:
        terminal.process.kill()
        terminal.process.wait()


def wait_until_gone(pids: list[int]) -> None:
    until = time.monotonic() + STOP_SECONDS + 5
    while left := [pid for pid in pids if not has_ended(pid)]:
        assert time.monotonic() < until, left
        time.sleep(0.1)


async def sent_to(folder: Path) -> list[tuple[int, Last]]:
    """Partition, arrival and key of everything on the raw topic."""
    tenants = Script(SEED, CLIENTS).tenants
    with LocalBroker(folder / "data") as broker:
        async with kafka.reading(broker.bootstrap, [RAW.name]) as consumer:
            records = [record async for record in kafka.read_to_end(consumer)]
    lasts = [(record.partition, last_of(record, tenants)) for record in records]
    return [(partition, last) for partition, last in lasts if last is not None]


def scripted(until: float) -> list[tuple[int, str]]:
    arrived = Script(SEED, CLIENTS).arrived(until)
    return [(partition_for(sent.tenant, RAW.partitions), sent.event) for sent in arrived]


async def test_it_ends_by_itself_and_goes_on_where_it_stopped_even_after_a_kill(tmp_path: Path):
    first = demo(tmp_path, "--for", "20s")

    assert first["records"]["balance"] is True
    assert first["records"]["waiting"] == 0
    assert first["records"]["raw"] == first["sent"] > 1_000
    assert min(first["shown"], first["suppressed"], first["records"]["dead_letters"]) > 0
    assert min(first["labels"]["noise"], first["labels"]["actionable"]) > 0
    assert first["first_decisions"]["holding"] > 0
    assert first["problems"]["told_in_time"] > 0
    assert first["simulated"]["went_on"] is False

    with running(tmp_path) as second:
        second.says(r"day (\d), ")
        pids = family(second.process.pid)
        os.kill(second.process.pid, signal.SIGKILL)
        assert len(pids) > 3
        wait_until_gone(pids)

    third = demo(tmp_path, "--for", "3s")

    assert third["simulated"]["went_on"] is True
    assert third["simulated"]["from"] > first["simulated"]["from"]
    assert third["first_decision_seconds"] < 20
    assert third["records"]["balance"] is True
    assert third["records"]["waiting"] == 0
    assert third["records"]["raw"] > first["records"]["raw"]
    assert third["labels"]["noise"] >= first["labels"]["noise"]

    sent = await sent_to(tmp_path)
    expected = scripted(max(last.at_ms for _, last in sent) / 1000 + 0.0005)
    assert sorted((partition, last.event) for partition, last in sent) == sorted(expected)


def test_clients_go_live_and_one_falls_back_after_a_miss_with_the_evidence(tmp_path: Path):
    # A week flies by in half a minute; what happens in it follows from the seed.
    summary = demo(tmp_path, "--for", "45s")

    earned = summary["earned"]
    after_a_miss = [one for one in earned["demoted"] if exceeds(one["evidence"])]
    assert summary["records"]["balance"] is True
    assert len(earned["promoted"]) > 3
    assert all(one["evidence"]["answers"] >= 50 for one in earned["promoted"])
    assert all("is hidden from now on" in one["text"] for one in earned["promoted"])
    assert earned["clients_live"] > 3
    assert after_a_miss
    assert all("of its real incidents were hidden" in one["text"] for one in after_a_miss)
    assert earned["changes"]["asked"] > 20
    assert "usually 1%" in earned["limits"]


def exceeds(evidence: dict[str, Any]) -> bool:
    missed = evidence["missed_incidents"]
    return missed["value"] is not None and missed["value"] > missed["limit"]


def test_ctrl_c_ends_it_within_ten_seconds_with_a_summary_and_no_process_left(tmp_path: Path):
    with running(tmp_path) as terminal:
        page = terminal.says(r"metrics +(http://\S+)")
        assert 0 <= terminal.measures(page) <= 1
        pids = family(terminal.process.pid)

        seconds = terminal.press_ctrl_c()

        assert terminal.process.returncode == 0, terminal.output
        assert seconds < STOP_SECONDS
        assert "+ 0 not yet" in terminal.output
        assert "DO NOT BALANCE" not in terminal.output
        assert all(has_ended(pid) for pid in pids)


def test_ctrl_c_while_it_starts_ends_it_too(tmp_path: Path):
    with running(tmp_path) as terminal:
        terminal.says(r"(starting)")
        pids = family(terminal.process.pid)

        assert terminal.press_ctrl_c() < STOP_SECONDS
        assert terminal.process.returncode == 0, terminal.output
        assert all(has_ended(pid) for pid in pids)


async def test_on_somebodys_broker_it_has_topics_of_its_own(bootstrap: str, tmp_path: Path):
    arguments = ("--for", "1s", "--seed", "4", "--clients", "2")
    summary = demo(tmp_path, *arguments, KAFKA_BOOTSTRAP=bootstrap)

    assert summary["broker"] == bootstrap
    wanted = declare(Kafka(prefix="noise-demo-4-2")).all()
    assert await kafka.check_topics(bootstrap, wanted) == []


def test_when_its_broker_dies_it_says_so_and_ends_with_everything(tmp_path: Path):
    with running(tmp_path) as terminal:
        terminal.says(r"day (\d), ")
        pids = family(terminal.process.pid)
        broker = next(pid for pid in pids if "kafka.Kafka" in command_line(pid))

        os.kill(broker, signal.SIGKILL)

        assert terminal.process.wait(PATIENCE_SECONDS) == 2
        assert "noise: the broker ended by itself" in terminal.output
        assert "Traceback" not in terminal.output
        assert all(has_ended(pid) for pid in pids)


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def test_where_the_port_of_metrics_is_taken_it_takes_another(bootstrap: str, tmp_path: Path):
    with listening(Settings().metrics.port):
        summary = demo(tmp_path, "--for", "1s", "--clients", "2", KAFKA_BOOTSTRAP=bootstrap)

    assert summary["records"]["balance"] is True
    assert summary["metrics"] != [f"http://127.0.0.1:{Settings().metrics.port}/metrics"]


@contextmanager
def listening(port: int) -> Iterator[None]:
    with ExitStack() as stack:
        with suppress(OSError):  # somebody else does already
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        yield
