"""One line of JSON for each decision, as ``noise replay --out`` writes them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from noise.alert import Severity, State
from noise.decision import Action, DecidedAlert, InForce, Reason, Role


class DecisionLine(msgspec.Struct, frozen=True):
    """A decision, flat; times are epoch seconds. ``why`` is its first and strongest reason."""

    id: str
    event: str
    tenant: str
    action: Action
    reason: Reason
    incident: str | None
    noise_probability: float | None
    decided_at: float
    would_suppress: bool
    supersedes: str | None
    hold_until: float | None
    mode: InForce
    role: Role | None
    repeats: int
    source: str
    device: str | None
    check: str
    object: str | None
    severity: Severity
    state: State
    title: str
    alert_key: str
    why: tuple[str, ...]


_encoder = msgspec.json.Encoder()


def line_of(decided: DecidedAlert) -> bytes:
    """Return the decision as one line."""
    return _encoder.encode(_flat(decided)) + b"\n"


def _flat(decided: DecidedAlert) -> DecisionLine:
    alert, decision, incident = decided.alert, decided.decision, decided.incident
    return DecisionLine(
        decision.id,
        alert.event_key,
        alert.tenant,
        decision.action,
        decision.reason,
        None if incident is None else incident.id,
        decision.noise_probability,
        decision.decided_at.timestamp(),
        decision.would_suppress,
        decision.supersedes,
        _seconds(decision.hold_until),
        decision.mode,
        None if incident is None else incident.role,
        1 if decided.repeat is None else decided.repeat.count,
        alert.source,
        alert.device,
        alert.check,
        alert.object,
        alert.severity,
        alert.state,
        alert.title,
        alert.alert_key,
        tuple([explanation.text for explanation in decision.explanation]),
    )


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
