from __future__ import annotations

from typing import Any

import pytest

from noise.alert import MAX_KEY, Alert, BadWhen, Severity, State, utc
from noise.errors import SourceError
from noise.sources import DeadLetterReason, parse
from tests.factories import delivery, directory

LEAST = {"check": "disk", "title": "disk is full"}


def read(event: str | None = "e1", **given: Any) -> Alert:
    tenant = given.get("tenant", "acme") if event else None
    (alert,) = parse(delivery(LEAST | given, tenant=tenant, event=event), directory())
    return alert


def test_check_and_title_are_enough() -> None:
    assert read() == Alert(
        event_key="e1",
        alert_key="acme||disk|",
        condition_key="acme||disk|",
        tenant="acme",
        check="disk",
        category="disk",
        title="disk is full",
        received_at=utc(1_780_000_000),
        source="canonical",
    )


def test_all_that_is_given_is_kept_but_for_the_arrival_which_is_our_own() -> None:
    given = {
        "schema": 1,
        "alert_key": "a",
        "condition_key": "c",
        "tenant": "acme",
        "site": "Berlin",
        "device": "srv1",
        "device_class": "server",
        "object": "C:",
        "category": "storage",
        "severity": "high",
        "source_severity": "bad",
        "state": "cleared",
        "message": "more",
        "value": 9.5,
        "threshold": 10,
        "unit": "%",
        "bad_when": "below",
        "occurred_at": "2026-06-01T02:00:00+02:00",
        "received_at": "2026-06-01T00:00:01Z",
        "source": "mine",
        "link": "https://example",
        "labels": {"a": "b"},
    }

    assert read(event_key="other", **given) == Alert(
        **LEAST
        | given
        | {
            "event_key": "e1",
            "severity": Severity.HIGH,
            "state": State.CLEARED,
            "bad_when": BadWhen.BELOW,
            "occurred_at": utc(1780272000),
            "received_at": utc(1_780_000_000),
        }
    )


def test_without_a_header_the_body_names_event_and_client() -> None:
    alert = read(None, event_key="mine", tenant="other")

    assert (alert.event_key, alert.tenant) == ("mine", "other")


def test_an_alert_without_any_event_key_is_named_by_its_bytes() -> None:
    one, same, other = (
        read(None, tenant="acme", object=name).event_key for name in ("C:", "C:", "D:")
    )

    assert one == same != other


def test_keys_that_are_too_long_are_cut_and_stay_different() -> None:
    one, two = (read(alert_key="x" * 600 + end).alert_key for end in "ab")

    assert len(one) == MAX_KEY
    assert one != two


def test_a_body_that_names_another_client_than_its_sender_is_refused() -> None:
    with pytest.raises(SourceError) as refused:
        parse(delivery(LEAST | {"tenant": "other"}), directory())

    assert refused.value.reason == DeadLetterReason.WRONG_TENANT


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"title": "t"}, "check"),
        ({"check": "c"}, "title"),
        ({"check": " ", "title": "t"}, r"\$.check"),
        ({"check": "c", "title": "\x00"}, r"\$.title"),
        (LEAST | {"schema": 2}, r"\$.schema"),
        (LEAST | {"severity": "terrible"}, r"\$.severity"),
        (LEAST | {"occurred_at": "2026-06-01T00:00:00"}, r"\$.occurred_at"),
        ([], "array"),
    ],
)
def test_the_place_that_is_wrong_is_named(body: Any, where: str) -> None:
    with pytest.raises(SourceError, match=where) as refused:
        parse(delivery(body), directory())

    assert refused.value.reason == DeadLetterReason.WRONG_SHAPE
