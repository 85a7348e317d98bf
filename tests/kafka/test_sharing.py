"""Clients that share teach each other through Kafka: lessons, one trainer, models for all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import yaml

from noise.alert import utc
from noise.decision import DecisionRecord, Reason, decode_decision_record
from noise.label import Label, Verdict
from noise.learning.shared import SharedModel, decode_lesson, decode_model
from pipelines.topics import partition_for
from tests.factories import alert
from tests.workers import Installation, WorkerProcess, until

NOON = 1_780_012_800.0
HOUR = 3600.0
PARTITIONS = 4


def clients_on_all_partitions() -> list[str]:
    """Four clients, one on each partition."""
    names = [f"client-{number}" for number in range(100)]
    return [next(n for n in names if partition_for(n, PARTITIONS) == p) for p in range(PARTITIONS)]


*SHARING, NEWCOMER = clients_on_all_partitions()


@pytest.fixture
async def installation(bootstrap: str, tmp_path: Path) -> Installation:
    installation = Installation(bootstrap, tmp_path, {"sharing": {"tenants": SHARING}})
    await installation.create_topics()
    return installation


class Sent(NamedTuple):
    """An alert of a client in an hour after noon."""

    tenant: str
    hour: float
    event: str


async def decided(
    installation: Installation, worker: WorkerProcess, sent: Sequence[Sent]
) -> list[DecisionRecord]:
    """Send alerts and return what was decided on each first."""
    async with installation.sending() as producer:
        for tenant, hour, event in sent:
            one = alert(tenant, check="fan", device=f"secret-{event}", event_key=event)
            arrival = str(round((NOON + hour * HOUR) * 1000)).encode()
            await producer.send(
                installation.topics.raw.name,
                msgspec.json.encode(one),
                key=tenant.encode(),
                headers=[("received_at", arrival)],
            )
    await installation.wait_until_done(worker)
    made = [decode_decision_record(r.value) for r in await installation.decisions()]
    first = {one.event_key: one for one in made if one.decision.supersedes is None}
    return [first[one.event] for one in sent]


async def teach(
    installation: Installation, worker: WorkerProcess, tenants: Sequence[str], hours: Sequence[int]
) -> None:
    """Have the clients answer one alert in each of these hours."""
    sent = [Sent(tenant, hour, f"{tenant}-{hour}") for tenant in tenants for hour in hours]
    made = await decided(installation, worker, sent)
    async with installation.sending() as producer:
        for one in made:
            label = Label(
                label_id=one.event_key,
                tenant=one.tenant,
                verdict=Verdict.NOISE,
                technician="tess",
                labelled_at=utc(NOON),
                decision_id=one.decision.id,
            )
            topic = installation.topics.feedback.name
            await producer.send(topic, msgspec.json.encode(label), key=one.tenant.encode())
    await installation.wait_until_done(worker)


async def models(installation: Installation) -> dict[bytes, SharedModel | None]:
    """What lies on the models topic last, by slot."""
    records = await installation.read(installation.topics.models)
    return {r.key: None if r.value is None else decode_model(r.value) for r in records}


async def taught(installation: Installation, worker: WorkerProcess) -> SharedModel:
    """Have three clients answer until there is a model that all of them made."""
    await teach(installation, worker, SHARING, range(4))
    await teach(installation, worker, SHARING[:1], [5])

    async def is_made() -> bool:
        worker.check()
        return any(one is not None and one.said for one in (await models(installation)).values())

    await until(is_made)
    made = [one for one in (await models(installation)).values() if one is not None]
    return max(made, key=lambda one: one.counts_from)


async def heard(installation: Installation, worker: WorkerProcess, model: SharedModel) -> None:
    """Wait until decisions of all partitions name the model."""
    tries = count()

    async def is_named() -> bool:
        number = next(tries)
        sent = [Sent(tenant, 6, f"{tenant}-try-{number}") for tenant in (*SHARING, NEWCOMER)]
        return all(named(one, model) for one in await decided(installation, worker, sent))

    await until(is_named)


def named(one: DecisionRecord, model: SharedModel) -> bool:
    return one.decision.model is not None and one.decision.model.version.endswith(model.version)


async def test_answers_of_some_clients_spare_another_one_and_no_name_leaves_them(
    installation: Installation,
):
    with installation.worker() as worker:
        model = await taught(installation, worker)
        await heard(installation, worker, model)
        (again,) = await decided(installation, worker, [Sent(NEWCOMER, 8, "again")])
        assert worker.stop() == 0

    assert model.counts_from <= NOON + 6 * HOUR
    assert model.said["=fan"].clients == len(SHARING)
    assert again.decision.reason is Reason.LEARNED_NOISE
    lessons = await installation.read(installation.topics.lessons)
    assert {record.partition for record in lessons} == {0}
    assert {decode_lesson(record.value).tenant for record in lessons} == set(SHARING)
    assert not any(b"secret" in record.value for record in lessons)


async def test_after_a_restart_and_on_a_second_worker_the_same_model_counts(
    installation: Installation,
):
    with installation.worker() as worker:
        model = await taught(installation, worker)
        await heard(installation, worker, model)
        worker.process.kill()

    with ExitStack() as both:
        workers = [both.enter_context(installation.worker()) for _ in range(2)]
        sent = [Sent(tenant, 8, f"later-{tenant}") for tenant in (*SHARING, NEWCOMER)]
        later = await decided(installation, workers[0], sent)
        assert all(named(one, model) for one in later)
        for worker in workers:
            assert worker.stop() == 0


async def test_a_client_that_is_taken_off_the_list_is_forgotten_with_what_it_had_a_part_in(
    installation: Installation,
):
    with installation.worker() as worker:
        await taught(installation, worker)
        assert worker.stop() == 0

    tree = installation.tree | {"sharing": {"tenants": SHARING[:-1]}}
    installation.settings_file.write_text(yaml.safe_dump(tree), encoding="utf-8")
    with installation.worker() as worker:

        async def is_forgotten() -> bool:
            worker.check()
            left = [one for one in (await models(installation)).values() if one is not None]
            return bool(left) and not any(one.said for one in left)

        await until(is_forgotten)
        assert worker.stop() == 0

    state = {r.key: r.value for r in await installation.read(installation.topics.changelog)}
    kept = [key for key, value in state.items() if value is not None and key.startswith(b"\0")]
    assert not any(SHARING[-1].encode() in key for key in kept)
    assert any(SHARING[0].encode() in key for key in kept)
