from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipelines.broker import BrokerError, LocalBroker
from pipelines.broker.ports import free_port
from tests.processes import has_ended

TOPIC = "kept"
PATIENCE_SECONDS = 15
OWNER = """
import sys
from pipelines.broker import run_broker
run_broker(sys.argv[1])
"""


async def create_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    finally:
        await admin.close()


async def produce(bootstrap: str, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(TOPIC, value, partition=0)


async def consume(bootstrap: str) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        partition = TopicPartition(TOPIC, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value for _ in range(end)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    with LocalBroker(tmp_path / "broker") as broker:
        yield broker


def test_a_cluster_id_that_looks_like_an_option_starts_as_any_other(tmp_path: Path) -> None:
    identity = {"cluster_id": "-25vaXNlLWNsdXN0ZXItMQ", "port": free_port()}
    identity["controller_port"] = free_port({identity["port"]})
    (tmp_path / "identity.json").write_text(json.dumps(identity))

    with LocalBroker(tmp_path) as broker:
        assert broker.bootstrap == f"127.0.0.1:{identity['port']}"


async def test_records_and_address_survive_a_kill_and_a_stop_without_a_network(
    broker: LocalBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOISE_MAVEN_MIRROR", f"http://127.0.0.1:{free_port()}")
    address = broker.bootstrap
    await create_topic(address)
    await produce(address, b"first", b"second")

    broker.kill()
    assert broker.pid is None
    broker.start()
    await produce(broker.bootstrap, b"third")

    broker.stop()
    broker.start()
    assert broker.bootstrap == address
    assert await consume(address) == [b"first", b"second", b"third"]


async def test_two_brokers_run_side_by_side(broker: LocalBroker, tmp_path: Path) -> None:
    with LocalBroker(tmp_path / "other") as other:
        await create_topic(other.bootstrap)
        await produce(other.bootstrap, b"other")
        await create_topic(broker.bootstrap)
        assert await consume(broker.bootstrap) == []


def test_a_folder_serves_one_broker_at_a_time(broker: LocalBroker, tmp_path: Path) -> None:
    with pytest.raises(
        BrokerError,
        match=rf"runs on {tmp_path}/broker \(process {broker.pid}\): stop it, or name another",
    ):
        LocalBroker(tmp_path / "broker").start()


def test_starting_a_running_broker_changes_nothing(broker: LocalBroker) -> None:
    pid = broker.pid
    broker.start()
    assert broker.pid == pid


def test_a_named_port_that_is_in_use_is_said_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} is in use: stop what listens there"):
            LocalBroker(tmp_path, port).start()


def test_a_data_folder_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BrokerError, match=r"cannot use .*: mend that or name another one"):
        LocalBroker(tmp_path / "file").start()


def test_what_kafka_refuses_is_told_with_the_place_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match=r"broker\.log says why"):
        LocalBroker(tmp_path, heap_mb=1).start()


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        yield owner
        owner.kill()


def announced_broker(owner: subprocess.Popen[str], folder: Path) -> int:
    assert owner.stdout is not None
    assert owner.stdout.readline().startswith("127.0.0.1:")
    return int((folder / "broker.lock").read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_it_stops_cleanly_when_asked(
    number: int, owner: subprocess.Popen[str], tmp_path: Path
) -> None:
    pid = announced_broker(owner, tmp_path)

    owner.send_signal(number)

    assert owner.wait(PATIENCE_SECONDS) == 0
    assert has_ended(pid)


def test_it_does_not_outlive_an_owner_that_is_killed(
    owner: subprocess.Popen[str], tmp_path: Path
) -> None:
    pid = announced_broker(owner, tmp_path)

    owner.kill()

    until = time.monotonic() + PATIENCE_SECONDS
    while not has_ended(pid):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_in_the_foreground_a_broker_that_dies_ends_its_owner(
    owner: subprocess.Popen[str], tmp_path: Path
) -> None:
    os.kill(announced_broker(owner, tmp_path), signal.SIGKILL)

    assert owner.wait(PATIENCE_SECONDS) == 1
