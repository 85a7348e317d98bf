"""Texts and keys that may be stored, printed and encoded, whatever they were made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b

from noise import alert
from noise.alert import MAX_KEY, MAX_LABELS, MAX_TEXT

MAX_NAME = 160
MAX_LABEL = 256

_NOT_IN_KEYS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_DIGEST = 17


def digest(text: str) -> str:
    """Return 16 hexadecimal digits that stand for ``text``; no cache could hold such texts."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def clean_key(text: str | None, limit: int = MAX_KEY) -> str | None:
    """Return ``text`` on one line, without control characters, None if nothing is left.

    What is longer than ``limit`` is cut and ends with a digest, so that it stays different.
    """
    if text is None:
        return None
    if not text.isprintable():
        text = _NOT_IN_KEYS.sub(" ", text)
    text = text.strip()
    if len(text) > limit:
        text = f"{text[: limit - _DIGEST]}~{digest(text)}"
    return text or None


def clean_name(text: str | None) -> str | None:
    """Return a device, check, object or site in a length that leaves room for the others."""
    if text is None:
        return None
    return _short_name(text) if len(text) <= MAX_NAME else clean_key(text, MAX_NAME)


_short_name = lru_cache(maxsize=16_384)(clean_key)  # the same few come again and again


def clean_tenant(text: str | None) -> str | None:
    """Return a tenant's id, as ``clean_key`` does."""
    return _short_key(text) if text is not None and len(text) <= MAX_KEY else clean_key(text)


_short_key = lru_cache(maxsize=4_096)(clean_key)


def clean_text(text: str | None, limit: int = MAX_TEXT) -> str | None:
    """Return ``text`` without control characters other than tabs and line ends."""
    if text is None:
        return None
    if not text.isprintable():
        text = _SURROGATE.sub("\ufffd", _NOT_IN_TEXT.sub(" ", text))
    text = text.strip()
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text or None


def clean_labels(labels: Mapping[str, str | None]) -> dict[str, str]:
    """Return at most ``MAX_LABELS`` labels that have a name and a value."""
    kept: dict[str, str] = {}
    for name, value in labels.items():
        if len(kept) == MAX_LABELS:
            break
        key, text = clean_key(name, MAX_LABEL), clean_text(value, MAX_LABEL)
        if key is not None and text is not None:
            kept[key] = text
    return kept


@lru_cache(maxsize=65_536)  # a storm is few conditions, many times
def condition_key(tenant: str, device: str | None, check: str, obj: str | None = None) -> str:
    """Return the condition's key; parts that are too long or hold the separator stay different."""
    key = alert.condition_key(tenant, device, check, obj)
    if len(key) < MAX_KEY and key.count("|") == 3:  # noqa: PLR2004 - one between each two parts
        return key
    exact = repr((tenant, device, check, obj))
    return f"{key[: MAX_KEY - _DIGEST]}~{digest(exact)}"


def alert_key(tenant: str, source: str, known_as: str | None, condition: str) -> str:
    """Return what pairs a raise with its clear: the tool's own id, else the condition."""
    if clean_key(known_as) is None:
        return condition
    return clean_key(f"{tenant}|{source}|{known_as}") or condition
