"""Builders of test data: each gives something valid, and takes what matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from aiokafka import ConsumerRecord

from noise.alert import Alert, Severity, State, condition_key, utc
from noise.decision import InForce, Reason
from noise.directory import Client, Device, Directory
from noise.label import Label, Verdict
from noise.mode_change import Change, Evidence, Measure, ModeChange, Scope
from noise.sources import Delivery
from noise.state.answerable import Answerable
from noise.state.facts import Facts


def record(
    topic: str,
    value: bytes | None,
    *,
    headers: Mapping[str, bytes] | None = None,
    key: bytes | None = None,
    partition: int = 0,
    offset: int = 0,
    timestamp: int = 1_780_000_000_000,
) -> ConsumerRecord:
    """Build a record as a consumer gives it; ``timestamp`` in epoch milliseconds."""
    return ConsumerRecord(
        topic,
        partition,
        offset,
        timestamp,
        0,
        key,
        value,
        None,
        len(key or b""),
        len(value or b""),
        tuple((headers or {}).items()),
    )


def alert(
    tenant: str = "acme",
    check: str = "disk",
    device: str | None = "srv1",
    severity: str = "medium",
    state: str = "raised",
    **fields: Any,
) -> Alert:
    """Build a canonical alert; its keys follow from tenant, device, check and object."""
    condition = condition_key(tenant, device, check, fields.get("object"))
    given = {
        "event_key": condition,
        "alert_key": condition,
        "condition_key": condition,
        "title": f"{check} is bad",
        "source": "canonical",
        **fields,
    }
    return Alert(
        tenant=tenant,
        check=check,
        device=device,
        severity=Severity(severity),
        state=State(state),
        **given,
    )


def label(
    decision_id: str | None = None,
    verdict: str = "noise",
    by: str = "tess",
    at: float = 1_780_000_000.0,
    **fields: Any,
) -> Label:
    """Build an answer given at epoch second ``at``; its id follows from what it says."""
    target = decision_id or fields
    return Label(
        **{
            "label_id": f"{by}/{target}/{verdict}/{at}",
            "tenant": "acme",
            "decision_id": decision_id,
            **fields,
        },
        verdict=Verdict(verdict),
        technician=by,
        labelled_at=utc(at),
    )


def sighting(decision_id: str = "d1.c1", **fields: Any) -> Answerable:
    """Build a shown decision that can be answered; its condition follows from its id.

    ``category`` and ``sends_clears`` are facts of it.
    """
    condition = decision_id.partition("+")[0].rpartition(".")[2]
    given: dict[str, Any] = {
        "check": "disk",
        "device": "srv1",
        "incident": "i1",
        "reason": Reason.SCORE,
        "would_suppress": False,
        "observed": False,
        "told": False,
        "noise_probability": 0.6,
        "decided_at": 1_780_000_000.0,
    } | fields
    known = {name: given.pop(name) for name in ("category", "sends_clears") if name in given}
    facts = Facts(check=given["check"], condition=condition, **known)
    return Answerable(
        **{"decision_id": decision_id, "condition": condition, "facts": facts} | given
    )


def delivery(
    body: Any, source: str | None = None, tenant: str | None = "acme", event: str | None = "e1"
) -> Delivery:
    """Build a delivery of bytes, a text or a value that becomes JSON."""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = msgspec.json.encode(body)
    return Delivery(body, source, tenant, event, 1_780_000_000.0)


def directory(*devices: Device, tenant: str = "acme", **fields: Any) -> Directory:
    """Build a directory of one client."""
    return Directory([Client(tenant=tenant, devices=devices, **fields)])


def mode_change(change: Change = Change.PROMOTED, **fields: Any) -> ModeChange:
    """Build the record of a change of mode earn."""
    moment = utc(1_780_000_000.0)
    given: dict[str, Any] = {
        "id": "m-1",
        "tenant": "acme",
        "at": moment,
        "scope": Scope.ALL,
        "alert_class": None,
        "mode": InForce.ENFORCE,
        "held_since": moment,
        "text": "hidden from now on",
        "evidence": Evidence(
            answers=600,
            since=moment,
            hidden_real=Measure(0.0, 0.01, 0.0, limit=0.01),
            missed_incidents=Measure(0.0, 0.4, 0.0, limit=0.02),
        ),
        "decisions": ("d1.c1",),
    }
    return ModeChange(change=change, **given | fields)
