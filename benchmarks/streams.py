"""What benchmarks send: real alerts where the data folder is there, else seeded ones."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from noise.alert import Alert, Severity
from noise.directory import Directory
from noise.recorded import Recorded
from pipelines.files import Recordings

SEED = 11
START_MS = 1_780_000_000_000
ADS = "ait-ads"


class RawRecord(NamedTuple):
    """A record for the raw topic."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def data_folder() -> Path:
    """Return the folder with real data; it may not be there."""
    return Path(os.environ.get("NOISE_DATA", Path(__file__).parents[2] / "shared" / "data"))


def duplicate_rich(count: int) -> tuple[Sequence[RawRecord], str]:
    """Return ``count`` records that mostly repeat each other, and what they are."""
    files = sorted((data_folder() / ADS).glob("*_alerts.csv*"))
    if not files:
        return list(itertools.islice(_seeded(), count)), f"a seeded stream of {count:,}"
    share = -(-count // len(files))
    each = [itertools.islice(_recorded(file), share) for file in files]
    mixed = itertools.chain.from_iterable(zip(*each, strict=False))
    return list(itertools.islice(mixed, count)), f"{count:,} alerts of {ADS}"


def from_recording(recorded: Recorded) -> RawRecord:
    """Return the record that a producer would send for a recorded delivery."""
    headers = {
        "source": recorded.source,
        "tenant": recorded.tenant,
        "event_key": recorded.event,
        "received_at": str(round(recorded.at * 1000)),
    }
    given = [(name, text.encode()) for name, text in headers.items() if text is not None]
    return RawRecord((recorded.tenant or "").encode(), recorded.body, given)


def _recorded(file: Path) -> Iterator[RawRecord]:
    return map(from_recording, Recordings([str(file)], ADS, Directory()))


def _seeded() -> Iterator[RawRecord]:
    """Yield alerts of 40 tenants, of whose 2,000 conditions a few speak most of the time."""
    dice = random.Random(SEED)  # noqa: S311 - a stream that is the same every time
    for number in itertools.count():
        tenant = f"client-{min(int(dice.paretovariate(0.7)), 40)}"
        condition = min(int(dice.paretovariate(0.6)), 50)
        yield _record(number, tenant, f"srv-{condition % 10}", f"check-{condition}")


def _record(number: int, tenant: str, device: str, check: str) -> RawRecord:
    key = f"{tenant}|{device}|{check}"
    alert = Alert(
        event_key=f"seeded-{number}",
        alert_key=key,
        condition_key=key,
        tenant=tenant,
        device=device,
        check=check,
        severity=Severity.HIGH,
        title=f"{check} on {device} is out of bounds",
        source="canonical",
    )
    headers = {
        "source": "canonical",
        "tenant": tenant,
        "event_key": alert.event_key,
        "received_at": str(START_MS + number * 20),
    }
    encoded = [(name, text.encode()) for name, text in headers.items()]
    return RawRecord(tenant.encode(), msgspec.json.encode(alert), encoded)
