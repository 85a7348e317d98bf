"""The planned work that somebody wrote down; the rest has to be known by its looks."""

from __future__ import annotations

from collections.abc import Iterator

from noise.alert import utc
from noise.matcher import Matcher, Operator
from noise.settings import MaintenanceWindow
from noise.simulator.estate import AGENT_CLASSES
from noise.simulator.quiet.nightly import planned_at, planned_device
from noise.simulator.scene import Scene

_ANNOUNCES_PATCHES = 0.5
_ANNOUNCED_WORK = 0.6
_PATCH_SECONDS = 5.5 * 3600
_WORK_SECONDS = 2.5 * 3600


def announced(scene: Scene) -> Iterator[MaintenanceWindow]:
    """Yield the maintenance windows that begin on the day of ``scene``."""
    if scene.is_patch_night and scene.has(_ANNOUNCES_PATCHES, "announces patches"):
        classes = Matcher("device_class", "|".join(sorted(AGENT_CLASSES)), Operator.MATCHES)
        yield _window(scene, "patch night", scene.patch_at, _PATCH_SECONDS, classes)
    device = planned_device(scene)
    if device is not None and scene.has(_ANNOUNCED_WORK, "announced", scene.day.index):
        at = planned_at(scene)
        yield _window(scene, "planned work", at, _WORK_SECONDS, Matcher("device", device.name))


def _window(
    scene: Scene, name: str, at: float, seconds: float, which: Matcher
) -> MaintenanceWindow:
    tenant = scene.client.tenant
    return MaintenanceWindow(
        name=f"{name} of {tenant}",
        starts_at=utc(at),
        ends_at=utc(at + seconds),
        matchers=(Matcher("tenant", tenant), which),
    )
