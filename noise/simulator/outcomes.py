"""Tickets, outages and calls: what comes to light whether or not an alert of it was shown."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from noise.alert import utc
from noise.label import Label, LabelSource, Outcome, Verdict
from noise.simulator.chance import chance, hours, stream
from noise.simulator.problem import Problem

# The share of each kind that surfaces, and where; what is not listed surfaces in half of the cases.
_SURFACES = {
    "site_down": (0.95, LabelSource.OUTAGE),
    "power_gone": (0.95, LabelSource.OUTAGE),
    "host_crashed": (0.9, LabelSource.OUTAGE),
    "switch_failing": (0.8, LabelSource.OUTAGE),
    "directory_failing": (0.8, LabelSource.OUTAGE),
    "certificate_expired": (0.8, LabelSource.TICKET),
    "service_down": (0.7, LabelSource.TICKET),
    "backup_failing": (0.3, LabelSource.TICKET),
    "brute_force": (0.3, LabelSource.TICKET),
}
_OTHERWISE = (0.5, LabelSource.TICKET)


def outcomes(problem: Problem) -> Iterator[Label]:
    """Yield what surfaces of ``problem``: for some nothing, for a few more than one ticket."""
    rng = stream("outcome", problem.id, problem.began_at)
    share, source = _SURFACES.get(problem.kind, _OTHERWISE)
    if not chance(rng, share):
        return
    yield _label(rng, problem, source, 1)
    if chance(rng, 0.15):
        yield _label(rng, problem, LabelSource.TICKET, 2)


def _label(rng: Random, problem: Problem, source: LabelSource, number: int) -> Label:
    happened = rng.uniform(problem.began_at, problem.tell_by)
    written = problem.tell_by + hours(rng, 0.2, 8)
    return Label(
        label_id=f"outcome/{problem.id}/{number}",
        tenant=problem.tenant,
        verdict=Verdict.ACTIONABLE,
        technician="service-desk",
        labelled_at=utc(round(written, 3)),
        outcome=Outcome(device=rng.choice(problem.devices), at=utc(round(happened, 3))),
        source=source,
        note=problem.title,
    )
