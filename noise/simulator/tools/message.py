"""What a product sends, and what every product must be able to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from noise.label import Verdict
from noise.simulator.events import Event, Turn

_ENDS = frozenset({Turn.CLEAR, Turn.RETRY})


class Message(msgspec.Struct, frozen=True):
    """One body as a product sends it at ``at`` (epoch seconds).

    ``truth`` and ``problems`` have one entry for each alert in the body, none for a test delivery.
    ``only_clears``: nothing in it says that anything is wrong.
    """

    at: float
    source: str
    body: bytes
    truth: tuple[Verdict, ...]
    problems: tuple[str | None, ...]
    only_clears: bool


class Tool(Protocol):
    """One product at one client. It numbers and remembers as the product does."""

    def tell(self, event: Event) -> Iterator[Message | Event]:
        """Yield what the product sends because of ``event``, and turns that it wants later."""
        ...


def message(source: str, body: bytes, at: float, about: Iterable[Event]) -> Message:
    """Return the message whose body tells of the events ``about``, in this order."""
    told = [event for event in about if event.turn is not Turn.TEST]
    return Message(
        at,
        source,
        body,
        tuple(event.truth for event in told),
        tuple(event.problem for event in told),
        bool(told) and all(event.turn in _ENDS for event in told),
    )
