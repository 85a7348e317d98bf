"""A real problem, as whoever judges the engine knows it."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """Something a person had to be told of by ``tell_by``. Times are epoch seconds."""

    id: str
    tenant: str
    kind: str
    began_at: float
    tell_by: float
    devices: tuple[str, ...]
    title: str
