"""The monitors of one client: each has one state, and a dead device reports nothing."""

from __future__ import annotations

from collections.abc import Iterator

from noise.simulator.checks import AVAILABILITY, BACKUP, CHECK_IN
from noise.simulator.events import Event, Turn, ended

_ENDS = frozenset({Turn.CLEAR, Turn.RETRY})
_SAYS_DEAD = frozenset({AVAILABILITY.key, CHECK_IN.key})
_Condition = tuple[str, str, str]


class Monitors:
    """Turns what happens into what a monitor would say of it.

    While a condition is open, noise cannot raise it again; a real problem takes it over.
    """

    def __init__(self) -> None:
        self._open: dict[_Condition, Event] = {}

    def watch(self, event: Event) -> Iterator[Event]:
        """Yield ``event``, without it or with what had to end before it."""
        if event.turn is Turn.RAISE and event.check.cleared:
            yield from self._raise(event)
        elif event.turn in _ENDS:
            yield from self._end(event)
        elif not self._is_dead(event):
            yield event

    def _raise(self, event: Event) -> Iterator[Event]:
        condition = _condition(event)
        known = self._open.get(condition)
        if event.problem is None and (known is not None or self._is_dead(event)):
            return
        if known is not None:
            turn = Turn.RETRY if event.check is BACKUP else Turn.CLEAR
            yield ended(known, event.at, event.value, turn)
        self._open[condition] = event
        yield event

    def _end(self, event: Event) -> Iterator[Event]:
        condition = _condition(event)
        known = self._open.get(condition)
        if known is not None and known.episode == event.episode:
            del self._open[condition]
            yield event

    def _is_dead(self, event: Event) -> bool:
        if event.problem is not None or event.check.key in _SAYS_DEAD:
            return False
        return (event.device.name, AVAILABILITY.key, "") in self._open


def _condition(event: Event) -> _Condition:
    return event.device.name, event.check.key, event.object
