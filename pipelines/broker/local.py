"""A real single-node Apache Kafka as a child process that never outlives its owner."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Self

from pipelines.broker.errors import BrokerError
from pipelines.broker.failures import explain
from pipelines.broker.files import DataFolder
from pipelines.broker.jars import class_path
from pipelines.broker.java import find_java
from pipelines.broker.leash import Leash
from pipelines.broker.ports import HOST, is_free
from pipelines.broker.readiness import wait_until_usable
from pipelines.broker.signals import AskedToStop, stopping, uninterrupted
from pipelines.clock import elapsed

START_SECONDS = 120.0
STOP_SECONDS = 10.0
# A broker whose owner died a moment ago is still closing its files.
LOCK_SECONDS = 2.0
POLL_SECONDS = 0.05
STARTED = "Kafka Server started"


class LocalBroker:
    """One broker on 127.0.0.1; its data lies in a folder and survives restarts and crashes.

    ``port`` is chosen once and kept if none is named; ``heap_mb`` bounds Java's heap. As a context
    manager it starts and stops.
    """

    def __init__(self, data_dir: Path | str, port: int | None = None, heap_mb: int = 256) -> None:
        self._folder = DataFolder(Path(data_dir))
        self._wanted_port = port
        self._heap_mb = heap_mb
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: Leash | None = None

    @property
    def bootstrap(self) -> str:
        """Return the address for clients, ``host:port``; known once it was started."""
        if self._port is None:
            raise BrokerError("the broker has no port yet: start it first")
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """Return the id of the broker's process; None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def log_path(self) -> Path:
        """Return the file with the log of the last start."""
        return self._folder.log

    def start(self) -> None:
        """Start and wait until clients can produce, consume and commit.

        Raises BrokerError, whose text is one sentence that says what to do.
        """
        if self.pid is not None:
            return
        java, jars = find_java(), class_path()
        try:
            self._launch([str(java), *_flags(self._heap_mb), "-cp", _joined(jars)])
            self._wait()
        except OSError as exc:
            self.kill()
            raise BrokerError(_plain(exc, self._folder.path)) from exc
        except BaseException:
            self.kill()
            raise

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End it in order; after so many seconds by force."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._reap()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
        self._reap()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _launch(self, java: Sequence[str]) -> None:
        with self._lock() as lock:
            if self._wanted_port and not is_free(self._wanted_port):
                raise BrokerError(
                    f"port {self._wanted_port} is in use: stop what listens there, "
                    "or name another port"
                )
            identity = self._folder.settle(self._wanted_port)
            self._port = identity.port
            self._folder.keep_last_log()
            if not self._folder.is_formatted():
                self._run([*java, *_format(self._folder, identity.cluster_id)], lock).wait()
                self._reap()
            self._run([*java, "kafka.Kafka", str(self._folder.properties)], lock)

    def _lock(self) -> IO[str]:
        until = elapsed() + LOCK_SECONDS
        while (lock := self._folder.lock()) is None:
            if elapsed() > until:
                raise BrokerError(
                    f"a broker already runs on {self._folder.path} (process "
                    f"{self._folder.holder()}): stop it, or name another folder"
                )
            time.sleep(POLL_SECONDS)
        return lock

    def _run(self, command: Sequence[str], lock: IO[str]) -> subprocess.Popen[bytes]:
        with self._folder.log.open("ab") as log, uninterrupted():
            # A session of its own: Ctrl-C in a terminal must reach the owner first.
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder.path,
                start_new_session=True,
                pass_fds=[lock.fileno()],  # the lock lives as long as the broker does
            )
            self._leash = Leash(self._process.pid, in_order=True)
        self._folder.name_holder(self._process.pid)
        return self._process

    def _wait(self) -> None:
        until = elapsed() + START_SECONDS
        while STARTED not in self._read_log():
            if self.pid is None:
                raise BrokerError(explain(self._read_log(), self._folder.path))
            if elapsed() > until:
                raise BrokerError(self._too_slow())
            time.sleep(POLL_SECONDS)
        if not wait_until_usable(self.bootstrap, max(1.0, until - elapsed())):
            raise BrokerError(self._too_slow())

    def _too_slow(self) -> str:
        return (
            f"the broker was not ready within {START_SECONDS:.0f} s: "
            f"look into {self._folder.log}, or start again when the machine is less busy"
        )

    def _read_log(self) -> str:
        return self._folder.log.read_text(errors="replace")

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
        if self._leash is not None:
            self._leash.let_go()
        self._process = self._leash = None


def run_broker(
    data_dir: Path | str, port: int | None = None, announce: Callable[[str], None] | None = None
) -> None:
    """Run a broker in the foreground until SIGINT or SIGTERM, also when they come while it starts.

    ``announce`` is handed its address, which is printed by default. Only from the main thread.
    Raises BrokerError, also when the broker ends by itself.
    """
    broker = LocalBroker(data_dir, port)
    try:
        with stopping(), broker:
            (announce or _print_address)(broker.bootstrap)
            while broker.pid is not None:
                time.sleep(POLL_SECONDS * 10)
            raise BrokerError(explain(broker.log_path.read_text(), Path(data_dir)))
    except AskedToStop:
        return


def _print_address(bootstrap: str) -> None:
    sys.stdout.write(f"{bootstrap}\n")
    sys.stdout.flush()


def _flags(heap_mb: int) -> list[str]:
    return [
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    ]


def _format(folder: DataFolder, cluster_id: str) -> list[str]:
    properties = str(folder.properties)
    named = f"--cluster-id={cluster_id}"  # in one word, because an id may begin with a hyphen
    return ["kafka.tools.StorageTool", "format", named, "-c", properties]


def _joined(jars: Sequence[Path]) -> str:
    return ":".join(map(str, jars))


def _plain(exc: OSError, folder: Path) -> str:
    if exc.errno == errno.ENOSPC:
        return explain("No space left on device", folder)
    return f"the broker cannot use {folder} ({exc.strerror or exc}): mend that or name another one"
