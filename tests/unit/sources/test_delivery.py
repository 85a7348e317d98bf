from __future__ import annotations

import pytest

from noise.alert import MAX_KEY, utc
from noise.errors import SourceError
from noise.sources import DeadLetterReason
from tests.factories import delivery


def test_a_delivery_is_named_by_its_sender_or_by_its_bytes() -> None:
    assert delivery("a", event="e7").key == "e7"
    assert delivery("a", event=None).key == delivery("a", event=None).key
    assert delivery("a", event=None).key != delivery("b", event=None).key


def test_a_long_name_leaves_room_for_the_number_of_a_member() -> None:
    key = delivery("a", event="k" * 5_000).key

    assert len(f"{key}#1234567") <= MAX_KEY
    assert key != delivery("a", event="k" * 5_001).key


def test_its_arrival_is_a_moment() -> None:
    assert delivery("a").arrived_at == utc(1_780_000_000)


def test_the_header_names_the_client_before_the_body_does() -> None:
    assert delivery("a", tenant="acme").tenant_or("other") == "acme"
    assert delivery("a", tenant=None).tenant_or("other") == "other"


@pytest.mark.parametrize("found", [None, " "])
def test_without_a_client_there_is_no_alert(found: str | None) -> None:
    with pytest.raises(SourceError) as refused:
        delivery("a", tenant=None).tenant_or(found)

    assert refused.value.reason == DeadLetterReason.NO_TENANT
