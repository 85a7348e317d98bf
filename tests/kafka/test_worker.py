from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from noise.alert import utc
from noise.decision import DecisionRecord, decode_decision_record
from noise.label import Label, Verdict
from pipelines import kafka
from pipelines.cli.main import TROUBLE
from pipelines.topics import partition_for
from tests.factories import alert
from tests.workers import Installation, WorkerProcess, until

NOW = 1_780_000_000.0


async def send_alerts(installation: Installation, count: int, **fields: object) -> None:
    async with installation.sending() as producer:
        for number in range(count):
            one = alert(f"client-{number % 7}", check=f"check-{number % 50}", **fields)
            one = msgspec.structs.replace(one, event_key=f"event-{number}")
            value = msgspec.json.encode(one)
            await producer.send(installation.topics.raw.name, value, key=one.tenant.encode())


async def test_each_alert_gets_one_committed_decision_and_the_worker_stops_on_request(
    bootstrap: str, tmp_path: Path
):
    installation = Installation(bootstrap, tmp_path, {})

    with installation.worker("--create-topics") as worker:
        worker.metrics_url()
        await send_alerts(installation, 2_000)
        await installation.wait_until_done(worker)
        started = time.monotonic()
        assert worker.stop() == 0
        assert time.monotonic() - started < 10

    events = [dict(r.headers)["event"].decode() for r in await installation.decisions()]
    assert sorted(events) == sorted(f"event-{number}" for number in range(2_000))


async def test_a_worker_refuses_to_start_without_its_topics_and_says_what_to_do(
    bootstrap: str, tmp_path: Path
):
    installation = Installation(bootstrap, tmp_path, {})

    with installation.worker() as worker:
        assert worker.process.wait(30) == TROUBLE

    raw = installation.topics.raw.name
    assert f"topic {raw} is missing: create it with `noise check --create`" in worker.log
    assert "Traceback" not in worker.log


async def test_a_worker_without_a_broker_says_so_in_one_sentence(tmp_path: Path):
    installation = Installation("127.0.0.1:9", tmp_path, {})

    with installation.worker() as worker:
        assert worker.process.wait(30) == TROUBLE

    assert "no Kafka broker answers at 127.0.0.1:9" in worker.log
    assert "Traceback" not in worker.log


async def test_a_worker_refuses_topics_that_are_not_as_they_must_be(bootstrap: str, tmp_path: Path):
    installation = Installation(bootstrap, tmp_path, {})
    feedback = msgspec.structs.replace(installation.topics.feedback, partitions=2)
    await kafka.create_topics(bootstrap, [feedback])

    with installation.worker("--create-topics") as worker:
        assert worker.process.wait(30) == TROUBLE

    assert f"topic {feedback.name} has 2 partitions and needs 4" in worker.log
    assert "Traceback" not in worker.log


