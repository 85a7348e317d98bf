"""A thousand kinds of bad input, generated from a seed."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

SOURCES = ("canonical", "ninjaone", "datto", "tactical", "zabbix", "alertmanager", "wazuh")


class Poison(NamedTuple):
    """A raw record that no parser can read, and what is wrong with it."""

    what: str
    value: bytes | None
    headers: dict[str, bytes]


def kinds(count: int, tenant: str, seed: int = 7) -> Iterator[Poison]:
    """Yield ``count`` different bad records for one tenant, each kind in turn."""
    dice = random.Random(seed)
    for number in range(count):
        make = _MAKERS[number % len(_MAKERS)]
        source = SOURCES[number // len(_MAKERS) % len(SOURCES)]
        headers = {"source": source.encode(), "tenant": tenant.encode()}
        value, changed = make(dice, number)
        kept = {name: text for name, text in (headers | changed).items() if text is not None}
        yield Poison(f"{make.__name__} {number} {source}", value, kept)


Made = tuple[bytes | None, dict[str, Any]]


def _text_that_is_no_json(dice: random.Random, number: int) -> Made:
    return f"disk full on srv{number} {dice.random()}".encode(), {}


def _json_cut_off(dice: random.Random, number: int) -> Made:
    whole = msgspec.json.encode({"number": number, "title": "x" * dice.randrange(5, 80)})
    return whole[: dice.randrange(whole.index(b"title"), len(whole) - 1)], {}


def _a_scalar(dice: random.Random, number: int) -> Made:
    scalar = dice.choice([number, None, True, f"text {number}", 1.5])
    return msgspec.json.encode(scalar) + b" " * number, {}


def _wrong_types(dice: random.Random, number: int) -> Made:
    wrong = dice.choice([[], {}, -1, None, [[1]], {"a": {"b": []}}])
    names = ("event_key", "tenant", "check", "title", "severity", "state", "alerts", "data", "rule")
    return msgspec.json.encode(dict.fromkeys(names, wrong) | {"number": number}), {}


def _an_empty_object(dice: random.Random, number: int) -> Made:
    return b"{" + b" " * number + b"}", {}


def _deep_nesting(dice: random.Random, number: int) -> Made:
    depth = 1_000 + number * dice.randrange(1, 20)
    return b"[" * depth + b"]" * depth, {}


def _deep_objects(dice: random.Random, number: int) -> Made:
    depth = 1_000 + number
    return b'{"a":' * depth + b"1" + b"}" * depth, {}


def _nul_bytes(dice: random.Random, number: int) -> Made:
    return b"\x00" * (number + 1), {}


def _random_bytes(dice: random.Random, number: int) -> Made:
    return b"\x80" + dice.randbytes(dice.randrange(10, 500)), {}


def _utf_16(dice: random.Random, number: int) -> Made:
    return f'{{"title": "düster {number}"}}'.encode("utf-16"), {}


def _latin_1(dice: random.Random, number: int) -> Made:
    return f'{{"title": "Platte voll auf Küche {number} ÿ"}}'.encode("latin-1"), {}


def _lone_surrogates(dice: random.Random, number: int) -> Made:
    return f'{{"title": "\\ud800 {number}"}}'.encode(), {}


def _unknown_source(dice: random.Random, number: int) -> Made:
    return b'{"title": "x"}', {"source": f"nobody-{number}".encode()}


def _no_tenant(dice: random.Random, number: int) -> Made:
    return msgspec.json.encode({"title": f"no tenant {number}"}), {"tenant": None}


def _headers_that_are_no_text(dice: random.Random, number: int) -> Made:
    name = dice.choice(["source", "tenant", "event_key", "received_at"])
    return f'{{"number": {number}}}'.encode(), {name: b"\xff" + dice.randbytes(8)}


def _a_time_that_is_none(dice: random.Random, number: int) -> Made:
    wrong = dice.choice(["yesterday", "-1", "1e12", "9" * 30, "NaN", "12.5"])
    return f'{{"number": {number}}}'.encode(), {"received_at": f"{wrong}".encode()}


def _a_long_header(dice: random.Random, number: int) -> Made:
    name = dice.choice(["source", "tenant", "event_key"])
    return f'{{"number": {number}}}'.encode(), {name: b"x" * (2_000 + number)}


def _nothing(dice: random.Random, number: int) -> Made:
    return None if number % 2 else b"", {"event_key": f"nothing-{number}".encode()}


def _large_numbers(dice: random.Random, number: int) -> Made:
    return b'{"value": 1e999, "count": ' + b"9" * (400 + number) + b"}", {}


def _csv(dice: random.Random, number: int) -> Made:
    return b"time,name,host\n" + f"{number},x,{dice.random()}\n".encode(), {}


def _xml(dice: random.Random, number: int) -> Made:
    return f"<?xml version='1.0'?><alert n='{number}'><title>x</title></alert>".encode(), {}


def _packed(dice: random.Random, number: int) -> Made:
    return gzip.compress(f'{{"check": "disk", "title": "{number}"}}'.encode(), mtime=0), {}


def _two_documents(dice: random.Random, number: int) -> Made:
    one = f'{{"check": "disk", "title": "{number}"}}'.encode()
    return one + b"\n" + one, {}


_MAKERS = (
    _text_that_is_no_json,
    _json_cut_off,
    _a_scalar,
    _wrong_types,
    _an_empty_object,
    _deep_nesting,
    _deep_objects,
    _nul_bytes,
    _random_bytes,
    _utf_16,
    _latin_1,
    _lone_surrogates,
    _unknown_source,
    _no_tenant,
    _headers_that_are_no_text,
    _a_time_that_is_none,
    _a_long_header,
    _nothing,
    _large_numbers,
    _csv,
    _xml,
    _packed,
    _two_documents,
)
