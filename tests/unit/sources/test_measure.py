from __future__ import annotations

import pytest

from noise.alert import BadWhen
from noise.sources.measure import NOTHING, Measure, read_sentence, read_value


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        (
            "CPU utilization is 95.5%, above 90% for 5 minutes",
            Measure(95.5, 90.0, "%", BadWhen.ABOVE),
        ),
        ("Toner black: level 7%, below 12%", Measure(7.0, 12.0, "%", BadWhen.BELOW)),
        ("Temperature at room 2 is 28.4 C, above 28 C", Measure(28.4, 28.0, "C", BadWhen.ABOVE)),
        ("Queue Out holds 300 messages, above 250", Measure(300.0, 250.0, None, BadWhen.ABOVE)),
        ("It is -20 C, below -5 C", Measure(-20.0, -5.0, "C", BadWhen.BELOW)),
    ],
)
def test_a_sentence_states_value_and_threshold(text: str, measure: Measure) -> None:
    assert read_sentence(text) == measure


@pytest.mark.parametrize(
    "text",
    [
        "Certificate for a.example expires in 12 day(s)",
        "The licence ends in 12 days",
        "SSL certificate expires in 12 days, renew it",
    ],
)
def test_a_sentence_may_say_how_many_days_are_left(text: str) -> None:
    assert read_sentence(text) == Measure(12.0, None, "d", BadWhen.BELOW)


@pytest.mark.parametrize(
    ("text", "bad_when"),
    [
        ("CPU utilization is 39%, back below 90%", BadWhen.ABOVE),
        ("Disk volume C: free space is 12%, above 10%", BadWhen.BELOW),
    ],
)
def test_on_the_way_back_trouble_lies_on_the_other_side(text: str, bad_when: BadWhen) -> None:
    assert read_sentence(text, is_back=True).bad_when is bad_when


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Packet loss to WAN1 is 3%",
        "CPU is 95%, above 90",
        "Event 4776 was logged 6 time(s) in the last 15 minutes",
        "version 1.2.3, above 2",
    ],
)
def test_what_a_sentence_leaves_open_is_not_guessed(text: str | None) -> None:
    assert read_sentence(text) == NOTHING


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("9.979 %", Measure(9.979, unit="%")),
        (" 0 ", Measure(0.0)),
        ("37.02 GB", Measure(37.02, unit="GB")),
        ("Stopped (3)", NOTHING),
        ("2026-06-01", NOTHING),
        (None, NOTHING),
    ],
)
def test_a_value_stands_alone_with_its_unit(text: str | None, measure: Measure) -> None:
    assert read_value(text) == measure
