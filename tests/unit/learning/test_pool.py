from __future__ import annotations

from typing import Any

from noise.decision import Reason
from noise.label import Verdict
from noise.learning.bound import Ledger
from noise.learning.evidence import EPOCH_SECONDS, OTHER, UNKNOWN
from noise.learning.pool import Bounds, at_all_levels, pooled
from noise.state.answerable import Answer
from tests.factories import sighting

NOW = 1_450 * EPOCH_SECONDS
SHARE = 0.1
CLASSES = ("backup", "disk")


def a_ledger(now: float = NOW, share: float = SHARE, **by_class: int) -> Ledger:
    """So many audited alerts of each class, all of them noise."""
    ledger = Ledger()
    for alert_class, number in by_class.items():
        for index in range(number):
            sampled: dict[str, Any] = {"reason": Reason.AUDIT_SAMPLE, "inclusion": share}
            one = sighting(f"d{index}.c", decided_at=now, category=alert_class, **sampled)
            ledger.decided(one, None, now, share)
            one.answers = [Answer("tess", Verdict.NOISE, "l", now)]
            ledger.heard(one, None, one.verdict, now, share)
    return ledger


def numbers(bounds: list[Bounds]) -> list[tuple[str | None, str | None, int]]:
    return [(one.tenant, one.alert_class, one.samples) for one in bounds]


def test_without_clients_nothing_is_claimed():
    assert list(at_all_levels({}, CLASSES)) == []


def test_evidence_is_read_for_all_clients_for_each_and_for_their_classes():
    ledgers = {"zeta": a_ledger(disk=30), "acme": a_ledger(disk=5, backup=4, unheard_of=3)}

    assert numbers(list(at_all_levels(ledgers, CLASSES))) == [
        (None, None, 42),
        (None, "backup", 4),
        (None, "disk", 35),
        (None, OTHER, 3),
        ("acme", None, 12),
        ("acme", "backup", 4),
        ("acme", "disk", 5),
        ("acme", OTHER, 3),
        ("zeta", None, 30),
        ("zeta", "disk", 30),
    ]


def test_what_the_pool_shows_is_not_claimed_for_one():
    ledgers = {f"client {number}": a_ledger(disk=20) for number in range(20)}

    together, _, one, _ = list(at_all_levels(ledgers, CLASSES))[:4]

    assert together.hidden_real_ratio.upper is not None
    assert together.hidden_real_ratio.upper < 0.02
    assert one.hidden_real_ratio == ledgers["client 0"].hidden_real()
    assert one.hidden_real_ratio.upper is not None
    assert one.hidden_real_ratio.upper > 0.2


def test_only_the_present_window_counts_also_of_a_client_that_fell_silent():
    silent = [a_ledger(NOW - epochs * EPOCH_SECONDS, disk=7) for epochs in (1, 2)]

    assert [one.samples for one in pooled([a_ledger(disk=1), *silent], CLASSES)] == [8, 8]


def test_samples_of_another_share_are_left_out():
    before = a_ledger(NOW - EPOCH_SECONDS, share=0.2, disk=7)

    assert [one.samples for one in pooled([before, a_ledger(disk=2)], CLASSES)] == [2, 2]


def test_a_ledger_without_entries_says_nothing():
    (only,) = pooled([Ledger()], CLASSES)

    assert (only.hidden, only.hidden_real_ratio, only.missed_incident_ratio) == (
        0,
        UNKNOWN,
        UNKNOWN,
    )
