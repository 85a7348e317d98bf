from __future__ import annotations

import msgspec

from noise.alert import utc
from noise.decision import (
    HIDDEN,
    SHOWN,
    Action,
    DecidedAlert,
    Decision,
    InForce,
    Reason,
    decode_decision_record,
    encode_decided,
)
from tests.factories import alert


def decided(**fields: object) -> DecidedAlert:
    decision = Decision(
        id="d-1",
        action=Action.NOTIFY,
        reason=Reason.NOVEL,
        decided_at=utc(0),
        mode=InForce.ENFORCE,
        would_suppress=False,
    )
    return DecidedAlert(alert(**fields), decision)


def test_a_record_on_the_wire_has_the_alerts_fields_and_then_the_decision():
    record = decode_decision_record(encode_decided(decided(device="SRV-1", title='a "b"\n}')))

    assert record.device == "SRV-1"
    assert record.title == 'a "b"\n}'
    assert record.decision.reason is Reason.NOVEL
    assert record.incident is None


def test_times_on_the_wire_are_iso_8601_in_utc():
    tree = msgspec.json.decode(encode_decided(decided(occurred_at=utc(1_780_000_000))))

    assert tree["occurred_at"] == "2026-05-28T20:26:40Z"
    assert tree["decision"]["decided_at"] == "1970-01-01T00:00:00Z"


def test_every_reason_either_shows_or_hides():
    assert set(Reason) == SHOWN | HIDDEN
    assert not SHOWN & HIDDEN
    assert Reason.RESOLVED in SHOWN
    assert Reason.REPEAT in HIDDEN
