from __future__ import annotations

import socket
from urllib.request import urlopen

import pytest

from noise import settings
from noise.decision import Action, Reason
from noise.label import LabelSource, Verdict
from pipelines.metrics import (
    DecisionKind,
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
    tally = Tally(alerts=2, failed_open=1, arrivals=[99.0, 99.9], newest_arrival=90.0)
    tally.decisions[DecisionKind(Action.SUPPRESS, Reason.REPEAT)] = 2
    tally.later_decisions[DecisionKind(Action.NOTIFY, Reason.PERSISTED)] = 1
    tally.labels[Verdict.NOISE, LabelSource.HUMAN] = 1
    tally.label_outcomes["learned"] = 1
    tally.label_delays.append(30.0)

    metrics.settle(tally, 0, now=100.0)

    assert value(metrics, "noise_alerts_total") == 2
    assert value(metrics, "noise_fail_open_total") == 1
    assert value(metrics, "noise_decisions_total", action="suppress", reason="repeat") == 2
    assert value(metrics, "noise_later_decisions_total", action="notify", reason="persisted") == 1
    assert value(metrics, "noise_labels_total", verdict="noise", source="human") == 1
    assert value(metrics, "noise_label_outcomes_total", outcome="learned") == 1
    assert value(metrics, "noise_decision_latency_seconds_count") == 2
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
    tally.tenant_actions["acme", Action.SUPPRESS] = 3
    tally.tenant_actions["acme", Action.NOTIFY] = 1
    tally.would_suppress["acme"] = 3
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
