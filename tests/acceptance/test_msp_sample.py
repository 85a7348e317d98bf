"""All deliveries of the recorded sample, which six tools of ten clients have sent."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noise.alert import Alert, State
from noise.directory import Directory, load_directory
from noise.sources import Delivery, parse

Row = dict[str, Any]
RAISED_LATER = {"ninjaone": 4, "datto": 3}  # deliveries that overtook each other
NEVER_RAISED = {"ninjaone": 1}  # the raise was lost on its way


@pytest.fixture(scope="module")
def rows(noise_data: Path) -> list[Row]:
    with gzip.open(noise_data / "msp-sample" / "envelope.jsonl.gz") as lines:
        return [msgspec.json.decode(line) for line in lines]


@pytest.fixture(scope="module")
def clients(noise_data: Path) -> Directory:
    return load_directory(json.loads((noise_data / "msp-sample" / "tenants.json").read_text()))


def read(row: Row, clients: Directory, *, with_tenant: bool = True) -> list[Alert]:
    body = (
        row["body"].encode() if isinstance(row["body"], str) else msgspec.json.encode(row["body"])
    )
    tenant = row["tenant"] if with_tenant else None
    return parse(Delivery(body, row["source"], tenant, row["event"], row["t"]), clients)


def all_alerts(rows: list[Row], clients: Directory) -> Iterator[Alert]:
    return (alert for row in rows for alert in read(row, clients))


def test_every_delivery_is_read(rows: list[Row], clients: Directory) -> None:
    assert len(rows) == 5000
    assert sum(1 for _ in all_alerts(rows, clients)) == 5046


def test_every_clear_finds_its_raise_unless_that_was_lost_or_late(
    rows: list[Row], clients: Directory
) -> None:
    raised: dict[str, Alert] = {}
    missed: list[Alert] = []
    for alert in all_alerts(rows, clients):
        if alert.state is State.RAISED:
            raised[alert.alert_key] = alert
        elif alert.state is State.CLEARED:
            if alert.alert_key not in raised:
                missed.append(alert)
            elif raised[alert.alert_key].condition_key != alert.condition_key:
                pytest.fail(f"another condition: {alert}")
    late = [alert for alert in missed if alert.alert_key in raised]

    assert Counter(alert.source for alert in late) == RAISED_LATER
    assert Counter(alert.source for alert in missed) - Counter(RAISED_LATER) == NEVER_RAISED


def test_the_body_names_the_client_that_the_header_names(
    rows: list[Row], clients: Directory
) -> None:
    for row in rows:
        if row["source"] in ("tactical", "alertmanager"):
            assert read(row, clients, with_tenant=False)[0].tenant == row["tenant"]


def test_every_device_is_found_in_the_directory(rows: list[Row], clients: Directory) -> None:
    unknown = {
        (alert.tenant, alert.device)
        for alert in all_alerts(rows, clients)
        if alert.device and not clients.device(alert.tenant, alert.device)
    }

    assert unknown == set()


def test_nothing_happens_long_after_it_arrived(rows: list[Row], clients: Directory) -> None:
    ahead = [
        alert
        for alert in all_alerts(rows, clients)
        if alert.occurred_at
        and alert.received_at
        and (alert.occurred_at - alert.received_at).total_seconds() > 60
    ]

    assert ahead == []
