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
