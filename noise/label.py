"""What technicians, tickets and outages tell the models."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from noise.errors import LabelError

_Name = Annotated[str, Meta(min_length=1, max_length=512)]


class Verdict(StrEnum):
    """A person's answer."""

    NOISE = "noise"
    ACTIONABLE = "actionable"


class LabelSource(StrEnum):
    """Where an answer came from."""

    HUMAN = "human"
    TICKET = "ticket"
    OUTAGE = "outage"
    AUTOMATIC = "automatic"


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something real happened to ``device`` at ``at``, whether or not it was shown."""

    device: _Name
    at: datetime
    check: _Name | None = None


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. A later label of the same technician on the same target corrects the earlier one.

    Case and spaces in the technician's name make nobody else.

    Exactly one of ``decision_id``, ``incident_id``, ``condition_key`` and ``outcome`` is set.
    """

    schema: int = 1
    label_id: _Name
    tenant: _Name
    verdict: Verdict
    technician: _Name
    labelled_at: datetime
    decision_id: _Name | None = None
    incident_id: _Name | None = None
    condition_key: _Name | None = None
    outcome: Outcome | None = None
    source: LabelSource = LabelSource.HUMAN
    note: Annotated[str, Meta(max_length=4096)] | None = None


_decoder = msgspec.json.Decoder(Label)


def decode_label(value: bytes) -> Label:
    """Read a record of the feedback topic. Raises LabelError with the path of the wrong field."""
    try:
        label = _decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise LabelError(str(exc)) from exc
    if "\0" in label.tenant:
        raise LabelError("tenant holds a NUL character")
    label = msgspec.structs.replace(label, labelled_at=_utc("labelled_at", label.labelled_at))
    if label.outcome is not None:
        outcome = msgspec.structs.replace(label.outcome, at=_utc("outcome.at", label.outcome.at))
        label = msgspec.structs.replace(label, outcome=outcome)
    targets = (label.decision_id, label.incident_id, label.condition_key, label.outcome)
    if sum(target is not None for target in targets) != 1:
        raise LabelError(
            "name exactly one target: decision_id, incident_id, condition_key or outcome"
        )
    return label


def _utc(name: str, moment: datetime) -> datetime:
    """Return ``moment`` in UTC. Raises LabelError if it has no zone, or no calendar holds it."""
    if moment.tzinfo is None:
        raise LabelError(f"{name} needs a time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as exc:
        raise LabelError(f"{name} lies beyond the calendar") from exc
