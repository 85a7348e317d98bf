"""The message that a tool's test button sends: nothing is wrong, and its fields are not filled."""

from __future__ import annotations

from noise.alert import Alert, Severity, State
from noise.sources.clean import condition_key
from noise.sources.delivery import Delivery

CHECK = "test delivery"


def trial_alert(delivery: Delivery, source: str, found: str | None = None) -> Alert:
    """Return an alert that only says that the way from the tool to here works.

    It is no condition: it clears nothing, and nothing clears it. Raises SourceError (no_tenant).
    """
    tenant = delivery.tenant_or(found)
    condition = condition_key(tenant, None, CHECK, source)
    return Alert(
        event_key=delivery.key,
        alert_key=condition,
        condition_key=condition,
        tenant=tenant,
        check=CHECK,
        object=source,
        category="other",
        severity=Severity.INFO,
        state=State.OTHER,
        title=f"Test delivery from {source}",
        received_at=delivery.arrived_at,
        source=source,
    )
