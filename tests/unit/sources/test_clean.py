from __future__ import annotations

import pytest

from noise.alert import MAX_KEY, MAX_LABELS, MAX_TEXT
from noise.sources.clean import (
    MAX_NAME,
    alert_key,
    clean_key,
    clean_labels,
    clean_name,
    clean_text,
    condition_key,
    digest,
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (None, None),
        (" \t\x00", None),
        (" a ", "a"),
        ("one\r\ntwo\x07three", "one two three"),
        ("lone\ud800surrogate", "lone surrogate"),
    ],
)
def test_a_key_is_one_printable_line(text: str | None, key: str | None) -> None:
    assert clean_key(text) == key


def test_a_key_or_name_that_is_too_long_stays_different() -> None:
    one, two = (clean_name("x" * 300 + end) for end in "ab")

    assert one is not None
    assert two is not None
    assert len(one) == len(two) == MAX_NAME
    assert one != two


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (None, None),
        ("  ", None),
        ("one\n\ttwo\x1bthree", "one\n\ttwo three"),
        ("lone\ud800", "lone\ufffd"),
        ("x" * 5000, "x" * (MAX_TEXT - 1) + "…"),
    ],
)
def test_a_text_keeps_its_lines_and_nothing_that_cannot_be_printed(
    text: str | None, cleaned: str | None
) -> None:
    assert clean_text(text) == cleaned


def test_labels_have_names_and_values_and_are_not_too_many() -> None:
    many = {"": "a", "b": None, "c": " "} | {str(number): "x" for number in range(100)}
    labels = clean_labels(many)

    assert len(labels) == MAX_LABELS
    assert set(labels.values()) == {"x"}


def test_a_condition_is_named_by_its_parts() -> None:
    assert condition_key("acme", "srv1", "disk", "C:") == "acme|srv1|disk|C:"


def test_parts_that_hold_the_separator_make_no_other_condition() -> None:
    assert condition_key("acme", "a|b", "c") != condition_key("acme", "a", "b|c")


def test_parts_that_are_too_long_make_no_other_condition() -> None:
    one, two = (condition_key("acme", "d" * 600, check) for check in "ab")

    assert len(one) == MAX_KEY
    assert one != two


@pytest.mark.parametrize(
    ("known_as", "key"), [("17", "acme|tool|17"), (None, "condition"), (" ", "condition")]
)
def test_an_alert_is_known_by_its_tools_id_or_by_its_condition(
    known_as: str | None, key: str
) -> None:
    assert alert_key("acme", "tool", known_as, "condition") == key


def test_a_digest_stands_for_any_text() -> None:
    assert len(digest("\ud800" * 10_000)) == 16
    assert digest("a") != digest("b")
