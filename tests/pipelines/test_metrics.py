from __future__ import annotations

import socket
from urllib.request import urlopen

import pytest

from noise import settings
from noise.decision import Action, Mode, Reason
from noise.engine import TenantReport
from noise.label import LabelSource, Verdict
from noise.learning.bound import Cells, Risk
from noise.learning.evidence import Rate
from noise.learning.learner import Health
from noise.learning.pool import Bounds
from noise.learning.starvation import Lately
from pipelines.metrics import (
    End,
    Metrics,
    PageError,
    Tally,
    TransactionTotals,
    serve,
)
from tests.factories import alert
from tests.story import Story, at


def metrics_for(tenants: int = 10) -> Metrics:
    return Metrics(
        settings.Metrics(tenants=tenants),
        dead_letter_reasons=["headers"],
        label_outcomes=["learned"],
    )


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_every_decision_reason_is_there_before_the_first_alert():
    metrics = metrics_for()

    for reason in Reason:
        action = {"repeat": "suppress", "score": "notify"}.get(reason)
        if action is not None:
            labels = {"action": action, "reason": reason.value}
            assert value(metrics, "noise_decisions_total", **labels) == 0
            assert value(metrics, "noise_later_decisions_total", **labels) == 0


def test_the_books_balance_when_each_record_has_one_end():
    metrics = metrics_for()
    tally = Tally()
    tally.raw["acme"] = 3
    tally.ends["acme", End.DECIDED] = 1
    tally.ends["acme", End.DEAD_LETTER] = 1
    tally.ends["acme", End.FORWARDED] = 1

    metrics.settle(tally, 0, now=100.0)

    assert value(metrics, "noise_raw_records_total", tenant="acme", partition="0") == 3
    assert value(metrics, "noise_balance_difference", tenant="acme", partition="0") == 0
    assert value(metrics, "noise_forwarded_records_total") == 1


def test_a_record_that_ended_nowhere_shows_as_a_difference():
    metrics = metrics_for()
    tally = Tally()
    tally.raw["acme"] = 2
    tally.ends["acme", End.DECIDED] = 1

    metrics.settle(tally, 3, now=100.0)
    metrics.settle(tally, 3, now=101.0)

    assert value(metrics, "noise_balance_difference", tenant="acme", partition="3") == 2


def test_decisions_and_labels_are_counted_by_what_they_said():
    metrics = metrics_for()
    tally = Tally(newest_arrival=90.0)
    tally.arrivals.update({99_000: 1, 99_900: 2})
    tally.decisions["acme", Action.SUPPRESS, Reason.REPEAT, True] = 2
    tally.decisions["acme", Action.NOTIFY, Reason.FAIL_OPEN, False] = 1
    tally.later_decisions[Action.NOTIFY, Reason.PERSISTED] = 1
    tally.labels[Verdict.NOISE, LabelSource.HUMAN] = 1
    tally.label_outcomes["learned"] = 1
    tally.label_delays.append(30.0)

    metrics.settle(tally, 0, now=100.0)

    assert value(metrics, "noise_alerts_total") == 3
    assert value(metrics, "noise_fail_open_total") == 1
    assert value(metrics, "noise_decisions_total", action="suppress", reason="repeat") == 2
    assert value(metrics, "noise_later_decisions_total", action="notify", reason="persisted") == 1
    assert value(metrics, "noise_labels_total", verdict="noise", source="human") == 1
    assert value(metrics, "noise_label_outcomes_total", outcome="learned") == 1
    assert value(metrics, "noise_decision_latency_seconds_count") == 3
    assert value(metrics, "noise_decision_latency_seconds_sum") == pytest.approx(1.2)
    assert value(metrics, "noise_decision_latency_seconds_bucket", le="0.1") == 2
    assert value(metrics, "noise_decision_latency_seconds_bucket", le="1.0") == 3
    assert value(metrics, "noise_end_to_end_lag_seconds") == 10


