from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest

from noise.errors import SourceError
from noise.sources import DeadLetterReason
from noise.sources.payload import (
    MAX_DEPTH,
    Fields,
    check_depth,
    decode_json,
    decode_text,
    decode_typed,
    object_at,
    read_number,
    repair_object,
)


class Pair(msgspec.Struct):
    name: str
    size: int | None = None


PAIR = msgspec.json.Decoder(Pair)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    assert decode_text("größer".encode(encoding)) == "größer"


@pytest.mark.parametrize("body", [b"\xff", b"\xff\xfe\x00\xd8", b'{"a": "\xff"}'])
def test_bytes_in_no_encoding_are_refused(body: bytes) -> None:
    with pytest.raises(SourceError) as refused:
        decode_json(body)

    assert refused.value.reason == DeadLetterReason.WRONG_ENCODING


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        (b'"{\\"a\\": 1}"', {"a": 1}),
        (b'" [1]"', [1]),
        (b'"text"', "text"),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}),
    ],
)
def test_json_is_read_also_where_it_is_only_nearly_json(body: bytes, value: Any) -> None:
    assert decode_json(body) == value


def test_numbers_that_are_none_are_read() -> None:
    assert math.isnan(decode_json(b'{"a": NaN}')["a"])


@pytest.mark.parametrize("repair", [True, False])
def test_what_is_no_json_is_refused(repair: bool) -> None:
    with pytest.raises(SourceError) as refused:
        decode_json(b"hello", repair=repair)

    assert refused.value.reason == DeadLetterReason.NOT_JSON


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"a":"say "hi"","b":"2"}', {"a": 'say "hi"', "b": "2"}),
        ('{"a":"C:\\gone","b":2}', {"a": "C:\\gone", "b": "2"}),
        ('{"a":"x","b":null,"c":"y"z"}', {"a": "x", "b": "null", "c": 'y"z'}),
        ('{"a":"x","a":"y"z"}', {"a": "x"}),
        ('{"a":"caf\\u00e9","b":""}', {"a": "café", "b": ""}),
        ('{"a":"}', {"a": '"'}),
        ("{}", {}),
        ('{"a":"cut', {}),
        ('"a":"x"}', {}),
    ],
)
def test_values_that_were_pasted_in_end_where_the_next_name_begins(
    text: str, fields: dict[str, str]
) -> None:
    assert repair_object(text) == fields


def test_a_repaired_object_is_only_given_to_who_asks_for_it() -> None:
    body = b'{"a":"say "hi""}'

    assert decode_json(body, repair=True) == {"a": 'say "hi"'}
    with pytest.raises(SourceError):
        decode_json(body)


def test_depth_is_bounded_and_brackets_in_texts_do_not_count() -> None:
    deep = b"[" * (MAX_DEPTH + 1)
    check_depth(json.dumps({"a": deep.decode() + '\\"['}).encode())
    check_depth(b"[]" * (MAX_DEPTH + 1))

    with pytest.raises(SourceError) as refused:
        check_depth(deep)
    assert refused.value.reason == DeadLetterReason.TOO_DEEP


@pytest.mark.parametrize(
    "body", [b'{"name": "a", "size": 2}', b'"{\\"name\\": \\"a\\", \\"size\\": 2}"']
)
def test_a_typed_record_is_read_also_from_a_text(body: bytes) -> None:
    assert decode_typed(PAIR, body) == Pair("a", 2)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"name": 1}', DeadLetterReason.WRONG_SHAPE),
        (b"{", DeadLetterReason.NOT_JSON),
        (b'{"name": "\xff"}', DeadLetterReason.WRONG_ENCODING),
    ],
)
def test_a_record_of_another_type_is_refused(body: bytes, reason: DeadLetterReason) -> None:
    with pytest.raises(SourceError) as refused:
        decode_typed(PAIR, body)

    assert refused.value.reason == reason


TREE = Fields(
    {
        "text": "a",
        "blank": " ",
        "whole": 3,
        "round": 3.0,
        "part": 3.5,
        "huge": 10**30,
        "endless": math.inf,
        "truth": True,
        "list": ["a", 1, {}],
        "objects": [{"a": 1}],
        "object": {"a": {"b": "c"}},
    }
)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("text",), "a"),
        (("blank", "whole"), "3"),
        (("round",), "3"),
        (("part",), "3.5"),
        (("huge",), None),
        (("endless",), None),
        (("truth", "object", "none"), None),
    ],
)
def test_texts_and_numbers_are_texts_and_nothing_else_is(
    names: tuple[str, ...], text: str | None
) -> None:
    assert TREE.text(*names) == text


def test_what_is_needed_is_named_with_its_place_when_it_is_missing() -> None:
    inner = TREE.fields("object").fields("a")

    assert inner.needed("b") == "c"
    with pytest.raises(SourceError, match=r"`x` - at `\$.object.a`"):
        inner.needed("x", "y")


def test_what_is_no_object_is_an_empty_one() -> None:
    assert list(TREE.fields("text").items()) == []
    assert list(TREE.fields("objects").items()) == []


def test_lists_give_their_objects_or_their_texts() -> None:
    assert [member.text("a") for member in TREE.members("objects")] == ["1"]
    assert TREE.texts("list") == ["a"]
    assert TREE.texts("text") == []


@pytest.mark.parametrize(("name", "where"), [("text", r"\$.text"), ("list", r"\$.list\[0\]")])
def test_members_that_are_no_objects_are_named(name: str, where: str) -> None:
    with pytest.raises(SourceError, match=where):
        TREE.members(name)


def test_a_root_that_is_no_object_is_named() -> None:
    with pytest.raises(SourceError, match=r"got `list` - at `\$`"):
        object_at([])


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1.5, 1.5),
        (2, 2.0),
        (" 3 ", 3.0),
        (True, None),
        (None, None),
        ("nan", None),
        (math.inf, None),
        ("many", None),
        (10**400, None),
    ],
)
def test_a_number_is_finite_and_no_truth(value: Any, number: float | None) -> None:
    assert read_number(value) == number
    assert Fields({"n": value}).number("n") == number
