from __future__ import annotations

import msgspec
import pytest

from noise.errors import SnapshotError
from noise.state.snapshot import (
    PieceKey,
    all_pieces,
    changed_pieces,
    decode_key,
    encode_key,
    load_piece,
)
from noise.state.tenant import CHECK, CONDITION, CORE, DEVICE, INCIDENT, TenantState
from tests.cases import NOW, clear_it, hold_it, raise_it, tell_it


def busy() -> TenantState:
    tenant = TenantState("acme")
    tell_it(tenant, NOW, check="disk", site="HQ")
    hold_it(tenant, NOW + 600, NOW + 1, check="cpu", device="srv2")
    raise_it(tenant, NOW + 2, check="ping", device=None)
    clear_it(tenant, NOW + 3, check="ping", device=None)
    return tenant


def restored(tenant: TenantState) -> TenantState:
    again = TenantState("acme")
    for key, value in reversed(list(all_pieces(tenant))):
        load_piece(again, key, value)
    return again


def test_all_pieces_restore_what_was_known_and_what_is_due():
    tenant = busy()
    again = restored(tenant)

    assert sorted(all_pieces(again)) == sorted(all_pieces(tenant))
    assert again.open_keys == tenant.open_keys
    assert again.holds == tenant.holds == 1
    held = again.next_due(NOW + 600)
    while held is not None and held.kind != "hold":
        held = again.next_due(NOW + 600)
    assert held is not None
    assert held.at == NOW + 600


def test_what_changed_is_saved_once_and_what_was_forgotten_as_nothing():
    tenant = busy()
    saved = dict(changed_pieces(tenant))
    assert saved == dict(all_pieces(tenant))
    assert changed_pieces(tenant) == []

    for kind in (CORE, CONDITION, CHECK, DEVICE, INCIDENT):
        tenant.mark(kind, "gone")

    gone = [key.kind for key, value in changed_pieces(tenant) if value is None]
    assert gone == [CONDITION, DEVICE, INCIDENT, CHECK]


@pytest.mark.parametrize("key", [PieceKey("acme", "c", "a\0b"), PieceKey("\ud800", "t", "")])
def test_a_key_survives_being_saved(key):
    assert decode_key(encode_key(key)) == key


@pytest.mark.parametrize("raw", [b"", b"acme", b"acme\0c", b"\xff\0c\0x"])
def test_what_is_no_key_is_refused(raw):
    with pytest.raises(SnapshotError, match="no key"):
        decode_key(raw)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("?", b"1", "unknown kind"),
        (CORE, b"", "unknown version"),
        (CONDITION, b"9\x80", "unknown version"),
        (CONDITION, b"1\x80", "cannot be read"),
        (INCIDENT, b"1\xc1", "cannot be read"),
    ],
)
def test_a_piece_that_cannot_be_read_is_refused_and_changes_nothing(kind, value, message):
    tenant = busy()
    before = list(all_pieces(tenant))

    with pytest.raises(SnapshotError, match=message):
        load_piece(tenant, PieceKey("acme", kind, "x"), value)

    assert list(all_pieces(tenant)) == before


@pytest.mark.parametrize(
    ("kind", "field"),
    [(CORE, "clock"), (INCIDENT, "last_at"), (INCIDENT, "told_at"), (CONDITION, "until")],
)
@pytest.mark.parametrize("moment", [float("nan"), float("inf"), -1e300, 1e18])
def test_a_piece_with_a_time_that_no_calendar_holds_is_refused(kind, field, moment):
    whole = {key.kind: (key, value) for key, value in all_pieces(held_only())}
    key, value = whole[kind]
    tree = msgspec.msgpack.decode(value[1:])
    (tree["hold"] if kind == CONDITION else tree)[field] = moment

    with pytest.raises(SnapshotError, match="cannot be read"):
        load_piece(TenantState("acme"), key, b"1" + msgspec.msgpack.encode(tree))


def held_only() -> TenantState:
    tenant = TenantState("acme")
    hold_it(tenant, NOW + 600)
    return tenant
