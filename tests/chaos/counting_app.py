"""A worker that counts, for tests that kill it: `python counting_app.py '{"bootstrap": ...}'`.

Each input record of a tenant gives one output with the running count of its kind; each tick gives
one with the count of ticks. A lost, doubled or reordered record, and a stale state, show at once.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import mode.loop

mode.loop.use("uvloop")

from aiokafka.conn import AIOKafkaConnection  # noqa: E402
from msgspec import Struct  # noqa: E402

from pipelines.transport import (  # noqa: E402
    Output,
    TransportSettings,
    Worker,
    build_faust_app,
    units_of,
)


class Plan(Struct, frozen=True, kw_only=True):
    """What the worker is to do, and what is to befall it."""

    bootstrap: str
    group: str
    raw: str
    feedback: str
    out: str
    partitions: int
    delay: float = 0.0
    """Seconds of work per fold."""
    die_at: str = ""
    """`before:7`, `after:7` or `answered:7`: kill -9 around the seventh end of a transaction."""
    fold_error_at: int = -1
    """Raise at the record with this number."""
    large_output_at: int = -1
    """Produce more than the topic takes at the record with this number."""
    report: str = ""
    """File that is told the progress of the units."""
    transport: dict[str, float] = {}


class Counting:
    """Counts by tenant and kind."""

    def __init__(self, plan: Plan, number: int) -> None:
        self._plan = plan
        self._number = number
        self._counts: dict[str, dict[str, int]] = {}
        self._dirty: set[str] = set()

    def fold(self, topic: str, records: Sequence[Any]) -> Iterable[Output]:
        if self._plan.delay:
            time.sleep(self._plan.delay)
        kind = "raw" if topic == self._plan.raw else "fb"
        return [self._count(kind, record) for record in records]

    def _count(self, kind: str, record: Any) -> Output:
        body = json.loads(record.value)
        if (home := body.get("home", self._number)) != self._number:
            return Output(record.topic, record.key, record.value, record.headers, partition=home)
        n = self._bump(body["tenant"], kind)
        if body["i"] == self._plan.fold_error_at:
            raise ValueError("a bug in the fold")
        answer = {"kind": kind, "i": body["i"], "t": body["tenant"], "n": n}
        if body["i"] == self._plan.large_output_at:
            answer["pad"] = "x" * 3_000_000
        if body.get("echo"):
            answer["pad"] = body["pad"]
        return Output(self._plan.out, record.key, json.dumps(answer).encode(), record.headers)

    def tick(self) -> Iterable[Output]:
        name = f"tick-{self._number}"
        answer = {"kind": "tick", "p": self._number, "n": self._bump(name, "tick")}
        return [Output(self._plan.out, b"tick", json.dumps(answer).encode())]

    def _bump(self, name: str, kind: str) -> int:
        row = self._counts.setdefault(name, {})
        row[kind] = row.get(kind, 0) + 1
        self._dirty.add(name)
        return row[kind]

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        dirty, self._dirty = self._dirty, set()
        return [(name.encode(), json.dumps(self._counts[name]).encode()) for name in dirty]

    def load(self, key: bytes, value: bytes) -> None:
        self._counts[key.decode()] = json.loads(value)

    def committed(self) -> None:
        pass


def build(plan: Plan) -> Any:
    return build_faust_app(
        plan.group,
        bootstrap=plan.bootstrap,
        inputs=[plan.raw, plan.feedback],
        partitions=plan.partitions,
        open_partition=lambda number: Counting(plan, number),
        settings=TransportSettings(**plan.transport),  # type: ignore[arg-type]
        datadir=tempfile.mkdtemp(),
    )


def die_around_end_of_transaction(where: str, count: int) -> None:
    send, seen = AIOKafkaConnection.send, 0

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def chaotic(self: Any, request: Any, expect_response: bool = True) -> Any:
        nonlocal seen
        seen += type(request).__name__.startswith("EndTxn")
        if seen < count:
            return send(self, request, expect_response)
        if where == "before":
            die()
        answer = asyncio.ensure_future(send(self, request, expect_response))  # written at once
        if where == "after":
            die()
        answer.add_done_callback(die)
        return answer

    AIOKafkaConnection.send = chaotic


def report_progress(app: Any, report: Path) -> None:
    def write() -> None:
        report.write_text(json.dumps([p._asdict() for p in units_of(app).progress()]))

    async def tell() -> None:
        write()

    app.timer(0.2, name="report")(tell)


def main() -> None:
    plan = Plan(**json.loads(sys.argv[1]))
    if plan.die_at:
        where, count = plan.die_at.split(":")
        die_around_end_of_transaction(where, int(count))
    app = build(plan)
    if plan.report:
        report_progress(app, Path(plan.report))
    Worker(app, loglevel="INFO", redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