async def test_a_metrics_port_in_use_is_one_sentence(bootstrap: str, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        installation = Installation(bootstrap, tmp_path, {"metrics": {"port": port}})
        with installation.worker("--create-topics") as worker:
            assert worker.process.wait(30) == TROUBLE

    assert f"/metrics cannot be served on 127.0.0.1:{port}" in worker.log.splitlines()[-1]
    assert "Traceback" not in worker.log


async def test_a_wrong_setting_is_one_sentence(tmp_path: Path):
    installation = Installation("127.0.0.1:9", tmp_path, {})
    installation.settings_file.write_text("mode: earnest")

    with installation.worker() as worker:
        assert worker.process.wait(30) == TROUBLE

    (sentence,) = worker.log.splitlines()
    assert "`$.mode`" in sentence


async def test_the_log_of_a_start_and_a_stop_fits_on_a_screen(bootstrap: str, tmp_path: Path):
    installation = Installation(bootstrap, tmp_path, {})

    with installation.worker("--create-topics") as worker:
        await until(lambda: says(worker, "ready: working on partitions [0, 1, 2, 3]"))
        started = time.monotonic()
        assert worker.stop() == 0
        assert time.monotonic() - started < 5

    lines = worker.log.splitlines()
    assert len(lines) < 20
    assert all(" INFO pipelines." in line for line in lines), worker.log
    assert lines[-2].endswith("SIGTERM: finishing what is begun")
    assert lines[-1].endswith("stopped")


async def says(worker: WorkerProcess, words: str) -> bool:
    worker.check()
    return words in worker.log


async def test_records_without_a_key_reach_their_tenants_partition(bootstrap: str, tmp_path: Path):
    installation = Installation(bootstrap, tmp_path, {})
    await installation.create_topics()

    with installation.worker() as worker:
        for sent in (20, 40):  # what is handed on leaves a marker behind it, at which nothing stops
            async with installation.sending() as producer:
                for number in range(sent - 20, sent):
                    one = alert("stray", check=f"check-{number}", event_key=f"event-{number}")
                    value = msgspec.json.encode(one)
                    await producer.send(installation.topics.raw.name, value, partition=number % 4)
            await until(lambda count=sent: all_decided(installation, count))
        worker.check()

    decided = await installation.decisions()
    assert {record.partition for record in decided} == {partition_for("stray", 4)}
    events = sorted(dict(record.headers)["event"].decode() for record in decided)
    assert events == sorted(f"event-{number}" for number in range(40))
    raw = await installation.read(installation.topics.raw)
    forwarded = [record for record in raw if "forwarded" in dict(record.headers)]
    assert len(forwarded) == 30
    assert {record.partition for record in forwarded} == {partition_for("stray", 4)}


async def all_decided(installation: Installation, count: int) -> bool:
    return len(await installation.decisions()) == count


async def test_an_answer_changes_the_score_of_the_next_alert_of_its_kind(
    bootstrap: str, tmp_path: Path
):
    installation = Installation(bootstrap, tmp_path, {})
    await installation.create_topics()

    with installation.worker() as worker:
        before = await next_score(installation, worker, "first", hour=0)
        await send_answer(installation, before, Verdict.NOISE)
        await installation.wait_until_done(worker)
        after = await next_score(installation, worker, "second", hour=24)
        await until(lambda: shows(worker, 'noise_labels_total{source="human",verdict="noise"} 1.0'))
        await until(lambda: shows(worker, 'noise_label_outcomes_total{outcome="learned"} 1.0'))

    assert before.decision.model is not None
    assert after.decision.model is not None
    assert (before.decision.model.labels_seen, after.decision.model.labels_seen) == (0, 1)
    assert before.decision.noise_probability is not None
    assert after.decision.noise_probability is not None
    assert after.decision.noise_probability > before.decision.noise_probability + 0.05


async def next_score(
    installation: Installation, worker: WorkerProcess, event: str, hour: float
) -> DecisionRecord:
    """Send one more alert of a kind and return what was decided on it."""
    one = alert("acme", severity="critical", event_key=event)
    arrival = str(round((NOW + hour * 3600) * 1000)).encode()
    async with installation.sending() as producer:
        await producer.send(
            installation.topics.raw.name,
            msgspec.json.encode(one),
            key=b"acme",
            headers=[("received_at", arrival)],
        )
    await installation.wait_until_done(worker)
    decided = [decode_decision_record(r.value) for r in await installation.decisions()]
    return next(each for each in decided if each.event_key == event)


async def send_answer(
    installation: Installation, decided: DecisionRecord, verdict: Verdict
) -> None:
    label = Label(
        label_id="l1",
        tenant=decided.tenant,
        verdict=verdict,
        technician="tess",
        labelled_at=utc(NOW),
        decision_id=decided.decision.id,
    )
    async with installation.sending() as producer:
        value = msgspec.json.encode(label)
        key = label.tenant.encode()
        await producer.send(installation.topics.feedback.name, value, key=key)


async def test_an_answer_that_cannot_be_read_is_a_dead_letter(bootstrap: str, tmp_path: Path):
    installation = Installation(bootstrap, tmp_path, {})
    await installation.create_topics()

    with installation.worker() as worker:
        async with installation.sending() as producer:
            topic = installation.topics.feedback.name
            await producer.send(topic, b'{"verdict": "maybe"}', key=b"acme", partition=2)
        await installation.wait_until_done(worker)
        assert worker.stop() == 0

    (dead,) = await installation.read(installation.topics.dead_letters)
    assert (dead.key, dead.value, dead.partition) == (b"acme", b'{"verdict": "maybe"}', 2)
    headers = {name: value.decode() for name, value in dead.headers}
    assert headers.pop("error")
    assert headers == {"reason": "label", "topic": topic, "partition": "2", "offset": "0"}


async def shows(worker: WorkerProcess, line: str) -> bool:
    return line in await asyncio.to_thread(worker.page)


def read_page(url: str) -> str:
    with urllib.request.urlopen(url) as answer:  # noqa: S310
        return str(answer.read().decode())


async def test_a_real_prometheus_scrapes_the_running_worker(bootstrap: str, tmp_path: Path):
    prometheus = shutil.which("prometheus")
    assert prometheus, "install prometheus (on Debian: apt install prometheus)"
    installation = Installation(bootstrap, tmp_path, {})
    await installation.create_topics()

    with installation.worker() as worker:
        await send_alerts(installation, 500)
        await installation.wait_until_done(worker)
        target = worker.metrics_url().removeprefix("http://").removesuffix("/metrics")
        with scraping(prometheus, target, tmp_path) as address:
            await until(lambda: has_sample(address, "noise_alerts_total", 500.0))
            await until(lambda: has_sample(address, "sum(noise_decisions_total)", 500.0))
            await until(lambda: has_sample(address, "max(noise_balance_difference)", 0.0))


@contextmanager
def scraping(prometheus: str, target: str, folder: Path) -> Iterator[str]:
    """Run a Prometheus that scrapes ``target`` each second; give its address."""
    config = folder / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs:\n"
        f"  - job_name: worker\n    static_configs: [{{targets: ['{target}']}}]\n"
    )
    address = f"127.0.0.1:{free_port()}"
    log = (folder / "prometheus.log").open("wb")
    process = subprocess.Popen(
        [
            prometheus,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address={address}",
        ],
        stdout=log,
        stderr=log,
    )
    try:
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def has_sample(address: str, query: str, expected: float) -> bool:
    url = f"http://{address}/api/v1/query?query={quote(query)}"
    try:
        page = await asyncio.to_thread(read_page, url)
        result = json.loads(page)["data"]["result"]
    except OSError:  # it is still starting
        return False
    return bool(result) and float(result[0]["value"][1]) == expected
