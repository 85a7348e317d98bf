"""The incident as consumers see it: one compacted record per incident."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from noise.alert import Severity


class IncidentState(StrEnum):
    """Open while something is wrong, quiet after a long silence, resolved when all cleared."""

    OPEN = "open"
    QUIET = "quiet"
    RESOLVED = "resolved"


class LabelSummary(msgspec.Struct, frozen=True):
    """How many technicians' answers point which way."""

    noise: int = 0
    actionable: int = 0


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that belong together. ``members`` is bounded; ``member_count`` counts all."""

    schema: int = 1
    id: str
    tenant: str
    state: IncidentState
    title: str
    root: str
    severity: Severity
    members: tuple[str, ...]
    member_count: int
    devices: tuple[str, ...]
    device_count: int
    first_at: datetime
    last_at: datetime
    told_at: datetime | None = None
    ticket: str | None = None
    labels: LabelSummary = LabelSummary()


_encoder = msgspec.json.Encoder()


def encode_incident(incident: Incident) -> bytes:
    """Return the JSON of an incident record."""
    return _encoder.encode(incident)
