"""The products at a client, and which of them notice what."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from noise.simulator.checks import Check
from noise.simulator.estate import Client, Device
from noise.simulator.events import Event
from noise.simulator.tools.alertmanager import Alertmanager
from noise.simulator.tools.datto import Datto
from noise.simulator.tools.message import Message, Tool
from noise.simulator.tools.ninjaone import NinjaOne
from noise.simulator.tools.tactical import Tactical
from noise.simulator.tools.wazuh import Wazuh
from noise.simulator.tools.zabbix import Zabbix

__all__ = ["Message", "Tool", "Toolbox"]

_PRODUCTS: dict[str, Callable[[Client], Tool]] = {
    "ninjaone": NinjaOne,
    "datto": Datto,
    "tactical": Tactical,
    "zabbix": Zabbix,
    "alertmanager": Alertmanager,
    "wazuh": Wazuh,
}
_SEES_NETWORK = frozenset({"ninjaone", "datto"})
# A network monitor sees these on servers too: one fault, told by two products.
_TOLD_TWICE = frozenset({"availability", "disk", "disk_critical", "queue"})


class Toolbox:
    """The products of one client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        bought = (client.rmm, client.netmon, client.siem)
        self._tools = {name: _PRODUCTS[name](client) for name in bought if name is not None}
        self._telling: dict[tuple[str, str], tuple[str, ...]] = {}

    def notice(self, event: Event) -> Iterator[tuple[Tool, Event]]:
        """Yield each product that notices ``event``, and the event as that product saw it."""
        for position, name in enumerate(self.telling(event.device, event.check)):
            yield self._tools[name], _seen_later(event) if position else event

    def telling(self, device: Device, check: Check) -> tuple[str, ...]:
        """Return the names of the products that tell of ``check`` on ``device``."""
        key = device.device_class, check.key
        if key not in self._telling:
            self._telling[key] = tuple(
                name
                for name in self._tools
                if getattr(check, name) is not None and self._watches(name, device, check)
            )
        return self._telling[key]

    def _watches(self, name: str, device: Device, check: Check) -> bool:
        if name == self._client.rmm:
            alone = self._client.netmon is None and name in _SEES_NETWORK
            return device.has_agent or alone
        if name == self._client.siem:
            return device.has_agent
        twice = device.device_class == "server" and check.key in _TOLD_TWICE
        return twice or not device.has_agent


def _seen_later(event: Event) -> Event:
    """Shift an event by the other product's polling, as much for the clear as for the raise."""
    lag = 20 + event.episode % 100
    return msgspec.structs.replace(event, at=event.at + lag, opened_at=event.opened_at + lag)
