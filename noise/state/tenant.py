"""Everything remembered of one tenant, in pieces small enough that an alert touches few of them.

The structs are what is saved, one record each; all times are epoch seconds and 0 means never.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import NamedTuple

import msgspec

from noise.state.activity import Activity, Surge
from noise.state.condition import Condition
from noise.state.slips import SLIPS

MAX_SITES = 200
MAX_SOURCES = 50
SPARE_DEADLINES = 100


class CheckState(msgspec.Struct, gc=False):
    """One check over all devices of a tenant.

    ``noise_excess``, ``noise_company`` and ``noise_crowd`` say how bad a value was, and how much
    came on its device and of its kind, and how much was open beside it, when it was called noise;
    the most of each. ``told_in`` is the incident in which people were last told of it. ``lasted``
    has a histogram by ``DURATION_EDGES`` for each class of device. At ``missed_at`` something
    real came to light that had been hidden; 0 once a later alert of the check was answered.
    """

    key: str
    seen_at: float
    episodes: int = 0
    self_cleared: int = 0
    activity: Activity = msgspec.field(default_factory=Activity)
    noise_answers: int = 0
    actionable_answers: int = 0
    noise_excess: float | None = None
    noise_company: float = 0.0
    noise_crowd: float = 0.0
    noise_beside: int = 0
    lasted: dict[str, list[int]] = {}
    incident: str | None = None
    told_at: float = 0.0
    told_in: str | None = None
    missed_at: float = 0.0

    @property
    def answers(self) -> int:
        """How often technicians have said anything of it."""
        return self.noise_answers + self.actionable_answers


class Trouble(msgspec.Struct, array_like=True, gc=False):
    """A condition that is open on a device: of what kind, who said so, and when."""

    category: str
    source: str
    raised_at: float


class DeviceState(msgspec.Struct, gc=False):
    """One device of a tenant; ``open`` has its conditions that have not cleared, by key."""

    key: str
    seen_at: float
    activity: Activity = msgspec.field(default_factory=Activity)
    incident: str | None = None
    open: dict[str, Trouble] = {}


class IncidentMemory(msgspec.Struct, gc=False):
    """An incident as the engine remembers it; ``Incident`` is what consumers see of it.

    ``open_members`` are keys of conditions that have not cleared; ``members`` are decision ids. At
    ``look_at`` the engine looks whether it has gone quiet. ``was_seen``: something of it was shown
    only because mode earn does not hide it yet.
    """

    id: str
    title: str
    root: str
    opened_at: float
    last_at: float
    severity: int
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
    is_quiet: bool = False
    look_at: float = 0.0
    was_seen: bool = False
    noise_answers: int = 0
    actionable_answers: int = 0

    @property
    def is_watched(self) -> bool:
        """Whether it may still go quiet."""
        return not self.is_quiet and not self.resolved_at


class TenantCore(msgspec.Struct):
    """What belongs to no single condition.

    ``clears`` counts them by source, ``graveness`` what was raised, and what of it was critical.
    ``heat`` is how much trouble was told lately, ``activity`` how much came, ``surge`` how much of
    it was new; what comes in a surge joins ``surge_incident``. ``slips`` is how often technicians
    call noise real, as far as is known. At ``review_at`` the engine looks what mode earn may hide,
    0 if there is nothing new to go by.
    """

    tenant: str
    clock: float = 0.0
    swept_at: float = 0.0
    heat: Activity = msgspec.field(default_factory=Activity)
    activity: Activity = msgspec.field(default_factory=Activity)
    surge: Surge = msgspec.field(default_factory=Surge)
    surge_incident: str | None = None
    sites: dict[str, Activity] = {}
    clears: dict[str, int] = {}
    spoke_at: float = 0.0
    slips: float = SLIPS
    review_at: float = 0.0
    graveness: dict[str, tuple[int, int]] = {}


class Deadline(NamedTuple):
    """Something that becomes due at ``at``: of ``kind``, for the piece with ``key``."""

    at: float
    kind: str
    key: str


HOLD = "hold"
QUIET = "quiet"
REVIEW = "review"

# Kinds of pieces, as they stand in the keys of saved records.
CORE = "t"
CONDITION = "c"
CHECK = "k"
DEVICE = "d"
INCIDENT = "i"
CORE_PIECE = (CORE, "")


class TenantState:
    """The pieces of one tenant by key, which of them changed, and what becomes due.

    ``soonest`` is when the next deadline is due, infinity if none is.
    ``open_keys`` leads from the alert key of an open raise to its condition: the clear of some
    products says no more than that. Where conditions share a key, it is the last one's.
    """

    def __init__(self, tenant: str) -> None:
        """Start with nothing known."""
        self.core = TenantCore(tenant)
        self.conditions: dict[str, Condition] = {}
        self.checks: dict[str, CheckState] = {}
        self.devices: dict[str, DeviceState] = {}
        self.incidents: dict[str, IncidentMemory] = {}
        self.changed: set[tuple[str, str]] = set()
        self.open_keys: dict[str, str] = {}
        self.holds = 0
        self._incident_news: set[str] = set()
        self.soonest = float("inf")
        self._due: list[Deadline] = []

    def advance(self, now: float) -> float:
        """Move the tenant's clock to ``now`` and return it; it never runs backwards."""
        core = self.core
        if now > core.clock:
            core.clock = now
            self.changed.add(CORE_PIECE)
        return core.clock

    def remember_deadline(self, deadline: Deadline) -> None:
        """Have ``deadline`` come out of ``next_due`` when its time has come."""
        heappush(self._due, deadline)
        if len(self._due) > SPARE_DEADLINES + 2 * (len(self.conditions) + len(self.incidents)):
            self._drop_deadlines_of_what_is_over()
        self.soonest = self._due[0].at

    def _drop_deadlines_of_what_is_over(self) -> None:
        holds = [(c.hold.until, HOLD, c.key) for c in self.conditions.values() if c.hold]
        looks = [(i.look_at, QUIET, i.id) for i in self.incidents.values() if i.is_watched]
        reviews = [(self.core.review_at, REVIEW, "")] if self.core.review_at else []
        self._due = [Deadline(*due) for due in holds + looks + reviews]
        heapify(self._due)

    def next_due(self, until: float) -> Deadline | None:
        """Take out the earliest deadline up to ``until``, None if there is none."""
        if self.soonest > until:
            return None
        due = heappop(self._due)
        self.soonest = self._due[0].at if self._due else float("inf")
        return due

    def take_alert_key(self, condition: Condition, alert_key: str) -> None:
        """Have the clear with ``alert_key`` find ``condition``, and no other one."""
        holder = self.open_keys.get(alert_key)
        if holder == condition.key:
            return
        if holder is not None:
            self.conditions[holder].alert_key = ""
            self.mark(CONDITION, holder)
        self.give_up_alert_key(condition)
        condition.alert_key = alert_key
        self.open_keys[alert_key] = condition.key

    def give_up_alert_key(self, condition: Condition) -> None:
        """Have no clear find ``condition`` by its alert key any more."""
        if self.open_keys.get(condition.alert_key) == condition.key:
            del self.open_keys[condition.alert_key]

    def leave_incident(self, condition: Condition) -> IncidentMemory | None:
        """Have ``condition`` keep its incident open no longer; return the incident if it did."""
        incident = self.incident(condition.incident)
        if incident is None or condition.key not in incident.open_members:
            return None
        incident.open_members.remove(condition.key)
        self.mark(INCIDENT, incident.id)
        return incident

    def mark(self, kind: str, key: str) -> None:
        """Note that a piece changed and must be saved."""
        self.changed.add((kind, key))
        if kind == INCIDENT:
            self._incident_news.add(key)

    def take_incident_news(self) -> list[IncidentMemory]:
        """Take the incidents that changed since the last call, in order of their ids."""
        news, self._incident_news = self._incident_news, set()
        return [self.incidents[key] for key in sorted(news) if key in self.incidents]

    def incident(self, incident_id: str | None) -> IncidentMemory | None:
        """Return an incident that is still remembered."""
        return None if incident_id is None else self.incidents.get(incident_id)
