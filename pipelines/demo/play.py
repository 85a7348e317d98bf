"""One run of the demo: sends what arrives, answers what is shown, and sums up what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from noise.simulator import Technicians
from pipelines import kafka
from pipelines.clock import elapsed
from pipelines.demo.books import Books
from pipelines.demo.desk import Desk
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

# Until Tuesday, 07:00 time flies: nobody wants to wait until there is something to go by.
LIVE_FROM = START + DAY + 7 * 3_600.0
HURRY_SECONDS = 10.0
STEP_SECONDS = 0.1
SHOW_SECONDS = 0.5
PAGE_SECONDS = 1.0
DRAIN_SECONDS = 3.5
# A step must not wait for a broker that is gone: Ctrl-C ends everything within ten seconds.
REQUEST_TIMEOUT_MS = 3_000
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
    async with kafka.producing(broker, request_timeout_ms=REQUEST_TIMEOUT_MS) as producer:
        run = Play(
            installation,
            topics,
            script,
            technicians=technicians,
            speed=speed,
            position=position,
            producer=producer,
            screen=screen,
        )
        await run.catch_up()
        async with (
            kafka.reading(broker, run.observer.names) as consumer,
            _beside(run.observer.follow(consumer)) as following,
            _beside(run.read_pages()),
        ):
            await run.go_on(stop, seconds, following)
            return run.summary()


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Play:
    """The simulated MSP at work."""

    def __init__(
        self,
        installation: LocalInstallation,
        topics: Topics,
        script: Script,
        *,
        technicians: Technicians,
        speed: float,
        position: Position,
        producer: Any,
        screen: Screen,
    ) -> None:
        """Go on from ``position``."""
        self._installation = installation
        self._screen = screen
        self._producer = producer
        self._feedback = topics.feedback.name
        self._went_on = position.newest is not None
        self._time = SimulatedTime(
            position.newest or START, speed, live_from=LIVE_FROM, hurry_seconds=HURRY_SECONDS
        )
        self._feeder = Feeder(script, topics.raw, position, producer)
        self._books = Books(topics.raw.name)
        self._desk = Desk(technicians)
        self._watch = ProblemWatch()
        self._surroundings = Surroundings(script, self._desk)
        self._ratio: float | None = None
        self.observer = Observer(
            topics, position, script, books=self._books, desk=self._desk, watch=self._watch
        )

    async def catch_up(self) -> None:
        """Send what should have been sent by now."""
        await self._feeder.feed(self._time.began_at)

    async def go_on(self, stop: Stop, seconds: float | None, following: asyncio.Task[None]) -> None:
        """Let the days go by, then wait until what was sent is decided."""

        def is_over() -> bool:
            return stop.is_asked or (seconds is not None and self._time.passed() >= seconds)

        def is_done() -> bool:
            return self._is_settled() or stop.is_urgent or elapsed() > patient_until

        while not is_over():
            await self._feeder.feed(self._time.now())
            await self._answer()
            await self._step(following)
        self._time.stop()
        patient_until = elapsed() + DRAIN_SECONDS
        while not is_done():
            await self._step(following)

    async def _step(self, following: asyncio.Task[None]) -> None:
        for sentence in self._installation.tend():
            self._screen.say(sentence)
        if following.done():
            following.result()
        if self.observer.has_caught_up:
            self._screen.show(self.summary())
        await asyncio.sleep(STEP_SECONDS)

    async def _answer(self) -> None:
        if not self.observer.has_caught_up:
            return  # it is not known yet what an earlier start answered
        now = self._time.now()
        self._surroundings.look_around(now)
        for label in self._desk.due(now):
            value, key = msgspec.json.encode(label), label.tenant.encode()
            await self._producer.send(self._feedback, value, key=key)

    def _is_settled(self) -> bool:
        is_measured = self._ratio is not None or not self._books.labels
        return (
            is_measured and self._books.waiting == 0 and self.observer.new_raw == self._feeder.sent
        )

    async def read_pages(self) -> None:
        """Read what the workers measure, again and again."""
        while True:
            urls = self._installation.metrics_urls()
            pages = [await asyncio.to_thread(read_page, url) for url in urls]
            ratio = false_positive_ratio(pages)
            self._ratio = self._ratio if ratio is None else ratio  # a worker may be starting
            await asyncio.sleep(PAGE_SECONDS)

    def summary(self) -> Summary:
        """Return how things stand."""
        now = self._time.now()
        judged_until = min(
            now - JUDGED_AFTER_SECONDS * self._time.speed, self.observer.decided_until
        )
        return Summary(
            began_at=self._time.began_at,
            now=now,
            speed=self._time.speed,
            seconds=self._time.passed(),
            went_on=self._went_on,
            sent=self._feeder.sent,
            first_decision_at=self.observer.first_decision_at,
            books=self._books,
            told=self._watch.judge(self._surroundings.problems, judged_until),
            last_shown=tuple(self.observer.last_shown),
            false_positive_ratio=self._ratio,
        )
