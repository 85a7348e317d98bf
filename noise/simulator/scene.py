"""One client on one of its days, as a pattern of noise or trouble gets to see it."""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from random import Random

from noise.simulator.chance import digest, stream, trait
from noise.simulator.estate import DAY, Client, Day, Device

_HOUR = 3_600.0
_JOINS_LATER = 0.05
_RETIRED = 0.1


class When(Enum):
    """The part of the day in which something mostly happens."""

    ANY = "any"
    WORK = "work"
    NIGHT = "night"
    BACKUP = "backup"
    MORNING = "morning"


class Scene:
    """What stands at a client on one day. Devices that join later are not there yet."""

    def __init__(self, seed: int, client: Client, day: Day, began: float) -> None:
        """``began`` is when the simulation began; what drifts is counted from there."""
        self.seed = seed
        self.client = client
        self.day = day
        self.began = began
        self.age = int((day.midnight - began) // DAY)  # -1 on the day before
        self._classes: dict[str, list[Device]] = {}
        self._roles: dict[str, list[Device]] = {}
        for device in client.devices:
            if self._joined(device):
                self._classes.setdefault(device.device_class, []).append(device)
                if device.role is not None:
                    self._roles.setdefault(device.role, []).append(device)

    def rng(self, *names: object) -> Random:
        """Return the random numbers that belong to ``names`` at this client on this day."""
        return stream(self.seed, self.client.tenant, self.day.index, *names)

    def has(self, share: float, *names: object) -> bool:
        """Return whether what ``names`` name is one of the ``share`` with this trait, for good."""
        return trait(share, self.seed, self.client.tenant, *names)

    def pick(self, count: int, *names: object) -> int:
        """Return a number below ``count`` that belongs to ``names`` for good."""
        return digest(self.seed, self.client.tenant, *names) % count

    def of(self, *kinds: str) -> list[Device]:
        """Return the devices that are of one of these classes or have one of these roles."""
        return [
            device
            for kind in kinds
            for device in self._classes.get(kind) or self._roles.get(kind) or ()
        ]

    def at_site(self, site: str) -> list[Device]:
        """Return the devices of ``site``."""
        return [one for group in self._classes.values() for one in group if one.site == site]

    def span(self, when: When) -> tuple[float, float]:
        """Return the beginning and the end of a part of this day, in epoch seconds."""
        day = self.day
        if when is When.ANY:
            return day.midnight, day.midnight + DAY
        if when is When.WORK:
            return day.opens, day.closes
        if when is When.MORNING:
            return day.opens - 0.5 * _HOUR, day.opens + 1.5 * _HOUR
        if when is When.BACKUP:
            return self.backup_at, self.backup_at + 3 * _HOUR
        return day.at(22), day.at(29)

    @cached_property
    def backup_at(self) -> float:
        """When tonight's backup begins."""
        return self.day.at(20 + self.pick(4, "backup hour"))

    @property
    def is_patch_night(self) -> bool:
        """True on the evening of the week on which updates are installed."""
        return self.day.weekday == self.client.patch_weekday

    @property
    def patch_at(self) -> float:
        """When the devices begin to install updates on a patch night."""
        return self.day.at(22 + self.pick(3, "patch hour"))

    def is_retired(self, rule: str) -> bool:
        """Return True once somebody has switched off ``rule`` at this client."""
        if not self.has(_RETIRED, "retired", rule):
            return False
        return self.age >= 10 + self.pick(40, "retired on", rule)

    def _joined(self, device: Device) -> bool:
        if not trait(_JOINS_LATER, self.seed, "joins", self.client.tenant, device.name):
            return True
        return self.age >= 3 + self.pick(40, "joins on", device.name)
