"""What the engine answers for each alert, and the record that goes on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from noise.alert import Alert


class Action(StrEnum):
    """What happens to the alert."""

    NOTIFY = "notify"
    UPDATE = "update"
    SUPPRESS = "suppress"


class Reason(StrEnum):
    """Why; the first eleven show, the others hide."""

    FIRST_OF_INCIDENT = "first_of_incident"
    ESCALATION = "escalation"
    NOVEL = "novel"
    SCORE = "score"
    PERSISTED = "persisted"
    PROBE = "probe"
    AUDIT_SAMPLE = "audit_sample"
    FAIL_OPEN = "fail_open"
    OBSERVE_MODE = "observe_mode"
    INCIDENT_CHANGED = "incident_changed"
    RESOLVED = "resolved"
    REPEAT = "repeat"
    FLAPPING = "flapping"
    HOLDING = "holding"
    CLEARED_WHILE_HELD = "cleared_while_held"
    INCIDENT_MEMBER = "incident_member"
    LEARNED_NOISE = "learned_noise"
    MAINTENANCE = "maintenance"
    POLICY = "policy"
    CLEARED = "cleared"


SHOWN = frozenset(list(Reason)[:11])
HIDDEN = frozenset(Reason) - SHOWN


class Mode(StrEnum):
    """Whether the engine may hide anything: never, always, or what it has earned to hide."""

    OBSERVE = "observe"
    ENFORCE = "enforce"
    EARN = "earn"


class InForce(StrEnum):
    """What was in force for one decision: showing what would be hidden, or hiding it."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


class Role(StrEnum):
    """The alert's part in its incident."""

    ROOT = "root"
    MEMBER = "member"


class Explanation(msgspec.Struct, frozen=True, gc=False):
    """One plain sentence, the fact behind it, and its weight.

    ``effect`` is in log-odds: above zero it speaks for noise, below zero for a real problem.
    """

    text: str
    feature: str
    effect: float = 0.0


class Confidence(msgspec.Struct, frozen=True, gc=False):
    """The interval in which the true share of noise lies nine times in ten."""

    low: float
    high: float


class ModelInfo(msgspec.Struct, frozen=True, gc=False):
    """Which model judged, and how many answers it had learned from."""

    version: str
    labels_seen: int


class Score(msgspec.Struct, frozen=True, gc=False):
    """What the model thinks of one alert.

    ``evidence`` is the number of answers, discounted for age and distance, behind the probability;
    ``confidence`` follows from it. ``explanation`` has the strongest reason first. ``vouchers`` is
    how many clients that share called such alerts noise, 0 as soon as one found any real.
    """

    noise_probability: float
    confidence: Confidence
    evidence: float
    explanation: tuple[Explanation, ...]
    model: ModelInfo
    vouchers: int = 0


class IncidentRef(msgspec.Struct, frozen=True, gc=False):
    """The incident that an alert belongs to, as it was then."""

    id: str
    role: Role
    size: int
    opened_at: datetime
    title: str


class Repeat(msgspec.Struct, frozen=True, gc=False):
    """How often the same condition spoke in the present window."""

    count: int
    first_at: datetime
    last_at: datetime


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The verdict on one alert, with everything needed to check it."""

    id: str
    action: Action
    reason: Reason
    decided_at: datetime
    mode: InForce
    would_suppress: bool
    hold_until: datetime | None = None
    supersedes: str | None = None
    noise_probability: float | None = None
    confidence: Confidence | None = None
    threshold: float | None = None
    explanation: tuple[Explanation, ...] = ()
    model: ModelInfo | None = None

    @property
    def cause(self) -> Reason:
        """The reason before the mode had its say: the first explanation names it."""
        if self.reason is Reason.OBSERVE_MODE and self.explanation:
            return Reason(self.explanation[0].feature)
        return self.reason


class Drawn(msgspec.Struct, frozen=True, gc=False):
    """How something that would be hidden came to be shown.

    ``inclusion`` is the chance of that, 1 for a probe, which is due; ``hidden_until`` the epoch
    second at which it would have been shown in any case, None for never.
    """

    inclusion: float
    hidden_until: float | None


class Ruling(msgspec.Struct, frozen=True, gc=False):
    """What a stage says of a case: hide or show, why, in words; ``hold_until`` in epoch seconds."""

    action: Action
    reason: Reason
    text: str
    hold_until: float | None = None
    drawn: Drawn | None = None

    @property
    def hides(self) -> bool:
        """Whether it would hide the alert."""
        return self.action is Action.SUPPRESS


class Terms(NamedTuple):
    """On what terms a ruling is carried out in the mode of its client.

    ``shows``: it would hide the alert, and shows it because ``in_force`` only observes. ``scope``
    is what it counts for in mode earn, ``is_earned`` whether that mode decides.
    """

    action: Action
    in_force: InForce
    shows: bool = False
    scope: str = ""
    is_earned: bool = False


class DecidedAlert(msgspec.Struct, frozen=True, gc=False):
    """An alert with its decision; what the engine hands back."""

    alert: Alert
    decision: Decision
    incident: IncidentRef | None = None
    repeat: Repeat | None = None


class DecisionRecord(Alert, frozen=True, kw_only=True):
    """The value on the enriched and suppressed topics: the alert's fields, then the decision."""

    decision: Decision
    incident: IncidentRef | None = None
    repeat: Repeat | None = None


class _Tail(msgspec.Struct, frozen=True, gc=False):
    decision: Decision
    incident: IncidentRef | None
    repeat: Repeat | None


_COMMA = ord(",")
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(DecisionRecord)


def encode_decided(decided: DecidedAlert) -> bytes:
    """Return the JSON of a DecisionRecord."""
    # Two documents joined at the brace: copying the alert's 25 fields costs more than encoding.
    buffer = bytearray()
    _encoder.encode_into(decided.alert, buffer)
    joint = len(buffer) - 1
    _encoder.encode_into(_Tail(decided.decision, decided.incident, decided.repeat), buffer, joint)
    buffer[joint] = _COMMA
    return bytes(buffer)


def decode_decision_record(value: bytes) -> DecisionRecord:
    """Read a record of the enriched or suppressed topic. Raises msgspec.ValidationError."""
    return _decoder.decode(value)
