"""Real problems: what a person must be told of, and by when. One function per kind."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from noise.simulator.chance import chance
from noise.simulator.events import Event, Turn
from noise.simulator.problem import Problem
from noise.simulator.scene import Scene
from noise.simulator.tools import Toolbox
from noise.simulator.trouble.outages import OUTAGES
from noise.simulator.trouble.security import SECURITY
from noise.simulator.trouble.slow import SLOW
from noise.simulator.trouble.storage import STORAGE
from noise.simulator.trouble.story import Kind, Story
from noise.simulator.trouble.unseen import UNSEEN

__all__ = ["KINDS", "Trouble", "troubles"]

KINDS: tuple[Kind, ...] = (*OUTAGES, *STORAGE, *SLOW, *SECURITY, *UNSEEN)
_LATENCY = 600.0  # a message may be on its way for so long


class Trouble(msgspec.Struct, frozen=True):
    """A problem, and everything that happens because of it."""

    problem: Problem
    events: tuple[Event, ...]


def troubles(scene: Scene, toolbox: Toolbox) -> Iterator[Trouble]:
    """Yield the problems that strike on the day of ``scene``.

    What none of the client's products would tell in time is left out: nobody could be blamed.
    """
    for kind in KINDS:
        rng = scene.rng("trouble", kind.name)
        share = kind.per_day * (len(scene.of(*kind.on)) if kind.on else 1)
        if not chance(rng, share):
            continue
        story = kind.strikes(scene, rng, rng.uniform(*scene.span(kind.when)))
        if story is not None and _can_be_told(story, toolbox):
            yield _trouble(scene, kind, story)


def _can_be_told(story: Story, toolbox: Toolbox) -> bool:
    return any(
        event.turn is Turn.RAISE
        and event.at < story.tell_by - _LATENCY
        and toolbox.telling(event.device, event.check)
        for event in story.events
    )


def _trouble(scene: Scene, kind: Kind, story: Story) -> Trouble:
    tenant = scene.client.tenant
    key = f"{tenant}/{kind.name}/{scene.day.index}"
    problem = Problem(
        id=key,
        tenant=tenant,
        kind=kind.name,
        began_at=min(event.at for event in story.events),
        tell_by=story.tell_by,
        devices=tuple(device.name for device in story.devices),
        title=story.title,
    )
    events = tuple(msgspec.structs.replace(event, problem=key) for event in story.events)
    return Trouble(problem, events)
