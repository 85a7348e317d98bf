"""Everything remembered of one tenant, in pieces small enough that an alert touches few of them."""

from __future__ import annotations

import msgspec

from noise.state.activity import Activity
from noise.state.condition import Condition


class CheckState(msgspec.Struct):
    """One check over all devices of a tenant. Times are epoch seconds."""

    key: str
    first_at: float
    seen_at: float
    episodes: int = 0
    self_cleared: int = 0
    activity: Activity = msgspec.field(default_factory=Activity)
    noise_answers: int = 0
    actionable_answers: int = 0


class DeviceState(msgspec.Struct):
    """One device of a tenant."""

    key: str
    seen_at: float
    activity: Activity = msgspec.field(default_factory=Activity)


class IncidentMemory(msgspec.Struct):
    """An incident as the engine remembers it; ``Incident`` is what consumers see of it."""

    id: str
    title: str
    root: str
    opened_at: float
    last_at: float
    severity: int
    device: str | None
    site: str | None
    check: str
    members: list[str] = []
    member_count: int = 0
    open_members: list[str] = []
    checks: list[str] = []
    devices: list[str] = []
    device_count: int = 0
    told_at: float = 0.0
    told_severity: int = -1
    told_noise: float = 1.0
    resolved_at: float = 0.0
    quiet: bool = False
    noise_answers: int = 0
    actionable_answers: int = 0


class TenantCore(msgspec.Struct):
    """What belongs to no single condition."""

    tenant: str
    clock: float = 0.0
    heat: Activity = msgspec.field(default_factory=Activity)
    activity: Activity = msgspec.field(default_factory=Activity)
    sites: dict[str, Activity] = {}
    labels_seen: int = 0
    sequence: int = 0


class TenantState:
    """The pieces of one tenant, by key."""

    def __init__(self, tenant: str) -> None:
        """Start with nothing known."""
        self.core = TenantCore(tenant)
        self.conditions: dict[str, Condition] = {}
        self.checks: dict[str, CheckState] = {}
        self.devices: dict[str, DeviceState] = {}
        self.incidents: dict[str, IncidentMemory] = {}
