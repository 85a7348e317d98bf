from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from noise.settings import Kafka
from pipelines import kafka, topics
from pipelines.broker.jars import class_path
from pipelines.broker.java import find_java
from pipelines.broker.ports import free_port
from pipelines.broker.readiness import wait_until_usable
from tests.programs import ROOT, run

CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"
START_SECONDS = 60.0


def settings_of(folder: Path) -> tuple[Path, list[str]]:
    """Write the settings that the image makes of its environment, moved to this machine.

    Returns the file and the addresses that clients would use.
    """
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    environment = compose["services"]["kafka"]["environment"]
    ports: dict[str, str] = {}
    for listener in environment["KAFKA_LISTENERS"].split(","):
        ports[listener.rpartition(":")[2]] = str(free_port([int(p) for p in ports.values()]))
    lines = []
    for name, value in environment.items():
        text = str(value).replace("kafka:", "127.0.0.1:").replace("://:", "://127.0.0.1:")
        for port, other in ports.items():
            text = text.replace(f":{port}", f":{other}")
        text = text.replace("/var/lib/kafka/data", str(folder / "data"))
        lines.append(f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={text}\n")
    file = folder / "server.properties"
    file.write_text("".join(lines))
    told = environment["KAFKA_ADVERTISED_LISTENERS"].split(",")
    return file, [f"127.0.0.1:{ports[address.rpartition(':')[2]]}" for address in told]


@contextmanager
def broker(settings: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    java = [str(find_java()), "-Xmx256m", "-cp", ":".join(map(str, class_path()))]
    run([*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", settings])
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*java, "kafka.Kafka", str(settings)], stdout=stream, stderr=stream
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_kafka_starts_with_the_settings_of_the_compose_file(tmp_path: Path):
    settings, addresses = settings_of(tmp_path)
    log = tmp_path / "broker.log"

    with broker(settings, log) as process:
        for address in addresses:
            assert wait_until_usable(address, START_SECONDS), log.read_text()
        wanted = topics.declare(Kafka()).all()
        await kafka.create_topics(addresses[0], wanted)
        assert await kafka.check_topics(addresses[-1], wanted) == []
        assert process.poll() is None
