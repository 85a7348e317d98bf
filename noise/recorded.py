"""What was recorded: deliveries as they arrived, and what a technician says of one."""

from __future__ import annotations

import msgspec

from noise.alert import utc
from noise.label import Label, Verdict


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """One delivery as it was recorded; ``at`` is its arrival in epoch seconds.

    ``event`` is its event key, ``origin`` a name that no other delivery of the replay has.
    ``truth`` is known to whoever judges the result, and never shown to the engine.
    """

    at: float
    source: str | None
    tenant: str | None
    event: str
    body: bytes
    origin: str
    truth: Verdict | None = None


class Answer(msgspec.Struct, frozen=True):
    """What a technician will say of an alert, so many seconds after seeing it."""

    verdict: Verdict
    delay_seconds: float
    technician: str

    def about(self, decision_id: str, tenant: str, seen_at: float) -> Label:
        """Return the label of somebody who saw the decision at ``seen_at``, in epoch seconds."""
        return Label(
            label_id=f"{decision_id}/{self.technician}",
            tenant=tenant,
            verdict=self.verdict,
            technician=self.technician,
            labelled_at=utc(seen_at + self.delay_seconds),
            decision_id=decision_id,
        )
