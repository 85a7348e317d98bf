"""Recorded alerts sent through Kafka, and what a replay makes of the same records."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from aiokafka import ConsumerRecord

from noise.decision import decode_decision_record, encode_decided
from noise.directory import Directory
from noise.engine import Engine
from noise.recorded import Recorded
from noise.replay import Replay
from noise.settings import Settings
from pipelines.arrival import addressed
from pipelines.files import Recordings
from tests.workers import Installation

ADS = "ait-ads"


def network(name: str) -> Path:
    """The file of one real network; the test fails where the data folder is missing."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("NOISE_DATA", default)) / ADS
    files = sorted(folder.glob(f"{name}_alerts.csv*"))
    assert files, f"no {name}_alerts.csv in {folder}: set NOISE_DATA to the data folder"
    return files[0]


def alerts_of(name: str, count: int | None = None) -> list[Recorded]:
    """The first alerts of a network, in order of time."""
    return list(islice(Recordings([str(network(name))], ADS, Directory()), count))


async def send(installation: Installation, recordings: Iterable[Recorded]) -> None:
    """Send recorded deliveries as any producer would."""
    topic = installation.topics.raw.name
    async with installation.sending() as producer:
        for one in recordings:
            key, headers = addressed(one.source, one.tenant, one.event, one.at)
            await producer.send(topic, one.body, key=key, headers=headers)


def replayed(settings: Settings, raw: Sequence[ConsumerRecord]) -> dict[str, bytes]:
    """What a replay of each tenant's raw records decides, by decision id."""
    by_tenant: dict[str, list[Recorded]] = {}
    for record in raw:
        headers = {name: value.decode() for name, value in record.headers}
        one = Recorded(
            int(headers["received_at"]) / 1000,
            headers["source"],
            headers["tenant"],
            headers["event_key"],
            record.value,
            f"{record.topic}-{record.partition}-{record.offset}",
        )
        by_tenant.setdefault(headers["tenant"], []).append(one)
    decided = {}
    for recordings in by_tenant.values():
        for step in Replay(Engine(settings), Directory()).run(recordings):
            decided.update({one.decision.id: encode_decided(one) for one in step.decided})
    return decided


def streamed(decisions: Iterable[ConsumerRecord]) -> dict[str, bytes]:
    """What consumers of committed records see, by decision id; each id must come once."""
    decided: dict[str, bytes] = {}
    for record in decisions:
        decision_id = decode_decision_record(record.value).decision.id
        assert decision_id not in decided, f"{decision_id} was decided twice"
        decided[decision_id] = record.value
    return decided


def first_decisions(decided: Iterable[bytes]) -> list[str]:
    """The events of all decisions that supersede nothing."""
    records = (decode_decision_record(value) for value in decided)
    return [record.event_key for record in records if record.decision.supersedes is None]
