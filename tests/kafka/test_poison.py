from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from pipelines.topics import partition_for
from tests import poison
from tests.factories import alert
from tests.workers import Installation

TENANT = "bakery"
KINDS = 1_000
LARGE = 10 * 1024 * 1024


async def test_a_thousand_kinds_of_bad_input_stop_nothing_and_lose_nothing(
    bootstrap: str, tmp_path: Path
):
    installation = Installation(bootstrap, tmp_path, {})
    await installation.create_topics()
    kinds = list(poison.kinds(KINDS, TENANT))
    assert len({(one.value, *sorted(one.headers.items())) for one in kinds}) == KINDS
    bad = [*kinds, poison.Poison("10 MB", b"x" * LARGE, {})]

    with installation.worker() as worker:
        sent = await send_mixed(installation, bad)
        await installation.wait_until_done(worker)
        assert worker.stop() == 0

    dead = await installation.read(installation.topics.dead_letters)
    places = Counter((r.partition, int(dict(r.headers)["offset"])) for r in dead)
    assert places == Counter(sent.keys())
    for record in dead:
        headers = dict(record.headers)
        place = (record.partition, int(headers["offset"]))
        assert record.value == sent[place].value, sent[place].what
        assert headers["reason"], sent[place].what
    decided = await installation.decisions()
    events = Counter(dict(record.headers)["event"].decode() for record in decided)
    assert events == Counter(f"good-{number}" for number in range(len(bad)))


async def send_mixed(
    installation: Installation, bad: list[poison.Poison]
) -> dict[tuple[int, int], poison.Poison]:
    """Send a good alert before each bad record; return where the bad ones are."""
    topic, key = installation.topics.raw.name, TENANT.encode()
    partition = partition_for(TENANT, installation.settings.kafka.partitions)
    waiting: list[tuple[Any, poison.Poison]] = []
    async with installation.sending() as producer:
        for number, one in enumerate(bad):
            good = alert(TENANT, check=f"check-{number}", event_key=f"good-{number}")
            await producer.send(topic, msgspec.json.encode(good), key=key, partition=partition)
            headers = list(one.headers.items())
            delivery = await producer.send(
                topic, one.value, key=key, partition=partition, headers=headers
            )
            waiting.append((delivery, one))
    places = [(await delivery, one) for delivery, one in waiting]
    return {(place.partition, place.offset): one for place, one in places}
