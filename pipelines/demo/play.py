"""Plays the provider: sends what arrives, answers what is shown, and reads what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Any
from urllib.request import urlopen

import msgspec
from aiokafka import TopicPartition

from noise.decision import Action, DecisionRecord, decode_decision_record
from noise.label import Label
from noise.simulator import Msp, Sent, Technicians
from pipelines import kafka
from pipelines.agents.arrival import RECEIVED_AT, addressed
from pipelines.clock import elapsed
from pipelines.demo.screen import Show
from pipelines.demo.summary import Summary
from pipelines.topics import Topics

START = 1_780_272_000.0  # a Monday, midnight UTC
FIRST_HOUR = 6 * 3600.0  # nobody wants to wait for the first morning
DAY = 86_400.0
DAYS = 3650.0
DAYS_AHEAD = 5.0
STEP_SECONDS = 0.1
SHOW_SECONDS = 0.5
DRAIN_SECONDS = 20.0
JUDGED = "noise_judged_alerts{"


class Play:
    """One run of the demo against a broker with a worker."""

    def __init__(
        self, broker: str, topics: Topics, msp: Msp, technicians: Technicians, speed: float
    ) -> None:
        """Take where to play, who plays, and how many simulated seconds pass in one."""
        self._broker = broker
        self._topics = topics
        self._msp = msp
        self._technicians = technicians
        self._speed = speed
        self._coming: list[tuple[float, int, Label]] = []
        self._numbers = count()
        self._known_until = 0.0

    async def run(
        self, stop: asyncio.Event, show: Show, metrics: list[str], seconds: float | None
    ) -> Summary:
        """Play until ``stop`` is set or ``seconds`` are over, then wait for what is on its way."""
        reached = await _reached(self._broker, self._topics)
        began = max(reached or 0.0, START + FIRST_HOUR)
        summary = Summary(began, went_on=reached is not None)
        summary.metrics = metrics
        names = [
            self._topics.enriched.name, self._topics.suppressed.name, self._topics.dead_letters.name
        ]  # fmt: skip
        async with (
            kafka.producing(self._broker) as producer,
            kafka.reading(self._broker, names, from_end=True) as consumer,
        ):
            reader = asyncio.create_task(self._read(consumer, summary))
            viewer = asyncio.create_task(_view(summary, show))
            try:
                await self._send_all(producer, summary, stop, seconds, reader)
                await _drain(summary, reader)
            finally:
                for task in (reader, viewer):
                    task.cancel()
                await asyncio.gather(reader, viewer, return_exceptions=True)
        summary.false_positive_ratio = await asyncio.to_thread(false_positive_ratio, metrics)
        return summary

    # -- sending

    async def _send_all(
        self,
        producer: Any,
        summary: Summary,
        stop: asyncio.Event,
        seconds: float | None,
        reader: asyncio.Task[None],
    ) -> None:
        deliveries, began = self._after(summary.began_at), elapsed()
        waiting = next(deliveries)
        self._await_outcomes(summary)
        while not stop.is_set() and (seconds is None or elapsed() - began < seconds):
            if reader.done():
                reader.result()
            summary.now = summary.began_at + (elapsed() - began) * self._speed
            self._look_ahead(summary)
            while waiting.at <= summary.now:
                await self._deliver(producer, waiting, summary)
                waiting = next(deliveries)
            await self._answer(producer, summary)
            await _pause(stop)
        await producer.flush()

    def _after(self, at: float) -> Iterator[Sent]:
        return (sent for sent in self._msp.deliveries(DAYS) if sent.at > at)

    def _look_ahead(self, summary: Summary) -> None:
        if summary.now + DAY > self._known_until:
            self._known_until = summary.now + DAYS_AHEAD * DAY
            summary.know(self._msp.problems((self._known_until - START) / DAY))

    def _await_outcomes(self, summary: Summary) -> None:
        for label in self._msp.outcomes((summary.began_at - START) / DAY + DAYS_AHEAD):
            at = label.labelled_at.timestamp()
            if at > summary.began_at:
                heappush(self._coming, (at, next(self._numbers), label))

    async def _deliver(self, producer: Any, sent: Sent, summary: Summary) -> None:
        key, headers = addressed(sent.source, sent.tenant, sent.event, sent.at)
        summary.send(sent)
        await producer.send(self._topics.raw.name, sent.body, key=key, headers=headers)

    async def _answer(self, producer: Any, summary: Summary) -> None:
        while self._coming and self._coming[0][0] <= summary.now:
            _, _, label = heappop(self._coming)
            if label.outcome is None:
                summary.labels[label.verdict] += 1
            else:
                summary.outcomes += 1
            value, key = msgspec.json.encode(label), label.tenant.encode()
            await producer.send(self._topics.feedback.name, value, key=key)

    # -- reading

    async def _read(self, consumer: Any, summary: Summary) -> None:
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                if partition.topic == self._topics.dead_letters.name:
                    summary.dead_letters += len(records)
                    continue
                for record in records:
                    self._take(decode_decision_record(record.value), summary)

    def _take(self, record: DecisionRecord, summary: Summary) -> None:
        summary.decide(record)
        truth = summary.truth_of(record.event_key)
        if record.decision.action is Action.SUPPRESS or truth is None:
            return
        event, _, position = record.event_key.partition("#")
        shown_at = max(record.decision.decided_at.timestamp(), summary.now)
        answer = self._technicians.answer(
            event, int(position or 0), truth.verdict, record.tenant, shown_at
        )
        if answer is None:
            return
        label = answer.about(record.decision.id, record.tenant, shown_at)
        at = shown_at + answer.delay_seconds
        heappush(self._coming, (at, next(self._numbers), label))


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), STEP_SECONDS)
    except TimeoutError:
        return


async def _view(summary: Summary, show: Show) -> None:
    while True:
        ratio = await asyncio.to_thread(false_positive_ratio, summary.metrics)
        summary.false_positive_ratio = ratio
        show(summary)
        await asyncio.sleep(SHOW_SECONDS)


async def _drain(summary: Summary, reader: asyncio.Task[None]) -> None:
    """Wait until everything that was sent is decided, or for so long that something is wrong."""
    until = elapsed() + DRAIN_SECONDS
    while summary.missing > 0 and not reader.done() and elapsed() < until:
        await asyncio.wait({reader}, timeout=STEP_SECONDS)


async def _reached(broker: str, topics: Topics) -> float | None:
    """Return up to which simulated second an earlier run has sent, None if there was none."""
    arrivals: list[float] = []
    async with kafka.reading(broker, [topics.raw.name]) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        starts = await consumer.beginning_offsets(consumer.assignment())
        filled = [tp for tp in ends if ends[tp] > starts[tp]]
        for tp in filled:
            consumer.seek(tp, ends[tp] - 1)
        for tp in filled:
            arrivals += await _arrivals(consumer, tp)
    return max(arrivals, default=None)


async def _arrivals(consumer: Any, partition: TopicPartition) -> list[float]:
    records = (await consumer.getmany(partition, timeout_ms=5_000)).get(partition, [])
    headers = [dict(record.headers) for record in records]
    return [int(h[RECEIVED_AT]) / 1000 for h in headers if RECEIVED_AT in h]


def false_positive_ratio(pages: list[str]) -> float | None:
    """Return, of what was noise, the share that was shown, over all clients and workers."""
    shown = hidden = 0.0
    for page in pages:
        for line in _lines(page):
            if line.startswith(JUDGED):
                amount = float(line.rpartition(" ")[2])
                shown += amount if 'cell="shown_noise"' in line else 0.0
                hidden += amount if 'cell="hidden_noise"' in line else 0.0
    return shown / (shown + hidden) if shown + hidden else None


def _lines(page: str) -> list[str]:
    try:
        with urlopen(page, timeout=2) as answer:  # noqa: S310 - a page of our own worker
            return str(answer.read().decode()).splitlines()
    except OSError:
        return []  # a worker that is starting again has no page
