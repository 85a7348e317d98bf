"""From bytes to values: encodings, JSON that is only nearly JSON, bounded depth, typed fields."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from noise.errors import SourceError
from noise.sources.delivery import DeadLetterReason, wrong_shape

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_WHOLE = 10**18  # larger whole numbers are no ids, and some cannot even be printed

T = TypeVar("T")

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16, so it comes before it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FIRST_OF_MARKS = {mark[:1] for mark, _ in _BYTE_ORDER_MARKS}
# A string, closed or running to the end: either way it is passed once.
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_REPAIRED_KEY = re.compile(r'(?:^\s*\{|",|[\d\]}el]\s*,)\s*"([A-Za-z_]\w*)"\s*:\s*')


def decode_text(body: bytes) -> str:
    """Return the text of ``body``: UTF-8, or what its byte order mark says.

    Raises SourceError (wrong_encoding).
    """
    mark, encoding = b"", "utf-8"
    if body[:1] in _FIRST_OF_MARKS:
        found = (known for known in _BYTE_ORDER_MARKS if body.startswith(known[0]))
        mark, encoding = next(found, (mark, encoding))
    try:
        return body[len(mark) if encoding == "utf-8" else 0 :].decode(encoding)
    except UnicodeDecodeError as exc:
        raise SourceError(
            DeadLetterReason.WRONG_ENCODING, f"the body is not {encoding.upper()}: {exc.reason}"
        ) from exc


def decode_json(body: bytes, *, repair: bool = False) -> Any:
    """Return the value that ``body`` holds; text that itself is JSON is read once more.

    What is not strictly JSON is read leniently: NaN, raw line ends and lone surrogates pass. With
    ``repair`` also objects with quotes and backslashes that their template did not escape.
    Raises SourceError (not_json, wrong_encoding, too_deep).
    """
    value = _decode(body, repair=repair)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return _decode(value.encode("utf-8", "replace"), repair=repair)
    return value


def _decode(body: bytes, *, repair: bool) -> Any:
    check_depth(body)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_leniently(decode_text(body), repair=repair)


def _decode_leniently(text: str, *, repair: bool) -> Any:
    check_depth(text.encode("utf-8", "replace"))
    try:
        return json.loads(text, strict=False)
    except ValueError as exc:
        if repair and (repaired := repair_object(text)):
            return repaired
        raise SourceError(DeadLetterReason.NOT_JSON, f"the body is not JSON: {exc}") from exc


def check_depth(body: bytes) -> None:
    """Raise SourceError (too_deep) if ``body`` nests deeper than ``MAX_DEPTH``."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        first = found.group()[:1]
        depth += (first in b"[{") - (first in b"]}")
        if depth > MAX_DEPTH:
            raise SourceError(
                DeadLetterReason.TOO_DEEP, f"the body nests deeper than {MAX_DEPTH} levels"
            )


def repair_object(text: str) -> dict[str, str]:
    """Return the fields of a flat object whose values were pasted in without escaping.

    A value ends where the next name begins. The first of two equal names counts, because a later
    one may stand inside a value. Nothing comes back unless ``text`` is a whole object.
    """
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return {}
    names = list(_REPAIRED_KEY.finditer(text))
    fields: dict[str, str] = {}
    for number, name in enumerate(names):
        last = number + 1 == len(names)
        # The match of the next name starts at what ends this value, which belongs to it.
        end = len(text) - 1 if last else names[number + 1].start() + 1
        fields.setdefault(name.group(1), _raw_value(text[name.end() : end]))
    return fields


def _raw_value(raw: str) -> str:
    raw = raw.strip()
    if len(raw) < 2 or not (raw.startswith('"') and raw.endswith('"')):  # noqa: PLR2004
        return raw
    try:
        return str(json.loads(raw, strict=False))
    except ValueError:
        return raw[1:-1]


def decode_typed(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Return what ``decoder`` reads from ``body``.

    Raises SourceError (wrong_shape with the path, not_json, wrong_encoding, too_deep).
    """
    check_depth(body)
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = decode_json(body)
    try:
        return msgspec.convert(value, decoder.type)
    except (msgspec.ValidationError, OverflowError, UnicodeEncodeError) as exc:
        raise wrong_shape(str(exc)) from exc


class Fields:
    """The fields of an object in a payload; what is missing or of another type is None."""

    __slots__ = ("_path", "_tree")

    def __init__(self, tree: Mapping[str, Any], path: str = "$") -> None:
        """Read ``tree``, which was found at ``path``."""
        self._tree = tree
        self._path = path

    def text(self, *names: str) -> str | None:
        """Return the first of ``names`` that has a text or a number, as text."""
        for name in names:
            value = self._tree.get(name)
            if isinstance(value, str):
                if value and not value.isspace():
                    return value
            elif isinstance(value, int | float) and not isinstance(value, bool):
                text = _number_text(value)
                if text is not None:
                    return text
        return None

    def needed(self, *names: str) -> str:
        """Return the first of ``names`` that is there. Raises SourceError (wrong_shape)."""
        text = self.text(*names)
        if text is None:
            raise wrong_shape(f"Object missing required field `{names[0]}` - at `{self._path}`")
        return text

    def number(self, name: str) -> float | None:
        """Return a finite number, also if it is written as text."""
        return read_number(self._tree.get(name))

    def fields(self, name: str) -> Fields:
        """Return the object at ``name``, an empty one if there is none."""
        value = self._tree.get(name)
        return Fields(value if isinstance(value, dict) else {}, f"{self._path}.{name}")

    def members(self, name: str) -> list[Fields]:
        """Return the objects in the list at ``name``. Raises SourceError (wrong_shape)."""
        value = self._tree.get(name)
        if not isinstance(value, list):
            raise wrong_shape(f"Expected `array` - at `{self._path}.{name}`")
        return [
            object_at(member, f"{self._path}.{name}[{number}]")
            for number, member in enumerate(value)
        ]

    def texts(self, name: str) -> list[str]:
        """Return the texts in the list at ``name``, none if there is no list."""
        value = self._tree.get(name)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def items(self) -> Iterator[tuple[str, str | None]]:
        """Yield the names and their texts."""
        return ((name, self.text(name)) for name in self._tree)


def object_at(value: Any, path: str = "$") -> Fields:
    """Return the fields of ``value``. Raises SourceError (wrong_shape) if it is no object."""
    if not isinstance(value, dict):
        raise wrong_shape(f"Expected `object`, got `{type(value).__name__}` - at `{path}`")
    return Fields(value, path)


def read_number(value: Any) -> float | None:
    """Return ``value`` as a finite number, None if it is not one."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _number_text(value: float) -> str | None:
    if isinstance(value, int):
        return str(value) if abs(value) <= MAX_WHOLE else None
    if not math.isfinite(value):
        return None
    return f"{value:.0f}" if value.is_integer() and abs(value) < MAX_WHOLE else str(value)
