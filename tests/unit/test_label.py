from __future__ import annotations

import msgspec
import pytest

from noise.errors import LabelError
from noise.label import LabelSource, Verdict, decode_label

LABEL = {
    "label_id": "l-1",
    "tenant": "acme",
    "decision_id": "d-1",
    "verdict": "noise",
    "technician": "tess",
    "labelled_at": "2026-01-01T00:00:00Z",
}


def encoded(**changes: object) -> bytes:
    return msgspec.json.encode({k: v for k, v in (LABEL | changes).items() if v is not ...})


def test_a_label_is_read_with_its_defaults():
    label = decode_label(encoded())

    assert label.verdict is Verdict.NOISE
    assert label.source is LabelSource.HUMAN


def test_an_outcome_names_a_device_and_a_time():
    outcome = {"device": "SRV-1", "at": "2026-01-01T00:00:00Z"}

    label = decode_label(encoded(decision_id=..., outcome=outcome, verdict="actionable"))

    assert label.outcome is not None
    assert label.outcome.device == "SRV-1"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        encoded(verdict="maybe"),
        encoded(tenant=""),
        encoded(decision_id=...),
        encoded(incident_id="i-1"),
        encoded(labelled_at="2026-01-01T00:00:00"),
        encoded(labelled_at="yesterday"),
        encoded(labelled_at="9999-12-31T23:59:59-14:00"),
        encoded(decision_id=..., outcome={"device": "SRV-1", "at": "0001-01-01T00:00:00+14:00"}),
        encoded(decision_id=..., outcome={"device": "SRV-1", "at": "2026-01-01T00:00:00"}),
    ],
)
def test_a_label_that_cannot_be_read_is_refused_with_a_reason(value):
    with pytest.raises(LabelError, match=r"."):
        decode_label(value)


def test_a_tenant_that_would_break_the_keys_of_saved_state_is_refused():
    with pytest.raises(LabelError, match="NUL"):
        decode_label(encoded(tenant="acme\0c"))
