"""What a local broker keeps in its data folder: identity, ports, settings, log and the records."""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
from pathlib import Path
from typing import IO

import msgspec

from pipelines.broker.ports import HOST, free_port, is_free

# One dead letter at its largest, and its headers.
MAX_MESSAGE_BYTES = 12 * 1024 * 1024

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
log.dirs={records}
num.partitions=4
default.replication.factor=1
auto.create.topics.enable=false
message.max.bytes={max_message_bytes}
replica.fetch.max.bytes={max_message_bytes}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
log.segment.bytes=67108864
num.network.threads=2
num.io.threads=2
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=250
"""


class Identity(msgspec.Struct, frozen=True):
    """What stays the same from start to start: cluster id and ports."""

    cluster_id: str
    port: int
    controller_port: int


class DataFolder:
    """The files of one broker under one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.properties = self.path / "server.properties"
        self.log = self.path / "broker.log"
        self.records = self.path / "records"
        self._identity = self.path / "identity.json"
        self._lock = self.path / "broker.lock"

    def lock(self) -> IO[str] | None:
        """Return the folder's lock, held as long as any process has it open; None if one has."""
        self.path.mkdir(parents=True, exist_ok=True)
        file = self._lock.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file

    def holder(self) -> str:
        """Return the process id of the broker that runs here, as it wrote it."""
        return self._lock.read_text().strip()

    def name_holder(self, pid: int) -> None:
        """Write down which process runs the broker."""
        self._lock.write_text(f"{pid}\n")

    def settle(self, port: int | None) -> Identity:
        """Write the settings for a start and return its ports: those of before where free."""
        before = self._read_identity()
        port = port or _kept(before.port if before else 0, taken=())
        identity = Identity(
            cluster_id=before.cluster_id if before else _new_cluster_id(),
            port=port,
            controller_port=_kept(before.controller_port if before else 0, taken=(port,)),
        )
        self._write_properties(identity)
        _write_whole(self._identity, msgspec.json.encode(identity))
        return identity

    def is_formatted(self) -> bool:
        """Tell whether the folder of the records has been prepared for Kafka."""
        return (self.records / "meta.properties").exists()

    def keep_last_log(self) -> None:
        """Put the log of the last start aside, so that the next one begins with an empty file."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch()

    def _read_identity(self) -> Identity | None:
        try:
            return msgspec.json.decode(self._identity.read_bytes(), type=Identity)
        except FileNotFoundError:
            return None

    def _write_properties(self, identity: Identity) -> None:
        text = PROPERTIES.format(
            host=HOST,
            port=identity.port,
            controller_port=identity.controller_port,
            records=_escaped(self.records),
            max_message_bytes=MAX_MESSAGE_BYTES,
        )
        _write_whole(self.properties, text.encode())


def _kept(port: int, taken: tuple[int, ...]) -> int:
    return port if port and port not in taken and is_free(port) else free_port(taken)


def _new_cluster_id() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\")


def _write_whole(path: Path, content: bytes) -> None:
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
