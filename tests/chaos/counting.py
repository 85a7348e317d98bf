"""The other side of `counting_app`: what it is given, and whether its answers add up."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

APP = Path(__file__).with_name("counting_app.py")
ROOT = APP.parents[2]
TENANTS = 50
PATIENCE = 60.0
SESSION = {"session_timeout": 6.0, "heartbeat_interval": 1.5, "rebalance_timeout": 10.0}


class Tally:
    """Folds outputs as a reader of committed records sees them, and notes what is wrong."""

    def __init__(self) -> None:
        self.seen: dict[str, set[int]] = {"raw": set(), "fb": set()}
        self.ticks: Counter[int] = Counter()
        self.places: dict[tuple[str, int], int] = {}
        self.running: dict[tuple[str, str], int] = {}
        self.wrong: list[str] = []
        self._last: dict[tuple[str, int], int] = {}

    def add(self, partition: int, record: Any) -> None:
        answer = json.loads(record.value)
        kind, n = answer["kind"], answer["n"]
        if kind == "tick":
            name = f"tick-{answer['p']}"
            self.ticks[answer["p"]] += 1
        else:
            name = answer["t"]
            self._in_order_and_once(kind, partition, answer["i"])
            self._headers_kept(answer["i"], record)
        before = self.running.get((name, kind), 0)
        if n != before + 1:
            self.wrong.append(f"{name} {kind}: count {n} after {before} at {record.offset}")
        self.running[name, kind] = n

    def _headers_kept(self, i: int, record: Any) -> None:
        if dict(record.headers).get("i") != str(i).encode():
            self.wrong.append(f"{i}: headers {record.headers}")

    def _in_order_and_once(self, kind: str, partition: int, i: int) -> None:
        if i in self.seen[kind]:
            self.wrong.append(f"{kind} {i} twice")
        if i <= self._last.get((kind, partition), -1):
            self.wrong.append(f"{kind} {i} out of order")
        self._last[kind, partition] = i
        self.seen[kind].add(i)
        self.places[kind, i] = partition

    @property
    def count(self) -> int:
        return sum(map(len, self.seen.values()))

    def state(self) -> dict[str, dict[str, int]]:
        """The state that these outputs imply."""
        rows: dict[str, dict[str, int]] = {}
        for (name, kind), n in self.running.items():
            rows.setdefault(name, {})[kind] = n
        return rows


class Counting:
    """One group of counting workers on fresh topics, and a reader of what they commit."""

    def __init__(
        self,
        bootstrap: str,
        name: str,
        logs: Path,
        *,
        partitions: int = 4,
        uneven: dict[str, int] | None = None,
        max_message_bytes: int = 1_000_000,
    ) -> None:
        self.bootstrap = bootstrap
        self.uneven = uneven or {}
        self.max_message_bytes = max_message_bytes
        self.group = f"count-{name}"
        self.partitions = partitions
        self.topics = {kind: f"{name}-{kind}" for kind in ("raw", "fb", "out")}
        self.inputs = {"raw": 0, "fb": 0}
        self.tally = Tally()
        self.workers: list[subprocess.Popen[bytes]] = []
        self._logs = logs
        self._reader: Any = None
        self._feeder: asyncio.Task[None] | None = None
        self._fed = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.create_topics()
        self._reader = self._consumer()
        await self._reader.start()
        self._reader.assign(self._tps("out"))
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()
        await self.stop_feeding()
        await self._reader.stop()

    async def create_topics(self) -> None:
        config = {"max.message.bytes": str(self.max_message_bytes)}
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        await admin.create_topics(
            [
                NewTopic(topic, self.uneven.get(kind, self.partitions), 1, topic_configs=config)
                for kind, topic in self.topics.items()
            ]
        )
        await admin.close()

    async def commit_beyond_the_end(self, kind: str) -> None:
        """Leave the group where it stands after a topic was lost and its offsets were not."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, group_id=self.group, enable_auto_commit=False
        )
        await consumer.start()
        try:
            consumer.assign(self._tps(kind))
            await consumer.commit(dict.fromkeys(self._tps(kind), 1_000))
        finally:
            await consumer.stop()

    def _consumer(self, **kw: Any) -> Any:
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            **kw,
        )

    def _tps(self, kind: str) -> list[Any]:
        topic = self.topics.get(kind, kind)
        return [TopicPartition(topic, p) for p in range(self.partitions)]

    async def send(self, raw: int, fb: int) -> None:
        """Append so many records to the inputs."""
        async with self._producer() as producer:
            await self._send(producer, raw, fb)

    def feed(self, raw: int, fb: int) -> None:
        """Append about so many records to the inputs each second, until told to stop."""
        self._feeder = asyncio.create_task(self._feed(raw // 20, fb // 20))

    async def stop_feeding(self) -> None:
        feeder, self._feeder = self._feeder, None
        if feeder:
            self._fed.set()
            await feeder

    async def _feed(self, raw: int, fb: int) -> None:
        self._fed.clear()
        async with self._producer() as producer:
            while not self._fed.is_set():
                await self._send(producer, raw, fb)
                await asyncio.sleep(0.05)

    def _producer(self) -> Any:
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            linger_ms=5,
            max_batch_size=1 << 18,
            max_request_size=self.max_message_bytes,
            enable_idempotence=True,
        )

    async def _send(self, producer: Any, raw: int, fb: int) -> None:
        sent = []
        for kind, more in (("raw", raw), ("fb", fb)):
            first = self.inputs[kind]
            self.inputs[kind] += more
            sent += [await self._send_one(producer, kind, first + i) for i in range(more)]
        await asyncio.gather(*sent)

    async def send_one(self, **body: Any) -> None:
        """Append one raw record with more in its body, or on another partition."""
        i = self.inputs["raw"]
        self.inputs["raw"] += 1
        async with self._producer() as producer:
            await (await self._send_one(producer, "raw", i, **body))

    async def _send_one(self, producer: Any, kind: str, i: int, **more: Any) -> Any:
        partition = more.pop("partition", i % self.partitions)
        tenant = f"t{partition}-{i // self.partitions % TENANTS}"
        body = json.dumps({"tenant": tenant, "i": i, "pad": "x" * 150, **more}).encode()
        return await producer.send(
            self.topics[kind],
            body,
            key=tenant.encode(),
            partition=partition,
            headers=[("i", str(i).encode())],
        )

    def start(self, **plan: Any) -> subprocess.Popen[bytes]:
        """Start one more worker."""
        full = {
            "bootstrap": self.bootstrap,
            "group": self.group,
            "raw": self.topics["raw"],
            "feedback": self.topics["fb"],
            "out": self.topics["out"],
            "partitions": self.partitions,
            **plan,
            "transport": {**SESSION, "tick_interval": 0.3, **plan.get("transport", {})},
        }
        with self.log(len(self.workers)).open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, str(APP), json.dumps(full)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PYTHONPATH": str(ROOT), "PATH": ""},
                cwd=self._logs,
            )
        self.workers.append(worker)
        return worker

    def log(self, number: int) -> Path:
        return self._logs / f"worker-{number}.log"

    def generations(self, number: int) -> list[set[int]]:
        """The partition numbers that a worker had, one set per generation of the group."""
        found = re.findall(r"new \[(.*?)\], kept \[(.*?)\]", self.log(number).read_text())
        return [{int(n) for n in re.findall(r"\d+", " ".join(both))} for both in found]

    def has_opened(self, number: int) -> bool:
        """Whether a worker has got partitions."""
        return any(self.generations(number))

    def owns_all(self, number: int) -> bool:
        """Whether a worker has all partitions now."""
        generations = self.generations(number)
        return bool(generations) and len(generations[-1]) == self.partitions

    async def pump(self) -> None:
        """Take in what has been committed since."""
        for tp, records in (await self._reader.getmany(timeout_ms=100)).items():
            for record in records:
                self.tally.add(tp.partition, record)

    async def until(self, done: Callable[[], Any], patience: float = PATIENCE) -> None:
        """Read on until the condition holds."""
        deadline = time.monotonic() + patience
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"seen {self.tally.count} of {self.inputs}\n{self._last_words()}"
                )
            await self.pump()

    async def until_seen(self, count: int) -> None:
        """Read on until so many inputs have been answered."""
        await self.until(lambda: self.tally.count >= count)

    async def until_exit(self, worker: subprocess.Popen[bytes], patience: float = PATIENCE) -> int:
        """Read on until the worker has ended; its exit status."""
        await self.until(lambda: worker.poll() is not None, patience)
        return worker.wait()

    async def stop(self, worker: subprocess.Popen[bytes]) -> int:
        """Ask the worker to stop; its exit status."""
        worker.send_signal(signal.SIGTERM)
        return await self.until_exit(worker, 10.0)

    async def everything_answered_once(self) -> None:
        """Wait for all answers and offsets, and check that nothing is missing or doubled."""
        await self.stop_feeding()
        total = sum(self.inputs.values())
        await self.until(lambda: self.tally.count >= total or self.tally.wrong)
        await self._until_committed()
        for worker in self.workers:
            if worker.poll() is None:
                await self.stop(worker)
        await self._read_to_end()
        self.nothing_wrong()
        assert {k: len(v) for k, v in self.tally.seen.items()} == self.inputs
        assert await self.changelog() == self.tally.state()

    async def _until_committed(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while await self.committed() != self.inputs:
            assert time.monotonic() < deadline, await self.committed()
            await self.pump()

    async def _read_to_end(self) -> None:
        ends = await self._reader.end_offsets(self._tps("out"))
        while any([await self._reader.position(tp) < ends[tp] for tp in ends]):
            await self.pump()

    def nothing_wrong(self) -> None:
        assert not self.tally.wrong, "\n".join([*self.tally.wrong[:10], self._last_words()])

    async def nothing_below_the_committed_offsets_is_missing(self) -> None:
        """Check that each input that the group counts as done has its answer.

        The markers of a transaction reach the offsets and the outputs one after the other.
        """
        committed = await self._committed_offsets()
        done = {kind: set[int]() for kind in self.inputs}
        for (kind, partition), offset in committed.items():
            done[kind] |= {o * self.partitions + partition for o in range(offset)}
        await self.until(lambda: all(done[kind] <= self.tally.seen[kind] for kind in done), 10.0)
        self.nothing_wrong()

    async def _committed_offsets(self) -> dict[tuple[str, int], int]:
        consumer = self._consumer(group_id=self.group)
        await consumer.start()
        try:
            return {
                (kind, tp.partition): await consumer.committed(tp) or 0
                for kind in self.inputs
                for tp in self._tps(kind)
            }
        finally:
            await consumer.stop()

    async def committed(self) -> dict[str, int]:
        """Inputs that the group has done, by kind."""
        done = dict.fromkeys(self.inputs, 0)
        for (kind, _), offset in (await self._committed_offsets()).items():
            done[kind] += offset
        return done

    async def changelog(self) -> dict[str, dict[str, int]]:
        """The state that the next owner would find."""
        consumer = self._consumer()
        await consumer.start()
        try:
            tps = self._tps(f"{self.group}-state-changelog")
            consumer.assign(tps)
            ends, rows = await consumer.end_offsets(tps), {}
            while any([await consumer.position(tp) < ends[tp] for tp in tps]):
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    rows.update({r.key.decode(): json.loads(r.value) for r in records})
            return rows
        finally:
            await consumer.stop()

    def _last_words(self) -> str:
        return "\n".join(
            f"--- worker {n}, status {worker.poll()}\n" + self.log(n).read_text()[-3000:]
            for n, worker in enumerate(self.workers)
        )
