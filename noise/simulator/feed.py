"""One client's life as a stream of what its products send: day by day, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import chain, count

from noise.simulator.chance import stream
from noise.simulator.estate import DAY, Client
from noise.simulator.events import Event
from noise.simulator.monitors import Monitors
from noise.simulator.policy import Policy
from noise.simulator.quiet import quiet_events
from noise.simulator.scene import Scene
from noise.simulator.tools import Message, Tool, Toolbox
from noise.simulator.transport import Sent, Transport
from noise.simulator.trouble import Trouble, troubles


def scenes(seed: int, client: Client, began: float, until: float) -> Iterator[Scene]:
    """Yield each day of ``client`` that touches the time from ``began`` to ``until``."""
    for day in client.days(began, until):
        yield Scene(seed, client, day, began)


def client_troubles(
    seed: int, client: Client, toolbox: Toolbox, began: float, until: float
) -> Iterator[Trouble]:
    """Yield the real problems of ``client`` that begin from ``began`` to ``until``."""
    for scene in scenes(seed, client, began, until):
        for trouble in troubles(scene, toolbox):
            if began <= trouble.problem.began_at < until:
                yield trouble


def client_deliveries(seed: int, client: Client, began: float, until: float) -> Iterator[Sent]:
    """Yield what arrives from ``client`` from ``began`` to ``until``, in order of arrival."""
    transport = Transport(client.tenant, stream(seed, "transport", client.tenant))
    return transport.carry(_Feed(seed, client, began).messages(until), until)


class _Feed:
    """The products of one client at work; what they will do later waits in a heap."""

    def __init__(self, seed: int, client: Client, began: float) -> None:
        self._seed = seed
        self._client = client
        self._began = began
        self._toolbox = Toolbox(client)
        self._monitors = Monitors()
        self._policy = Policy(seed, client)
        self._order = count()
        self._waiting: list[tuple[float, int, Event, Tool | None]] = []

    def messages(self, until: float) -> Iterator[Message]:
        """Yield the messages up to ``until``, in order."""
        for scene in scenes(self._seed, self._client, self._began, until):
            for event in self._happens(scene):
                self._wait(event)
            yield from self._work(min(scene.day.midnight + DAY, until))

    def _happens(self, scene: Scene) -> Iterable[Event]:
        real = (
            trouble.events
            for trouble in troubles(scene, self._toolbox)
            if trouble.problem.began_at >= self._began
        )
        return chain(chain.from_iterable(real), self._since_began(quiet_events(scene)))

    def _since_began(self, events: Iterable[Event]) -> Iterator[Event]:
        return (event for event in events if event.opened_at >= self._began)

    def _wait(self, event: Event, tool: Tool | None = None) -> None:
        heappush(self._waiting, (event.at, next(self._order), event, tool))

    def _work(self, until: float) -> Iterator[Message]:
        waiting = self._waiting
        while waiting and waiting[0][0] < until:
            _, _, event, tool = heappop(waiting)
            if tool is None:
                self._notice(event)
                continue
            for said in tool.tell(event):
                if isinstance(said, Message):
                    yield said
                else:
                    self._wait(said, tool)

    def _notice(self, event: Event) -> None:
        for known in self._monitors.watch(event):
            for tool, seen in self._toolbox.notice(self._policy.grade(known)):
                self._wait(seen, tool)
