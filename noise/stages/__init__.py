"""One reason to show or to hide per file; the order is the order of precedence."""

from __future__ import annotations

from collections.abc import Iterator

from noise.settings import Settings
from noise.stages.acknowledged import Acknowledged
from noise.stages.clear import Clear
from noise.stages.escalation import Escalation
from noise.stages.flapping import Flapping
from noise.stages.hold import Hold
from noise.stages.learned import Learned
from noise.stages.maintenance import Maintenance
from noise.stages.member import Member
from noise.stages.novel import Novel
from noise.stages.policy import Policy
from noise.stages.recurring import Recurring
from noise.stages.repeat import Repeat

AnyStage = (
    Clear
    | Acknowledged
    | Maintenance
    | Policy
    | Escalation
    | Repeat
    | Flapping
    | Recurring
    | Novel
    | Learned
    | Hold
    | Member
)


def stages_for_arrivals(settings: Settings) -> tuple[AnyStage, ...]:
    """Return what judges an alert when it arrives, in order; the first ruling counts."""
    most_waiting = _most_waiting(settings)
    return (
        Clear(),
        Acknowledged(),
        *_orders(settings),
        Escalation(),
        Repeat(),
        Flapping(settings.flapping, most_waiting),
        Recurring(most_waiting),
        Hold(settings.holding, most_waiting, settings.scoring.hide_above),
        Novel(),
        Learned(settings.scoring, most_waiting),
        Member(),
    )


def stages_after_hold(settings: Settings) -> tuple[AnyStage, ...]:
    """Return what judges an alert whose waiting is over."""
    return (
        *_orders(settings),
        Learned(settings.scoring, _most_waiting(settings)),
        Member(after_hold=True),
    )


def _orders(settings: Settings) -> Iterator[AnyStage]:
    """Yield what carries out the owner's orders, where there are any."""
    if settings.maintenance:
        yield Maintenance(settings.maintenance, _most_waiting(settings))
    if settings.policies:
        yield Policy(settings.policies)


def _most_waiting(settings: Settings) -> int:
    # What waits is never forgotten, so it must leave room for what does not.
    return settings.limits.conditions // 2
