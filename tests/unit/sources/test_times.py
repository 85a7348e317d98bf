from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from noise.alert import utc
from noise.sources.times import moment_of_number, moment_of_text, plausible

EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize("number", [1_780_272_000, 1_780_272_000_000, 1_780_272_000_000_000])
def test_a_number_is_seconds_milliseconds_or_microseconds_by_its_size(number: float) -> None:
    assert moment_of_number(number) == utc(1_780_272_000)


@pytest.mark.parametrize("number", [None, 0, 2026, 5_000_000_000, 1e18, 1e30, -1.0])
def test_a_number_that_can_be_no_time_is_none(number: float | None) -> None:
    assert moment_of_number(number) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-01T00:00:00Z",
        "2026-06-01T02:00:00+0200",
        "2026-06-01 00:00:00.000000+00:00",
        "2026.06.01 02:00:00",
        " 2026-06-01T02:00:00 ",
        "1780272000",
    ],
)
def test_a_text_says_its_zone_or_has_that_of_its_tool(text: str) -> None:
    assert moment_of_text(text, EAST) == utc(1_780_272_000)


@pytest.mark.parametrize(
    "text", [None, "", "yesterday", "2026-06-01 00:00:00", "2026.13.01 00:00:00"]
)
def test_a_text_that_leaves_it_open_is_none(text: str | None) -> None:
    assert moment_of_text(text) is None


@pytest.mark.parametrize(
    "moment",
    [
        None,
        datetime(2026, 6, 1),  # noqa: DTZ001
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=EAST),
        datetime(2100, 1, 2, tzinfo=UTC),
    ],
)
def test_a_moment_without_a_zone_or_far_away_is_none(moment: datetime | None) -> None:
    assert plausible(moment) is None
