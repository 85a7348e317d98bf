from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from noise.decision import Action, DecisionRecord, Reason, decode_decision_record
from tests.factories import alert
from tests.workers import Installation

FAILING = str(Path(__file__).with_name("failing_worker.py"))
TENANT = "acme"


@pytest.mark.parametrize("what", ["scorer", "stage", "correlation"])
async def test_an_alert_that_cannot_be_judged_is_shown_and_the_worker_goes_on(
    bootstrap: str, tmp_path: Path, what: str
):
    installation = Installation(bootstrap, tmp_path, {})
    await installation.create_topics()

    with installation.worker(program=(FAILING, what)) as worker:
        await send(installation, *[n % 3 == 1 for n in range(30)])
        await installation.wait_until_done(worker)
        page = worker.page()
        assert worker.stop() == 0

    decided = await decisions(installation)
    assert sorted(decided) == sorted(f"e{n}" for n in range(30))
    for number in range(30):
        verdict = decided[f"e{number}"].decision
        assert (verdict.reason is Reason.FAIL_OPEN) == (number % 3 == 1)
        if verdict.reason is Reason.FAIL_OPEN:
            assert verdict.action is Action.NOTIFY
            assert "ZeroDivisionError: on purpose" in verdict.explanation[0].text
    assert "noise_fail_open_total 10.0" in page
    assert re.search(r'noise_balance_difference\{.*tenant="acme"\} 0\.0\n', page)
    assert not await installation.read(installation.topics.dead_letters)


async def send(installation: Installation, *fails: bool) -> None:
    async with installation.sending() as producer:
        for number, is_bad in enumerate(fails):
            labels = {"fails": "yes"} if is_bad else {}
            one = alert(TENANT, check=f"check-{number}", event_key=f"e{number}", labels=labels)
            value = msgspec.json.encode(one)
            await producer.send(installation.topics.raw.name, value, key=TENANT.encode())


async def decisions(installation: Installation) -> dict[str, DecisionRecord]:
    records = [decode_decision_record(r.value) for r in await installation.decisions()]
    assert len({one.event_key for one in records}) == len(records)
    return {one.event_key: one for one in records}
