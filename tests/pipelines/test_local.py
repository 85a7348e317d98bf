from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from noise.settings import Settings, load_settings
from pipelines.broker import AskedToStop, stopping, uninterrupted
from pipelines.local import Child, ChildError, LocalInstallation
from pipelines.local.children import LONGEST_PAUSE_SECONDS, WELL_SECONDS, stop_all
from tests.processes import has_ended

WAITS = "import signal; print('here', flush=True); signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True);"
    "signal.pause()"
)
DIES = "print('first'); raise SystemExit('noise: name a broker')"
CRASHES = "print('\\n'.join(map(str, range(40)))); raise SystemExit(7)"
PATIENCE_SECONDS = 10.0
OWNER = f"""
import pathlib, signal, sys
from pipelines.local import Child
child = Child("owned", [sys.executable, "-c", {WAITS!r}], pathlib.Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
signal.pause()
"""


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Callable[[str], Child]]:
    started = []

    def start(program: str) -> Child:
        log = tmp_path / f"child-{len(started)}.log"
        started.append(Child("child", [sys.executable, "-c", program], log))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.collect()


def pid_of(child: Child) -> int:
    assert child.pid is not None
    return child.pid


def kill(child: Child) -> None:
    os.kill(pid_of(child), signal.SIGKILL)
    wait_for(lambda: child.pid is None)


def test_a_child_that_dies_is_started_again_after_a_pause(child: Callable[[str], Child]) -> None:
    one = child(WAITS)
    before = pid_of(one)
    assert one.tend(0.0) is None
    kill(one)

    now = time.monotonic()
    told = one.tend(now)
    assert told == f"child was ended by SIGKILL and is started again in 1 s; see {one.log}"
    assert one.tend(now + 0.9) is None
    assert one.pid is None

    told = one.tend(now + 1.0)
    assert told == f"child was started again (process {one.pid})"
    assert one.pid not in (None, before)


def test_the_pauses_grow_up_to_a_limit_and_start_anew_after_a_good_run(
    child: Callable[[str], Child],
) -> None:
    one = child(WAITS)
    now = time.monotonic()
    pauses = []
    for _ in range(7):
        kill(one)
        told = one.tend(now)
        assert told is not None
        pauses.append(told.partition(" in ")[2].partition(" s;")[0])
        now += LONGEST_PAUSE_SECONDS
        one.tend(now)
        now = time.monotonic()
    assert pauses == ["1", "2", "4", "8", "16", "30", "30"]

    kill(one)
    told = one.tend(now + WELL_SECONDS + 1)
    assert told is not None
    assert "in 1 s" in told


def test_what_was_said_is_that_of_the_last_start(child: Callable[[str], Child]) -> None:
    one = child(WAITS)
    wait_for(lambda: one.said == "here\n")
    kill(one)
    one.tend(0.0)
    one.tend(LONGEST_PAUSE_SECONDS)
    wait_for(lambda: one.said == "here\n")
    assert one.log.read_text() == "here\nhere\n"

    one.collect()
    one.start()
    wait_for(lambda: one.log.read_text() == "here\n")
    assert one.log.with_suffix(".log.1").read_text() == "here\nhere\n"


def test_all_are_asked_to_stop_at_once_and_the_stubborn_are_made_to(
    child: Callable[[str], Child],
) -> None:
    stubborn, polite = child(STUBBORN), child(WAITS)
    pids = [pid_of(stubborn), pid_of(polite)]
    wait_for(lambda: stubborn.said and polite.said)

    began = time.monotonic()
    stop_all([stubborn, polite], 0.2)

    assert time.monotonic() - began < 5
    assert all(map(has_ended, pids))
    assert [stubborn.tend(1e9), polite.tend(1e9)] == [None, None]


def test_a_child_that_waits_for_its_next_start_is_stopped_too(
    child: Callable[[str], Child],
) -> None:
    one = child(WAITS)
    kill(one)
    one.tend(0.0)

    stop_all([one], 0.1)

    assert one.tend(1e9) is None
    assert one.pid is None


@pytest.mark.parametrize(
    ("program", "says", "last"),
    [
        (DIES, r"child cannot start: name a broker", range(0)),
        (
            CRASHES,
            r"child ended with status 7 at its start: .*child-0\.log says why",
            range(25, 40),
        ),
    ],
)
def test_a_failed_start_is_told_in_the_childs_own_words(
    program: str, says: str, last: range, child: Callable[[str], Child]
) -> None:
    one = child(program)
    wait_for(lambda: one.pid is None)

    with pytest.raises(ChildError, match=says) as raised:
        raise one.failure()
    assert list(raised.value.last_lines) == [str(number) for number in last]


def test_a_child_does_not_outlive_an_owner_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.kill()

    wait_for(lambda: has_ended(pid))


def test_only_the_first_signal_stops() -> None:
    before, cleaned_up = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGHUP)
            cleaned_up.append(True)

    with pytest.raises(AskedToStop), stopping():
        work()
    assert cleaned_up
    assert signal.getsignal(signal.SIGINT) is before  # a shell's background job ignores it


def test_a_signal_takes_effect_at_the_end_of_what_it_must_not_cut() -> None:
    went_on = []

    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        went_on.append(True)

    with pytest.raises(AskedToStop), stopping(), uninterrupted():
        work()
    assert went_on


def test_the_workers_get_the_settings_as_they_are(tmp_path: Path) -> None:
    settings = load_settings(
        {"mode": "enforce", "tenant_modes": {"acme": "observe"}, "kafka": {"prefix": "mine"}}
    )

    assert load_settings(msgspec.to_builtins(settings)) == settings


def test_an_installation_with_a_named_broker_has_none_of_its_own(tmp_path: Path) -> None:
    settings = load_settings({"kafka": {"bootstrap": "kafka.example:9092"}})

    installation = LocalInstallation(settings, None, tmp_path, workers=3)

    assert installation.bootstrap == "kafka.example:9092"
    assert not installation.owns_broker
    assert [worker.name for worker in installation.workers] == ["worker 1", "worker 2", "worker 3"]
    assert installation.metrics_urls() == []
    installation.stop()


def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Exception, match=r"cannot use .*file .*: mend that or name another one"):
        LocalInstallation(Settings(), None, tmp_path / "file").start()
