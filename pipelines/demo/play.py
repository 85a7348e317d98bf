"""One run of the demo: sends what arrives, answers what is shown, and sums up what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from noise.simulator import Technicians
from pipelines import kafka
from pipelines.clock import elapsed
from pipelines.demo.books import Books
from pipelines.demo.desk import Desk
from pipelines.demo.earned import Earned
from pipelines.demo.feeder import Feeder
from pipelines.demo.observer import Observer
from pipelines.demo.pages import false_positive_ratio, read_page
from pipelines.demo.position import Position, read_position
from pipelines.demo.screen import Screen
from pipelines.demo.script import DAY, START, Script
from pipelines.demo.simulated_time import SimulatedTime
from pipelines.demo.stop import Stop
from pipelines.demo.summary import Summary
from pipelines.demo.surroundings import Surroundings
from pipelines.demo.told import ProblemWatch
from pipelines.local import LocalInstallation
from pipelines.topics import Topics

# A week flies by until the second Monday, 07:00: by then there is something to go by, and some
# clients have earned that noise is hidden.
LIVE_FROM = START + 7 * DAY + 7 * 3_600.0
HURRY_SECONDS = 30.0
STEP_SECONDS = 0.1
PAGE_SECONDS = 1.0
DRAIN_SECONDS = 20.0
HASTY_DRAIN_SECONDS = 3.5  # after Ctrl-C, which is to end everything within ten seconds
GRACE_SECONDS = 1.0
# By then a decision is read, while workers run: deadlines lag behind, see EventClock.
JUDGED_AFTER_SECONDS = 6.0


async def play(
    installation: LocalInstallation,
    topics: Topics,
    script: Script,
    technicians: Technicians,
    *,
    speed: float,
    seconds: float | None,
    stop: Stop,
    screen: Screen,
) -> Summary:
    """Play until ``stop`` is asked for or ``seconds`` are over, and see that all is decided.

    ``speed`` is how many simulated seconds pass in one of ours. Asked twice, it does not wait for
    the rest. Raises KafkaError, and BrokerError when a broker of our own ends.
    """
    broker = installation.bootstrap
    position = await read_position(broker, topics.raw, script.tenants)
    run = Play(topics, script, technicians, speed, position=position)

    def is_over() -> bool:
        return stop.is_asked or (seconds is not None and run.passed() >= seconds)

    working = asyncio.create_task(run.work(installation, screen, stop, is_over))
    try:
        await _attend(working, installation, screen, stop, is_over)
    finally:
        await _end(working)
    return run.summary()


async def _attend(
    working: asyncio.Task[None],
    installation: LocalInstallation,
    screen: Screen,
    stop: Stop,
    is_over: Callable[[], bool],
) -> None:
    """Look after the processes while the work goes on, and do not wait for ever for its end."""
    over_at: float | None = None
    while not working.done():
        for sentence in installation.tend():
            screen.say(sentence)
        if is_over():
            over_at = over_at or elapsed()
            if elapsed() - over_at > patience(stop) + GRACE_SECONDS:
                return
        await asyncio.wait([working], timeout=STEP_SECONDS)
    working.result()


async def _end(working: asyncio.Task[None]) -> None:
    # More than once: without a broker, what was sent waits for ever, and so does the producer's
    # own end.
    while not working.done():
        working.cancel()
        await asyncio.wait([working], timeout=GRACE_SECONDS / 2)
    if not working.cancelled():
        working.exception()


def patience(stop: Stop) -> float:
    """Return how many seconds there are for what is under way."""
    if stop.is_urgent:
        return 0.0
    return HASTY_DRAIN_SECONDS if stop.is_asked else DRAIN_SECONDS


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _step(following: asyncio.Task[None]) -> None:
    if following.done():
        following.result()
    await asyncio.sleep(STEP_SECONDS)


class Play:
    """The simulated MSP at work."""

    def __init__(
        self,
        topics: Topics,
        script: Script,
        technicians: Technicians,
        speed: float,
        *,
        position: Position,
    ) -> None:
        """Go on from ``position``."""
        self._feedback = topics.feedback.name
        self._went_on = position.newest is not None
        self._time = SimulatedTime(
            position.newest or START, speed, live_from=LIVE_FROM, hurry_seconds=HURRY_SECONDS
        )
        self._feeder = Feeder(script, topics.raw, position)
        self._books = Books(topics.raw.name)
        self._earned = Earned()
        self._desk = Desk(technicians)
        self._watch = ProblemWatch()
        self._surroundings = Surroundings(script, self._desk)
        self._ratio: float | None = None
        self._observer = Observer(
            topics,
            position,
            script,
            books=self._books,
            earned=self._earned,
            desk=self._desk,
            watch=self._watch,
        )

    def passed(self) -> float:
        """Return how many of our seconds it has run."""
        return self._time.passed()

    async def work(
        self,
        installation: LocalInstallation,
        screen: Screen,
        stop: Stop,
        is_over: Callable[[], bool],
    ) -> None:
        """Send and answer until it is over, then wait until what was sent is decided."""
        broker = installation.bootstrap
        async with kafka.producing(broker) as producer:
            # The truth about what was sent before must be known before it is read.
            await self._feeder.feed(self._time.began_at, producer)
            async with (
                kafka.reading(broker, self._observer.names) as consumer,
                _beside(self._observer.follow(consumer)) as following,
                _beside(self._read_pages(installation)),
                _beside(self._show(screen)),
            ):
                await self._go_on(producer, following, stop, is_over)
                self._time.stop()
                await self._drain(following, stop)
                screen.show(self.summary())

    async def _go_on(
        self,
        producer: Any,
        following: asyncio.Task[None],
        stop: Stop,
        is_over: Callable[[], bool],
    ) -> None:
        # At least once: to learn the truth about what was sent before may take longer than it runs.
        while not stop.is_asked:
            await self._feeder.feed(self._time.now(), producer)
            await self._answer(producer)
            await _step(following)
            if is_over():
                return

    async def _drain(self, following: asyncio.Task[None], stop: Stop) -> None:
        began = elapsed()
        while not self._is_settled() and elapsed() - began < patience(stop):
            await _step(following)

    async def _answer(self, producer: Any) -> None:
        if not self._observer.has_caught_up:
            return  # it is not known yet what an earlier start answered
        now = self._time.now()
        self._surroundings.look_around(now)
        for label in self._desk.due(now):
            value, key = msgspec.json.encode(label), label.tenant.encode()
            await producer.send(self._feedback, value, key=key)

    async def _show(self, screen: Screen) -> None:
        while True:
            if self._observer.has_caught_up:
                screen.show(self.summary())
            await asyncio.sleep(STEP_SECONDS)

    def _is_settled(self) -> bool:
        is_measured = self._ratio is not None or not self._books.labels
        return (
            is_measured and self._books.waiting == 0 and self._observer.new_raw == self._feeder.sent
        )

    async def _read_pages(self, installation: LocalInstallation) -> None:
        while True:
            urls = installation.metrics_urls()
            pages = [await asyncio.to_thread(read_page, url) for url in urls]
            ratio = false_positive_ratio(pages)
            self._ratio = self._ratio if ratio is None else ratio  # a worker may be starting
            await asyncio.sleep(PAGE_SECONDS)

    def summary(self) -> Summary:
        """Return how things stand."""
        now = self._time.now()
        judged_until = min(
            now - JUDGED_AFTER_SECONDS * self._time.speed, self._observer.decided_until
        )
        return Summary(
            began_at=self._time.began_at,
            now=now,
            speed=self._time.speed,
            seconds=self._time.passed(),
            went_on=self._went_on,
            sent=self._feeder.sent,
            first_decision_at=self._observer.first_decision_at,
            books=self._books,
            earned=self._earned,
            told=self._watch.judge(self._surroundings.problems, judged_until),
            last_shown=tuple(self._observer.last_shown),
            false_positive_ratio=self._ratio,
        )
