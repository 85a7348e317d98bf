from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import yaml

from noise.settings import Settings, load_settings
from pipelines import kafka
from pipelines.cli.main import run
from pipelines.topics import declare
from tests.factories import alert
from tests.processes import family, has_ended
from tests.workers import until

PATIENCE_SECONDS = 60.0
STOP_SECONDS = 10.0
TREE = {"metrics": {"port": 0}, "kafka": {"partitions": 2, "session_seconds": 6}}
SETTINGS: Settings = load_settings(TREE)
TOPICS = declare(SETTINGS.kafka)


class Command:
    """``noise``, in a process group of its own as in a terminal."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._output = folder / "output"
        settings = folder / "settings.yaml"
        settings.write_text(yaml.safe_dump(TREE))
        self._data = folder / "data"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", *arguments, "--data", str(self._data)],
                stdout=output,
                stderr=output,
                env={
                    name: value for name, value in os.environ.items() if name != "KAFKA_BOOTSTRAP"
                },
                process_group=0,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def says(self, pattern: str) -> str:
        """Wait until it says something; return what the group in the pattern found."""
        until_ = time.monotonic() + PATIENCE_SECONDS
        while not (found := re.search(pattern, self.output)):
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until_, self.output
            time.sleep(0.05)
        return found[1]

    def processes(self) -> list[int]:
        """It, all it started, and what those started."""
        return family(self.process.pid)

    def workers(self) -> list[int]:
        return [pid for pid in self.processes() if b"\0worker\0" in command_line(pid)]

    def press_ctrl_c_twice(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)
        self.says("(stopping)")
        os.killpg(self.process.pid, signal.SIGINT)


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


@contextmanager
def noise(folder: Path, *arguments: str) -> Iterator[Command]:
    command = Command(folder, *arguments)
    try:
        yield command
    finally:
        command.process.kill()
        command.process.wait()


@contextmanager
def up(folder: Path, *arguments: str) -> Iterator[Command]:
    settings = str(folder / "settings.yaml")
    with noise(folder, "up", "--settings", settings, *arguments) as command:
        yield command


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def stops_in_time(command: Command, stop: Callable[[], None]) -> None:
    """Have it stopped; fail if that takes long, fails, or leaves a process."""
    processes = command.processes()
    assert len(processes) > 2
    began = time.monotonic()
    stop()
    assert command.process.wait(PATIENCE_SECONDS) == 0, command.output
    assert time.monotonic() - began < STOP_SECONDS
    assert [pid for pid in processes if not has_ended(pid)] == []


async def decided(broker: str) -> set[str]:
    names = [TOPICS.enriched.name, TOPICS.suppressed.name]
    async with kafka.reading(broker, names) as consumer:
        return {
            dict(record.headers)["event"].decode() async for record in kafka.read_to_end(consumer)
        }


async def decides(broker: str, event: str) -> None:
    """Send an alert as any producer does, and wait for its decision."""
    one = msgspec.structs.replace(alert("acme"), event_key=event)
    async with kafka.producing(broker) as producer:
        await producer.send_and_wait(TOPICS.raw.name, msgspec.json.encode(one), key=b"acme")

    async def is_decided() -> bool:
        return event in await decided(broker)

    await until(is_decided)


async def test_it_decides_stops_in_order_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with up(tmp_path, "--workers", "2") as first:
        broker = first.says(r"export KAFKA_BOOTSTRAP=(\S+)")
        assert len(set(re.findall(r"metrics +(http://\S+)", first.output))) == 2
        assert len(first.workers()) == 2
        await decides(broker, "event-1")
        stops_in_time(first, first.press_ctrl_c_twice)

    with up(tmp_path) as second:
        assert second.says(r"export KAFKA_BOOTSTRAP=(\S+)") == broker
        assert await decided(broker) == {"event-1"}
        (worker,) = second.workers()
        os.kill(worker, signal.SIGKILL)
        second.says(r"(worker 1 was ended by SIGKILL and is started again in 1 s)")
        second.says(r"(worker 1 was started again)")
        await decides(broker, "event-2")
        processes = second.processes()

        second.process.kill()

        wait_for(lambda: all(map(has_ended, processes)), 15)


def test_a_signal_during_the_start_stops_it_too(tmp_path: Path) -> None:
    with up(tmp_path) as command:
        wait_for((tmp_path / "data" / "server.properties").exists, PATIENCE_SECONDS)
        wait_for(lambda: len(command.processes()) > 2, PATIENCE_SECONDS)
        stops_in_time(command, command.process.terminate)


def test_a_named_broker_is_used_and_left_alone(bootstrap: str, tmp_path: Path) -> None:
    tree = TREE | {"kafka": {"bootstrap": bootstrap, "prefix": "up-named", "partitions": 2}}
    (tmp_path / "named.yaml").write_text(yaml.safe_dump(tree))
    with noise(tmp_path, "up", "--settings", str(tmp_path / "named.yaml")) as command:
        assert command.says(r"export KAFKA_BOOTSTRAP=(\S+)") == bootstrap
        stops_in_time(command, lambda: command.process.send_signal(signal.SIGHUP))
    with socket.create_connection(bootstrap.split(":")):
        pass


def sentence_of(command: Command) -> str:
    """Return what it said when it gave up."""
    assert command.process.wait(PATIENCE_SECONDS) == 2
    said = [line for line in command.output.splitlines() if line.startswith("noise: ")]
    assert len(said) == 1, command.output
    assert "Traceback" not in command.output
    return said[0]


def test_wrong_settings_are_said_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, data = tmp_path / "wrong.yaml", tmp_path / "data"
    wrong.write_text("mode: perhaps\n")

    assert run(["up", "--settings", str(wrong), "--data", str(data)]) == 2

    assert capsys.readouterr().err.startswith(f"noise: {wrong}: ")
    assert not data.exists()


def test_a_metrics_port_in_use_is_said_and_nothing_is_left(bootstrap: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        tree = TREE | {
            "metrics": {"port": port},
            "kafka": {"bootstrap": bootstrap, "prefix": "up-port"},
        }
        (tmp_path / "taken.yaml").write_text(yaml.safe_dump(tree))
        with noise(tmp_path, "up", "--settings", str(tmp_path / "taken.yaml")) as command:
            assert f"127.0.0.1:{port} (Address already in use)" in sentence_of(command)
    listed = subprocess.check_output(["/bin/ps", "-eo", "args="], text=True)
    assert str(tmp_path) not in listed


def test_a_broker_alone_says_how_to_use_it_and_stops(tmp_path: Path) -> None:
    with noise(tmp_path, "broker") as command:
        address = command.says(r"export KAFKA_BOOTSTRAP=(\S+)")
        with socket.create_connection(address.split(":")):
            pass
        stops_in_time(command, lambda: os.killpg(command.process.pid, signal.SIGINT))


def test_a_broker_port_in_use_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["broker", "--port", str(port), "--data", str(tmp_path)]) == 2

    said = capsys.readouterr().err
    assert said.startswith(f"Kafka starts ...\nnoise: port {port} is in use: ")