def test_words_from_outside_the_closed_lists_are_counted_as_other():
    metrics = metrics_for()
    tally = Tally()
    tally.dead_letters["surprise"] = 1
    tally.dead_letters["headers"] = 1
    tally.label_outcomes["surprise"] = 1

    metrics.settle(tally, 0, now=0.0)

    assert value(metrics, "noise_dead_letters_total", reason="other") == 1
    assert value(metrics, "noise_dead_letters_total", reason="headers") == 1
    assert value(metrics, "noise_label_outcomes_total", outcome="other") == 1


def test_only_the_first_tenants_have_series_of_their_own():
    metrics = metrics_for(tenants=2)

    labels = [metrics.tenant_label(name) for name in ("a", "b", "c", "a", "d")]

    assert labels == ["a", "b", "other", "a", "other"]


def test_no_tenants_are_named_when_that_is_switched_off():
    assert metrics_for(tenants=0).tenant_label("acme") == "other"


def test_lag_is_shown_for_the_partitions_that_are_ours():
    metrics = metrics_for()
    metrics.show_lag({("raw", 0): 5, ("raw", 1): 0})
    metrics.show_lag({("raw", 1): 7})

    assert value(metrics, "noise_consumer_lag_records", topic="raw", partition="1") == 7
    assert value(metrics, "noise_consumer_lag_records", topic="raw", partition="0") is None


def test_transactions_show_how_many_and_how_long():
    metrics = metrics_for()
    metrics.show_transactions(TransactionTotals(4, 0.5))

    assert value(metrics, "noise_transaction_seconds_count") == 4
    assert value(metrics, "noise_transaction_seconds_sum") == 0.5


def test_the_page_is_served_on_a_free_port():
    metrics = metrics_for()
    with serve(metrics, settings.Metrics(port=0)) as page:
        text = urlopen(f"http://127.0.0.1:{page.port}/metrics").read().decode()

    assert 'noise_decisions_total{action="suppress",reason="repeat"} 0.0' in text


def test_a_port_in_use_is_a_plain_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(PageError, match=f"127.0.0.1:{port}.*set metrics.port to a free port"),
            serve(metrics_for(), settings.Metrics(port=port)),
        ):
            pass


def report_of(tenant: str, *, spoke_at: float = 0.0, mode: Mode = Mode.OBSERVE) -> TenantReport:
    risk = Risk(
        false_positive_ratio=0.08,
        false_discovery_ratio=0.5,
        overturned_ratio=0.1,
        missed_incident_ratio=Rate(0.01, 0.04),
        hidden_real_ratio=Rate(0.002, 0.03),
        label_delay_seconds=900.0,
        auc=0.93,
        drift=-0.02,
        cells=Cells(shown_noise=8.0, shown_real=8.0, hidden_noise=92.0, hidden_real=1.0),
    )
    health = Health(doubt=0.4, lately=Lately(real=0.3, hidden=0.2))
    return TenantReport(tenant, mode, spoke_at, risk, health)


def test_a_client_shows_how_often_it_was_served_wrongly():
    metrics = metrics_for()

    metrics.show_tenants([report_of("acme", spoke_at=40.0, mode=Mode.ENFORCE)], now=100.0)

    expected = {
        "noise_feed_silence_seconds": 60.0,
        "noise_false_positive_ratio": 0.08,
        "noise_false_discovery_ratio": 0.5,
        "noise_overturned_ratio": 0.1,
        "noise_missed_incident_ratio": 0.01,
        "noise_missed_incident_ratio_upper": 0.04,
        "noise_hidden_real_ratio": 0.002,
        "noise_hidden_real_ratio_upper": 0.03,
        "noise_answer_delay_seconds": 900.0,
        "noise_model_auc": 0.93,
        "noise_model_drift": -0.02,
        "noise_model_doubt": 0.4,
        "noise_real_answers_change": 0.3,
        "noise_hidden_share_change": 0.2,
    }
    assert {name: value(metrics, name, tenant="acme") for name in expected} == expected
    assert value(metrics, "noise_mode", tenant="acme", mode="enforce") == 1
    assert value(metrics, "noise_mode", tenant="acme", mode="observe") == 0
    assert value(metrics, "noise_judged_alerts", tenant="acme", cell="hidden_noise") == 92
    assert value(metrics, "noise_judged_alerts", tenant="acme", cell="shown_noise") == 8


