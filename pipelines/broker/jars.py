"""The jars of the local broker: pinned by hash, fetched once from Maven, checked before a start.

``jgo.toml`` says what is wanted, ``jgo.lock.toml`` which files that means;
``python -m pipelines.broker.jars`` writes the second from the first.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests
from jgo.env import EnvironmentBuilder, EnvironmentSpec, LockFile
from jgo.maven import MavenContext

from pipelines.broker.errors import BrokerError

MIRROR_VARIABLE = "NOISE_MAVEN_MIRROR"
SPEC = Path(__file__).with_name("jgo.toml")
LOCK = Path(__file__).with_name("jgo.lock.toml")
STAMPS = "verified.json"
PARALLEL_DOWNLOADS = 4

_log = logging.getLogger(__name__)


class Jar(NamedTuple):
    """A pinned file of a Maven repository: its coordinates and its SHA-256 in hex."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Return its name in the cache."""
        return f"{self.artifact}-{self.version}.jar"


def cache_folder() -> Path:
    """Return this project's folder in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "alert-noise"


def pinned_jars(lock: Path = LOCK) -> list[Jar]:
    """Return the jars of a lock file, in the order of the class path."""
    locked = LockFile.load(lock).dependencies
    return [Jar(jar.groupId, jar.artifactId, jar.version, jar.sha256 or "") for jar in locked]


def class_path(folder: Path | None = None, lock: Path = LOCK) -> list[Path]:
    """Return the verified jars of the broker, fetching what is missing or broken.

    ``folder`` is where they are kept, by default in the user's cache. The hash of each is computed
    once; after that, its size and time of change stand for it. Raises BrokerError.
    """
    folder = folder or cache_folder() / "kafka"
    jars = pinned_jars(lock)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone_in(folder):
            _complete(folder, jars)
    except OSError as exc:
        raise BrokerError(
            f"the Kafka jars cannot be kept in {folder} ({exc.strerror or exc}): make room and "
            "allow writing there, or set XDG_CACHE_HOME to another folder"
        ) from exc
    return [folder / jar.file_name for jar in jars]


def _complete(folder: Path, jars: Sequence[Jar]) -> None:
    stamps = _read_stamps(folder)
    wanting = [jar for jar in jars if not _is_sound(folder / jar.file_name, jar, stamps)]
    if wanting:
        _fetch(folder, wanting)
    _write_stamps(folder, jars)


def _is_sound(path: Path, jar: Jar, stamps: dict[str, str]) -> bool:
    if not path.is_file():
        return False
    return stamps.get(jar.file_name) == _stamp(path, jar) or _sha256(path) == jar.sha256


def _stamp(path: Path, jar: Jar) -> str:
    stat = path.stat()
    return f"{jar.sha256} {stat.st_size} {stat.st_mtime_ns}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_stamps(folder: Path) -> dict[str, str]:
    try:
        stamps = json.loads((folder / STAMPS).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _write_stamps(folder: Path, jars: Sequence[Jar]) -> None:
    stamps = {jar.file_name: _stamp(folder / jar.file_name, jar) for jar in jars}
    if stamps != _read_stamps(folder):
        (folder / STAMPS).write_text(json.dumps(stamps, indent=1))


def _fetch(folder: Path, jars: Sequence[Jar]) -> None:
    _log.info("fetching %d jars of Apache Kafka, once", len(jars))
    # A file gets its name in the cache only when it is whole and right.
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetching-") as staging:
        context = _maven(Path(staging))
        with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
            fetched = list(pool.map(lambda jar: _download(context, jar), jars))
        for path, jar in zip(fetched, jars, strict=True):
            path.replace(folder / jar.file_name)


def _maven(repository: Path) -> MavenContext:
    mirror = os.environ.get(MIRROR_VARIABLE)
    remote = {"mirror": mirror.rstrip("/")} if mirror else None
    return MavenContext(repo_cache=repository, remote_repos=remote)


def _download(context: MavenContext, jar: Jar) -> Path:
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    try:
        path = component.artifact().resolve()
    except (requests.RequestException, RuntimeError) as exc:
        raise BrokerError(
            f"{jar.file_name} of Apache Kafka cannot be fetched: connect this machine to the "
            f"network once, or set {MIRROR_VARIABLE} to a Maven repository that it can reach"
        ) from exc
    if _sha256(path) != jar.sha256:
        raise BrokerError(
            f"what the Maven repository hands out as {jar.file_name} is not the pinned file: "
            f"start again, and if it stays so, set {MIRROR_VARIABLE} to another repository"
        )
    return path


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_lock() -> None:
    """Resolve the wanted jars and everything they need, and pin the result in the lock file."""
    with tempfile.TemporaryDirectory() as staging:
        context = _maven(Path(staging))
        wanted = EnvironmentBuilder(context).spec_to_dependencies(EnvironmentSpec.load(SPEC))
        named, needed = context.resolver.resolve(wanted)
        LockFile.from_resolved_dependencies([*named, *needed], environment_name="kafka").save(LOCK)


if __name__ == "__main__":
    write_lock()
