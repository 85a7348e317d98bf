"""Noise: everything that happens at a client and needs nobody. One function per pattern."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from noise.simulator.events import Event
from noise.simulator.quiet.habits import (
    activities,
    button_presses,
    certificate_reminders,
    dark_ports,
    laptops_asleep,
    memory_always_high,
)
from noise.simulator.quiet.nightly import (
    backup_retries,
    patch_night,
    planned_work,
    scattered_file_changes,
)
from noise.simulator.quiet.passing import passing
from noise.simulator.quiet.storms import (
    bad_update,
    check_in_storm,
    line_blip,
    new_rules,
    password_day,
    power_blip,
    software_rollout,
    vendor_cloud,
)
from noise.simulator.scene import Scene

__all__ = ["PATTERNS", "quiet_events"]

PATTERNS: tuple[Callable[[Scene], Iterator[Event]], ...] = (
    passing,
    backup_retries,
    patch_night,
    planned_work,
    scattered_file_changes,
    laptops_asleep,
    dark_ports,
    memory_always_high,
    activities,
    certificate_reminders,
    button_presses,
    vendor_cloud,
    check_in_storm,
    line_blip,
    power_blip,
    bad_update,
    software_rollout,
    password_day,
    new_rules,
)


def quiet_events(scene: Scene) -> Iterator[Event]:
    """Yield all noise that begins on the day of ``scene``, in no order."""
    for pattern in PATTERNS:
        yield from pattern(scene)