def test_a_client_in_mode_earn_shows_in_how_many_classes_it_hides():
    metrics = metrics_for()

    metrics.show_tenants(
        [
            report_of("acme", mode=Mode.EARN)._replace(live=3),
            report_of("bolt", mode=Mode.ENFORCE),
        ],
        now=100.0,
    )

    assert value(metrics, "noise_live_scopes", tenant="acme") == 3
    assert value(metrics, "noise_live_scopes", tenant="bolt") is None
    assert value(metrics, "noise_mode", tenant="acme", mode="earn") == 1


def test_what_is_known_of_all_clients_together_is_shown_by_class():
    metrics = metrics_for()
    known, unknown = Rate(0.01, 0.04), Rate(None, None)
    everything = Bounds(None, None, 100, 9, 3, known, known)
    of_disks = Bounds(None, "disk", 10, 2, 0, known, unknown)

    metrics.show_pool([Bounds(None, "backup", 1, 1, 0, known, unknown)])
    metrics.show_pool([everything, of_disks])

    name = "noise_pooled_hidden_real_ratio"
    assert value(metrics, name, **{"class": "all"}) == 0.01
    assert value(metrics, f"{name}_upper", **{"class": "disk"}) == 0.04
    assert value(metrics, "noise_pooled_missed_incident_ratio_upper", **{"class": "all"}) == 0.04
    assert value(metrics, "noise_pooled_missed_incident_ratio", **{"class": "disk"}) is None
    assert value(metrics, name, **{"class": "backup"}) is None


def test_a_ratio_of_which_nothing_is_known_has_no_value():
    metrics = metrics_for()
    known = report_of("acme")
    nothing = known.risk._replace(
        false_positive_ratio=None, missed_incident_ratio=Rate(None, None), auc=None
    )

    metrics.show_tenants([known], now=100.0)
    metrics.show_tenants([known._replace(risk=nothing)], now=102.0)

    assert value(metrics, "noise_false_positive_ratio", tenant="acme") is None
    assert value(metrics, "noise_missed_incident_ratio_upper", tenant="acme") is None
    assert value(metrics, "noise_model_auc", tenant="acme") is None
    assert value(metrics, "noise_suppression_ratio", tenant="acme") is None
    assert value(metrics, "noise_overturned_ratio", tenant="acme") == 0.1


def test_the_suppression_ratio_is_the_hidden_share_of_what_was_decided():
    metrics = metrics_for()
    tally = Tally()
    tally.decisions["acme", Action.SUPPRESS, Reason.REPEAT, True] = 6
    tally.decisions["acme", Action.NOTIFY, Reason.SCORE, False] = 2
    tally.decisions["acme", Action.NOTIFY, Reason.OBSERVE_MODE, True] = 1
    tally.decisions["acme", Action.UPDATE, Reason.RESOLVED, False] = 1

    metrics.settle(tally, 0, now=100.0)
    metrics.show_tenants([report_of("acme")], now=100.0)

    assert value(metrics, "noise_suppression_ratio", tenant="acme") == 0.6
    assert value(metrics, "noise_tenant_decisions_total", tenant="acme", action="suppress") == 6
    assert value(metrics, "noise_would_suppress_total", tenant="acme") == 7


def test_a_client_that_moved_to_another_worker_loses_its_series_here():
    metrics = metrics_for()

    metrics.show_tenants([report_of("acme"), report_of("moved")], now=100.0)
    metrics.show_tenants([report_of("acme")], now=102.0)

    assert shown_of(metrics, "moved") == set()
    assert {"noise_false_positive_ratio", "noise_mode", "noise_judged_alerts"} <= shown_of(
        metrics, "acme"
    )


