"""The people who look at what is shown: each with opinions, habits and hours of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from noise.label import Verdict
from noise.recorded import Answer
from noise.simulator.chance import chance, hours, stream, trait
from noise.simulator.estate import DAY

_HOUR = 3_600.0
_OPENS, _CLOSES = 7, 18
_ON_CALL = 0.35
_FRIDAY = 4


class _Person(msgspec.Struct, frozen=True, kw_only=True):
    """``misses`` and ``frets``: how often something real is called noise, and the other way.

    ``minutes`` is the middle of the delays, ``shift`` the share of the answers. What is noise gets
    no answer in ``shrugs`` of the cases, and ``avoids`` is the share of the clients that this
    person leaves to others.
    """

    name: str
    misses: float
    frets: float
    minutes: float
    shift: float
    shrugs: float = 0.15
    avoids: float = 0.0


_PEOPLE = (
    _Person(name="tess", misses=0.03, frets=0.03, minutes=8, shift=0.3),
    _Person(name="ravi", misses=0.04, frets=0.07, minutes=15, shift=0.25),
    _Person(name="maud", misses=0.08, frets=0.03, minutes=25, shift=0.2, shrugs=0.4),
    _Person(name="owen", misses=0.05, frets=0.1, minutes=40, shift=0.15, avoids=0.4),
    _Person(name="greg", misses=0.5, frets=0.01, minutes=5, shift=0.1, shrugs=0.0),
)


class Technicians:
    """Several people. The same alert always gets the same answer from the same one."""

    def __init__(
        self, seed: int, *, error_factor: float = 1.0, utc_offset_hours: float = 0
    ) -> None:
        """``error_factor`` makes all of them better or worse; 0 makes them always right."""
        self._seed = seed
        self._errors = error_factor
        self._offset = utc_offset_hours * _HOUR

    def answer(
        self, event: str, position: int, truth: Verdict, tenant: str, shown_at: float
    ) -> Answer | None:
        """Return what is said of the alert at ``position`` in ``event``, None for nothing."""
        rng = stream(self._seed, "answer", event, position)
        person = self._on_shift(rng)
        if trait(person.avoids, self._seed, person.name, tenant):
            return None
        if truth is Verdict.NOISE and chance(rng, person.shrugs):
            return None
        says = self._opinion(rng, person, truth)
        return Answer(says, round(self._delay(rng, person, shown_at), 3), person.name)

    def second_opinion(
        self,
        event: str,
        position: int,
        truth: Verdict,
        tenant: str,
        asked_at: float,
        *,
        number: int,
    ) -> Answer | None:
        """Return what somebody else says when asked for the ``number``-th time, from 1.

        Who is asked by name answers; nobody is asked twice, None if nobody is left.
        """
        left = list(self._others(event, position, tenant))
        if number > len(left):
            return None
        rng = stream(self._seed, "again", event, position)
        for _ in range(number - 1):
            left.remove(self._one_of(rng, left))
        person = self._one_of(rng, left)
        says = self._opinion(rng, person, truth)
        return Answer(says, round(self._delay(rng, person, asked_at), 3), person.name)

    def _others(self, event: str, position: int, tenant: str) -> Iterator[_Person]:
        said = self._on_shift(stream(self._seed, "answer", event, position))
        for person in _PEOPLE:
            if person is not said and not trait(person.avoids, self._seed, person.name, tenant):
                yield person

    def _on_shift(self, rng: Random) -> _Person:
        return self._one_of(rng, _PEOPLE)

    def _one_of(self, rng: Random, people: Sequence[_Person]) -> _Person:
        return rng.choices(people, [person.shift for person in people])[0]

    def _opinion(self, rng: Random, person: _Person, truth: Verdict) -> Verdict:
        errs = person.misses if truth is Verdict.ACTIONABLE else person.frets
        if not chance(rng, min(1.0, errs * self._errors)):
            return truth
        return Verdict.NOISE if truth is Verdict.ACTIONABLE else Verdict.ACTIONABLE

    def _delay(self, rng: Random, person: _Person, shown_at: float) -> float:
        delay = person.minutes * 60 * rng.lognormvariate(0, 0.7)
        opens_in = self._opens_in(shown_at + delay)
        if not opens_in or chance(rng, _ON_CALL):
            return delay
        return delay + opens_in + hours(rng, 0, 1.5)

    def _opens_in(self, at: float) -> float:
        """Return how long the desk stays closed from ``at`` on, 0 while it is open."""
        index, since_midnight = divmod(at + self._offset, DAY)
        weekday = int(index + 3) % 7
        if weekday <= _FRIDAY and since_midnight < _OPENS * _HOUR:
            return _OPENS * _HOUR - since_midnight
        if weekday <= _FRIDAY and since_midnight < _CLOSES * _HOUR:
            return 0.0
        nights = 1 if weekday < _FRIDAY else 7 - weekday
        return nights * DAY + _OPENS * _HOUR - since_midnight
