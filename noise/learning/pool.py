"""What is known of what was hidden, at three levels: all clients together, a client, a class of it.

Evidence adds up. A bound for all clients together holds for them together: some client may fare
worse, and what is claimed for one rests on its own evidence alone. In the same way a bound for all
classes says nothing of one of them. Assumed: samples are answered as often at every client and in
every class. A client that answers none of its samples counts with what was hidden there, as if the
answers of the others spoke for it too; few samples and no answer cannot be told from each other.

Classes are the categories of alerts; which ones are told apart is the caller's choice, the others
share ``OTHER``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from noise.learning.bound import ERROR, Ledger
from noise.learning.evidence import OTHER, Evidence, Rate, hidden_real, missed_incidents


class Bounds(NamedTuple):
    """Two shares with their intervals, and the numbers that they rest on.

    ``tenant`` None means all clients together, ``alert_class`` None all classes. ``hidden`` counts
    what was hidden, or would have been, without anybody knowing of its incident; ``samples`` are
    the random ones of them that were answered, ``surfaced`` the real incidents that came to light.
    """

    tenant: str | None
    alert_class: str | None
    hidden: int
    samples: int
    surfaced: int
    hidden_real_ratio: Rate
    missed_incident_ratio: Rate


def at_all_levels(ledgers: Mapping[str, Ledger], classes: Collection[str]) -> Iterator[Bounds]:
    """Yield the bounds of all clients, of their classes, then of each client and its classes."""
    yield from pooled(ledgers.values(), classes)
    for tenant in sorted(ledgers):
        yield from _bounds(tenant, [ledgers[tenant]], classes)


def pooled(ledgers: Iterable[Ledger], classes: Collection[str]) -> Iterator[Bounds]:
    """Yield the bounds of all clients together, and of each class over all clients."""
    yield from _bounds(None, list(ledgers), classes)


def _bounds(
    tenant: str | None, ledgers: list[Ledger], classes: Collection[str]
) -> Iterator[Bounds]:
    if not ledgers:
        return
    latest = max(ledgers, key=lambda ledger: ledger.at)
    total, by_class = Evidence(), {name: Evidence() for name in sorted({*classes, OTHER})}
    for ledger in ledgers:
        if ledger.audit_share != latest.audit_share:  # it has not heard of the setting yet
            continue
        for name, known in ledger.evidence_of(latest.epoch):
            total.add(known)
            by_class[name if name in classes else OTHER].add(known)
    yield _of(tenant, None, total, latest.audit_share)
    for name, known in by_class.items():
        if known != Evidence():
            yield _of(tenant, name, known, latest.audit_share)


def _of(tenant: str | None, alert_class: str | None, known: Evidence, share: float) -> Bounds:
    return Bounds(
        tenant,
        alert_class,
        known.hidden + known.watched,
        sum(known.answered),
        known.surfaced,
        hidden_real(known, share, ERROR),
        missed_incidents(known, share, ERROR),
    )
