"""A tenant's model as plain data in parts, so that an answer rewrites little of it.

The part "core" holds the common inputs, the others what belongs to a few checks each. A value
starts with its version; a restored model scores and goes on learning bit for bit as the saved one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from noise.errors import SnapshotError
from noise.learning.features import CORE
from noise.learning.model import TenantModel
from noise.learning.tallies import Tally

VERSION = b"1"

_Weight = tuple[float, float]
_encoder = msgspec.msgpack.Encoder()


class _Core(msgspec.Struct, array_like=True):
    labels_seen: int
    intercept: float
    steps: int
    weights: dict[str, _Weight]


class _Part(msgspec.Struct, array_like=True):
    tallies: dict[str, Tally]
    weights: dict[str, _Weight]


_core_decoder = msgspec.msgpack.Decoder(_Core)
_part_decoder = msgspec.msgpack.Decoder(_Part)


def changed_parts(model: TenantModel) -> list[tuple[str, bytes]]:
    """Take the parts that changed since the last call, by name."""
    changed, model.changed = model.changed, set()
    return [(part, _encode(model, part)) for part in sorted(changed)]


def all_parts(model: TenantModel) -> list[tuple[str, bytes]]:
    """Return all parts by name; ``load_part`` of each in a new model restores this one."""
    return [(part, _encode(model, part)) for part in sorted({CORE, *model.names})]


def load_part(model: TenantModel, part: str, value: bytes) -> None:
    """Put a saved part into a model that has not learned yet.

    Raises SnapshotError for an unknown version or a broken value; the model is then unchanged, and
    what the part held has to be learned again.
    """
    if value[:1] != VERSION:
        raise SnapshotError(f"part {part!r} of a model was saved by an unknown version")
    try:
        if part == CORE:
            _load_core(model, _core_decoder.decode(value[1:]))
        else:
            _load_part(model, part, _part_decoder.decode(value[1:]))
    except msgspec.MsgspecError as exc:
        raise SnapshotError(f"part {part!r} of a model cannot be read: {exc}") from exc


def _encode(model: TenantModel, part: str) -> bytes:
    names = sorted(model.names.get(part, ()))
    regression = model.regression
    weights = {name: regression.weight(name) for name in names if regression.knows(name)}
    if part == CORE:
        river = regression.river
        return VERSION + _encoder.encode(
            _Core(model.labels_seen, river.intercept, river.optimizer.n_iterations, weights)
        )
    tallies = {name: tally for name in names if (tally := model.counts.tallies.get(name))}
    return VERSION + _encoder.encode(_Part(tallies, weights))


def _load_core(model: TenantModel, core: _Core) -> None:
    river: Any = model.regression.river
    model.labels_seen = core.labels_seen
    river.intercept = core.intercept
    river.optimizer.n_iterations = core.steps
    _load_weights(model, CORE, core.weights)


def _load_part(model: TenantModel, part: str, saved: _Part) -> None:
    model.counts.tallies.update(saved.tallies)
    model.names.setdefault(part, set()).update(saved.tallies)
    _load_weights(model, part, saved.weights)


def _load_weights(model: TenantModel, part: str, weights: dict[str, _Weight]) -> None:
    model.names.setdefault(part, set()).update(weights)
    for name, (weight, squares) in weights.items():
        model.regression.put(name, weight, squares)
