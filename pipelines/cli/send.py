"""``noise send``: recorded payloads to Kafka, as any producer would send them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import click

from noise.recorded import Recorded
from noise.settings import Settings
from pipelines import kafka
from pipelines.arrival import addressed
from pipelines.cli import options
from pipelines.cli.progress import Shows, showing_progress
from pipelines.files import Recordings, read_directory, read_settings, size_of
from pipelines.topics import declare

REFUSED = 1
PAUSE_EVERY = 500


@click.command("send")
@options.files
@options.source
@options.tenant
@click.option("--now", "is_live", is_flag=True, help="Arrival is now, whatever the lines say.")
@options.tenants_file
@options.settings_file
@options.as_json
def command(
    *,
    files: Sequence[str],
    source: str,
    tenant: str | None,
    is_live: bool,
    tenants: str | None,
    settings: str | None,
    as_json: bool,
) -> int:
    """Send the recorded alerts of FILES to Kafka, in order of time, under their own names.

    They are decided as `noise replay` of the same files decides them. A line that has no time, or
    is no delivery, is not sent; the exit status then is 1.
    """
    configured = read_settings(settings)
    broker = kafka.named_broker(configured.kafka)
    directory = read_directory(tenants or configured.tenants_file)
    with showing_progress() as progress:
        recordings = Recordings(
            files, source, directory, tenant=tenant, is_live=is_live, count=progress.advance
        )
        progress.begin("reading", size_of(files), "bytes")
        sent = asyncio.run(_send(broker, configured, recordings, progress, is_live=is_live))
    return _tell(configured, recordings, sent, as_json=as_json)


async def _send(
    broker: str, settings: Settings, recordings: Recordings, progress: Shows, *, is_live: bool
) -> int:
    raw = declare(settings.kafka).raw
    await kafka.require_topics(broker, [raw])
    deliveries = Deliveries()
    async with kafka.producing(broker) as producer:
        number = 0
        async for recorded in _each(recordings, is_live=is_live):
            if number % PAUSE_EVERY == 0:
                _show(progress, number, None if is_live else recordings.rows)
                deliveries.check()
            number += 1
            arrival = None if is_live else recorded.at
            key, headers = addressed(recorded.source, recorded.tenant, recorded.event, arrival)
            deliveries.await_(
                await producer.send(raw.name, recorded.body, key=key, headers=headers)
            )
        await producer.flush()
    deliveries.check()
    return deliveries.confirmed


async def _each(recordings: Recordings, *, is_live: bool) -> AsyncIterator[Recorded]:
    """Yield the deliveries, and let the producer work meanwhile."""
    if is_live:  # the next line may be long in coming
        remaining = iter(recordings)
        while (recorded := await asyncio.to_thread(next, remaining, None)) is not None:
            yield recorded
        return
    for number, recorded in enumerate(recordings):
        if number % PAUSE_EVERY == 0:
            await asyncio.sleep(0)
        yield recorded


def _show(progress: Shows, number: int, total: int | None) -> None:
    if number == 0:
        progress.begin("sending", total, "records")
    else:
        progress.advance(PAUSE_EVERY)


class Deliveries:
    """Counts what Kafka confirmed, and keeps the first failure."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self.confirmed = 0
        self._failure: BaseException | None = None

    def await_(self, delivery: asyncio.Future[Any]) -> None:
        """Have the delivery counted when it is confirmed."""
        delivery.add_done_callback(self._done)

    def _done(self, delivery: asyncio.Future[Any]) -> None:
        if delivery.cancelled():
            return
        failure = delivery.exception()
        if failure is None:
            self.confirmed += 1
        elif self._failure is None:
            self._failure = failure

    def check(self) -> None:
        """Raise the first failure."""
        if self._failure is not None:
            raise kafka.KafkaError(
                f"Kafka did not take a record ({self._failure}); {self.confirmed:,} were sent"
            ) from self._failure


def _tell(settings: Settings, recordings: Recordings, sent: int, *, as_json: bool) -> int:
    for example in recordings.examples:
        click.echo(f"refused: {example}", err=True)
    refused: Counter[str] = recordings.refused
    topic = declare(settings.kafka).raw.name
    if as_json:
        result = {"topic": topic, "sent": sent, "refused": dict(sorted(refused.items()))}
        click.echo(options.pretty(result), nl=False)
    else:
        others = f", {refused.total():,} lines refused" if refused else ""
        click.echo(f"{sent:,} records sent to {topic}{others}")
    return REFUSED if refused else 0