def test_clients_beyond_the_limit_are_counted_together_but_not_judged_together():
    metrics = metrics_for(tenants=1)
    tally = Tally()
    for tenant in ("acme", "late", "later"):
        tally.raw[tenant] = tally.ends[tenant, End.DECIDED] = 1

    metrics.settle(tally, 0, now=100.0)
    metrics.show_tenants([report_of(tenant) for tenant in ("acme", "late", "later")], now=100.0)

    assert value(metrics, "noise_raw_records_total", tenant="other", partition="0") == 2
    counted = {"noise_raw_records_total", "noise_record_ends_total", "noise_balance_difference"}
    assert shown_of(metrics, "other") == counted
    assert shown_of(metrics, "late") == set()


def test_a_clock_that_stands_before_the_last_alert_shows_no_negative_silence():
    metrics = metrics_for()

    metrics.show_tenants([report_of("acme", spoke_at=100.5)], now=100.0)

    assert value(metrics, "noise_feed_silence_seconds", tenant="acme") == 0


def shown_of(metrics: Metrics, tenant: str) -> set[str]:
    """The names of all series of one client."""
    return {
        sample.name
        for metric in metrics.registry.collect()
        for sample in metric.samples
        if sample.labels.get("tenant") == tenant
    }


def test_each_metric_tells_its_labels_to_the_reference():
    names = metrics_for().label_names

    assert names["noise_decisions_total"] == ("action", "reason")
    assert names["noise_judged_alerts"] == ("tenant", "cell")
    assert names["noise_alerts_total"] == ()


# -- clients


def test_each_client_shows_how_it_fares_as_far_as_that_is_known():
    story = Story()
    shown = [story.push(n, alert(check=f"check-{n}", severity="critical")) for n in range(4)]
    for n, one in enumerate(shown):
        story.answer(10 + n, one, Verdict.ACTIONABLE if n else Verdict.NOISE)
    metrics = metrics_for()

    metrics.show_tenants(story.engine.reports(), now=at(13))

    assert value(metrics, "noise_false_discovery_ratio", tenant="acme") == pytest.approx(
        0.25, abs=0.01
    )
    assert value(metrics, "noise_false_positive_ratio", tenant="acme") == 1
    assert value(metrics, "noise_mode", tenant="acme", mode="enforce") == 1
    assert value(metrics, "noise_mode", tenant="acme", mode="observe") == 0
    assert value(metrics, "noise_suppression_ratio", tenant="acme") is None


def test_the_share_that_was_hidden_follows_from_what_was_decided():
    metrics = metrics_for()
    tally = Tally()
    tally.decisions["acme", Action.SUPPRESS, Reason.REPEAT, True] = 3
    tally.decisions["acme", Action.NOTIFY, Reason.SCORE, False] = 1
    metrics.settle(tally, 0, now=100.0)
    story = Story()
    story.push(0, alert())

    metrics.show_tenants(story.engine.reports(), now=at(1))

    assert value(metrics, "noise_suppression_ratio", tenant="acme") == 0.75


def test_a_client_that_moved_to_another_worker_is_shown_no_more():
    metrics = metrics_for()
    story = Story()
    story.push(0, alert())
    metrics.show_tenants(story.engine.reports(), now=at(1))

    metrics.show_tenants([], now=at(2))

    assert value(metrics, "noise_mode", tenant="acme", mode="enforce") is None


def test_clients_beyond_the_bound_have_no_series_of_their_own():
    metrics = metrics_for(tenants=1)
    story = Story()
    for tenant in ("acme", "bakery"):
        story.push(0, alert(tenant))

    metrics.show_tenants(story.engine.reports(), now=at(1))

    shown = [
        name
        for name in ("acme", "bakery", "other")
        if value(metrics, "noise_mode", tenant=name, mode="enforce") is not None
    ]
    assert len(shown) == 1
    assert shown != ["other"]
