from __future__ import annotations

from pathlib import Path

from tests import streams
from tests.workers import Installation


async def test_a_real_network_through_kafka_is_decided_as_a_replay_of_its_file(
    bootstrap: str, tmp_path: Path
):
    installation = Installation(bootstrap, tmp_path, {"sampling": {"audit_share": 0.01}})
    await installation.create_topics()
    recordings = streams.alerts_of("russellmitchell")

    with installation.worker() as worker:
        await streams.send(installation, recordings)
        await installation.wait_until_done(worker)
        assert worker.stop() == 0

    raw = await installation.read(installation.topics.raw)
    seen = streams.streamed(await installation.decisions())
    assert seen == streams.replayed(installation.settings, raw)
    assert sorted(streams.first_decisions(seen.values())) == sorted(r.event for r in recordings)
