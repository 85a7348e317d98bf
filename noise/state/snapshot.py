"""State as records: one key and one value per piece, so that a change writes only what changed.

A value starts with its version. A piece of an unknown version is refused; the caller decides what
is lost with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from noise.alert import utc
from noise.errors import SnapshotError
from noise.state.condition import Condition
from noise.state.tenant import (
    CHECK,
    CONDITION,
    CORE,
    DEVICE,
    HOLD,
    INCIDENT,
    QUIET,
    REVIEW,
    CheckState,
    Deadline,
    DeviceState,
    IncidentMemory,
    TenantCore,
    TenantState,
)

VERSION = b"1"
Piece = Condition | CheckState | DeviceState | IncidentMemory | TenantCore

_SEPARATOR = b"\x00"
_encoder = msgspec.msgpack.Encoder()
_decoders: dict[str, msgspec.msgpack.Decoder[Piece]] = {
    CORE: msgspec.msgpack.Decoder(TenantCore),
    CONDITION: msgspec.msgpack.Decoder(Condition),
    CHECK: msgspec.msgpack.Decoder(CheckState),
    DEVICE: msgspec.msgpack.Decoder(DeviceState),
    INCIDENT: msgspec.msgpack.Decoder(IncidentMemory),
}


class PieceKey(NamedTuple):
    """Names one piece of one tenant's state."""

    tenant: str
    kind: str
    name: str


def encode_key(key: PieceKey) -> bytes:
    """Return the key of a saved record."""
    return _SEPARATOR.join(part.encode("utf-8", "surrogatepass") for part in key)


def decode_key(raw: bytes) -> PieceKey:
    """Read the key of a saved record. Raises SnapshotError."""
    parts = raw.split(_SEPARATOR, 2)
    if len(parts) != len(PieceKey._fields):
        raise SnapshotError(f"{raw[:80]!r} is no key of saved state")
    try:
        return PieceKey(*(part.decode("utf-8", "surrogatepass") for part in parts))
    except UnicodeDecodeError as exc:
        raise SnapshotError(f"{raw[:80]!r} is no key of saved state: {exc}") from exc


def encode_piece(piece: Piece) -> bytes:
    """Return the value of a saved record."""
    return VERSION + _encoder.encode(piece)


def load_piece(tenant: TenantState, key: PieceKey, value: bytes) -> None:
    """Put a saved piece back in its place, with its deadlines. Raises SnapshotError."""
    piece = _decode(key, value)
    if isinstance(piece, TenantCore):
        _load_core(tenant, piece)
    elif isinstance(piece, Condition):
        tenant.conditions[piece.key] = piece
        if piece.is_open and piece.alert_key:
            tenant.open_keys[piece.alert_key] = piece.key
        if piece.hold is not None:
            tenant.holds += 1
            tenant.remember_deadline(Deadline(piece.hold.until, HOLD, piece.key))
    elif isinstance(piece, CheckState):
        tenant.checks[piece.key] = piece
    elif isinstance(piece, DeviceState):
        tenant.devices[piece.key] = piece
    else:
        tenant.incidents[piece.id] = piece
        if piece.is_watched:
            tenant.remember_deadline(Deadline(piece.look_at, QUIET, piece.id))


def _load_core(tenant: TenantState, core: TenantCore) -> None:
    tenant.core = core
    if core.review_at:
        tenant.remember_deadline(Deadline(core.review_at, REVIEW, ""))


def _decode(key: PieceKey, value: bytes) -> Piece:
    decoder = _decoders.get(key.kind)
    if decoder is None:
        raise SnapshotError(f"unknown kind of saved state: {key.kind!r}")
    if value[:1] != VERSION:
        raise SnapshotError(f"state of {key.tenant!r} was saved by an unknown version")
    try:
        piece = decoder.decode(value[1:])
        _ = [utc(moment) for moment in _moments(piece)]
    except (msgspec.MsgspecError, ValueError, OverflowError, OSError) as exc:
        raise SnapshotError(f"state of {key.tenant!r} cannot be read: {exc}") from exc
    return piece


def _moments(piece: Piece) -> Iterator[float]:
    """Yield the times that must be on the calendar, or they stop whoever writes them down."""
    if isinstance(piece, TenantCore):
        yield from (piece.clock, piece.review_at)
    elif isinstance(piece, Condition):
        yield piece.hold.until if piece.hold is not None else 0.0
    elif isinstance(piece, IncidentMemory):
        yield from (piece.opened_at, piece.last_at, piece.told_at)


def changed_pieces(tenant: TenantState) -> list[tuple[PieceKey, bytes | None]]:
    """Take what changed since the last call: each piece once, None for what was forgotten."""
    changed, tenant.changed = tenant.changed, set()
    name = tenant.core.tenant
    saved: list[tuple[PieceKey, bytes | None]] = []
    for kind, key in sorted(changed):
        piece = _piece(tenant, kind, key)
        value = encode_piece(piece) if piece is not None else None
        saved.append((PieceKey(name, kind, key), value))
    return saved


def all_pieces(tenant: TenantState) -> Iterator[tuple[PieceKey, bytes]]:
    """Return everything; ``load_piece`` of each in a new state restores this one."""
    name = tenant.core.tenant
    yield PieceKey(name, CORE, ""), encode_piece(tenant.core)
    for kind, pieces in (
        (CONDITION, tenant.conditions),
        (CHECK, tenant.checks),
        (DEVICE, tenant.devices),
        (INCIDENT, tenant.incidents),
    ):
        for key, piece in pieces.items():
            yield PieceKey(name, kind, key), encode_piece(piece)


def _piece(tenant: TenantState, kind: str, key: str) -> Piece | None:
    if kind == CORE:
        return tenant.core
    if kind == CONDITION:
        return tenant.conditions.get(key)
    if kind == CHECK:
        return tenant.checks.get(key)
    if kind == DEVICE:
        return tenant.devices.get(key)
    return tenant.incidents.get(key)
