"""A client's decisions and answers, made up with a seed, and the truth of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from noise.decision import Reason
from noise.label import Verdict
from noise.learning.evidence import EPOCH_SECONDS, LEVELS
from noise.learning.people import People
from noise.simulator.chance import stream
from noise.state.answerable import Answer, Answerable
from noise.state.facts import Facts
from noise.state.scope import scope_of_class

DAY = 86_400.0
DAYS = 56.0
START = 1_450 * EPOCH_SECONDS
HOUR = 3_600.0
_BAD_DAYS = (20, 26)
_TRUSTED = 0.08


class Technician(NamedTuple):
    """``misses``: how often something real is called noise; ``frets``: the other way round."""

    misses: float = 0.0
    frets: float = 0.0


CAREFUL = (Technician(),)
ERRING = (Technician(0.05, 0.05),) * 4
POISONED = (*ERRING, Technician(misses=1.0, frets=0.0))
ALARMED = (*ERRING, Technician(misses=0.0, frets=1.0))


class Scenario(NamedTuple):
    """What happens to a client, and how much of it is told.

    ``hidden_real`` gives, for a day and the upper end that was read last, the chance that what is
    hidden is real; ``shown_real`` that of what is shown. ``answers_noise`` and ``answers_real`` are
    the shares that are answered. Until day ``observes`` everything is shown. ``levels`` are those
    of the samples of the classes of alerts. Of what is real, the share ``surfaces`` comes to light
    by itself; of what is hidden ``surfaces_more`` times that.
    """

    name: str
    hidden_real: Callable[[float, float], float]
    share: float = 0.04
    hidden_a_day: float = 60.0
    shown_a_day: float = 6.0
    shown_real: float = 0.3
    technicians: tuple[Technician, ...] = CAREFUL
    answers_noise: float = 1.0
    answers_real: float = 1.0
    observes: float = 0.0
    levels: tuple[int, ...] = (0,)
    surfaces: float = 0.4
    surfaces_more: float = 1.0


class Decided(NamedTuple):
    """A decision at ``at``, and whether it was about something real."""

    at: float
    one: Answerable
    is_real: bool
    hides: bool


class Answered(NamedTuple):
    """What ``technician``, by number, said of a decision at ``at``."""

    at: float
    one: Answerable
    verdict: Verdict
    technician: int
    is_real: bool


class Surfaced(NamedTuple):
    """Something real that came to light by itself at ``at``."""

    at: float
    alert_class: str
    is_missed: bool


Event = Decided | Answered | Surfaced


class Stream:
    """Yields decisions and answers in order; ``upper`` is what was read last.

    Of what is in doubt once an answer was entered, somebody else is asked.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        """Everything follows from ``seed``."""
        self._scenario = scenario
        self._rng = stream(scenario.name, seed)
        self._ids = count()
        self.upper = 1.0

    def __iter__(self) -> Iterator[Event]:
        """Go through the eight weeks."""
        waiting: list[tuple[float, int, Event]] = []
        rate = (self._scenario.hidden_a_day + self._scenario.shown_a_day) / DAY
        at = START
        while (at := at + self._rng.expovariate(rate)) < START + DAYS * DAY:
            while waiting and waiting[0][0] <= at:
                event = heappop(waiting)[2]
                yield event
                if isinstance(event, Answered) and (again := self._again(event)) is not None:
                    heappush(waiting, (again.at, next(self._ids), again))
            decided = self._decide(at)
            yield decided
            for later in (self._answer(decided), self._surface(decided)):
                if later is not None:
                    heappush(waiting, (later.at, next(self._ids), later))

    def _decide(self, at: float) -> Decided:
        scenario, rng, day = self._scenario, self._rng, (at - START) / DAY
        total = scenario.hidden_a_day + scenario.shown_a_day
        hides = rng.random() < scenario.hidden_a_day / total
        real = scenario.hidden_real(day, self.upper) if hides else scenario.shown_real
        place = rng.randrange(len(scenario.levels))
        one = _sighting(f"d{next(self._ids)}.c", at, f"class {place}")
        if hides:
            self._hide(one, min(scenario.levels[place], LEVELS - 1), day)
        return Decided(at, one, rng.random() < real, hides)

    def _hide(self, one: Answerable, level: int, day: float) -> None:
        one.inclusion = min(1.0, self._scenario.share * 2.0**level)
        one.observed = day < self._scenario.observes
        if self._rng.random() < one.inclusion:
            one.reason = Reason.AUDIT_SAMPLE
        else:
            one.reason, one.would_suppress = Reason.LEARNED_NOISE, True

    def _answer(self, decided: Decided) -> Answered | None:
        scenario, rng, one = self._scenario, self._rng, decided.one
        if one.would_suppress and not one.observed:
            return None
        answers = scenario.answers_real if decided.is_real else scenario.answers_noise
        if rng.random() >= answers:
            return None
        number = rng.randrange(len(scenario.technicians))
        return self._says(number, one, decided.at, is_real=decided.is_real)

    def _again(self, said: Answered) -> Answered | None:
        known = {answer.technician for answer in said.one.answers}
        everybody = range(len(self._scenario.technicians))
        left = [number for number in everybody if name_of(number) not in known]
        if said.one.doubted_since is None or not left:
            return None
        return self._says(self._rng.choice(left), said.one, said.at, is_real=said.is_real)

    def _says(self, number: int, one: Answerable, after: float, *, is_real: bool) -> Answered:
        who, rng = self._scenario.technicians[number], self._rng
        errs = rng.random() < (who.misses if is_real else who.frets)
        verdict = Verdict.ACTIONABLE if is_real is not errs else Verdict.NOISE
        at = after + rng.expovariate(1 / (2 * HOUR))
        return Answered(at, one, verdict, number, is_real)

    def _surface(self, decided: Decided) -> Surfaced | None:
        scenario, rng = self._scenario, self._rng
        share = scenario.surfaces * (scenario.surfaces_more if decided.hides else 1.0)
        if not decided.is_real or rng.random() >= share:
            return None
        known = decided.at + rng.expovariate(1 / (6 * HOUR))
        return Surfaced(known, decided.one.facts.category, decided.hides)


def name_of(technician: int) -> str:
    """Return the name of a technician."""
    return f"technician {technician}"


def say(answered: Answered, people: People) -> None:
    """Enter an answer with its sighting, as much as it counts by what is known of ``people``."""
    one, name, verdict = answered.one, name_of(answered.technician), answered.verdict
    is_second = one.is_second_opinion(name)
    weight = people.weight(name, verdict)
    answer = Answer(name, verdict, name, answered.at, weight, is_second=is_second)
    one.answers = [*one.answers, answer]
    people.heard(one, [], answered.at)
    people.judge(name)


def _sighting(decision_id: str, at: float, category: str) -> Answerable:
    return Answerable(
        decision_id=decision_id,
        condition="c",
        check="disk",
        device=None,
        incident=None,
        reason=Reason.SCORE,
        would_suppress=False,
        observed=False,
        told=False,
        noise_probability=0.5,
        decided_at=at,
        facts=Facts(check="disk", condition="c", category=category),
        scope=scope_of_class(category),
    )


def _steady(share: float) -> Callable[[float, float], float]:
    return lambda _day, _upper: share


def _jumps(day: float, _upper: float) -> float:
    return 0.08 if _BAD_DAYS[0] <= day < _BAD_DAYS[1] else 0.002


def _creeps(day: float, _upper: float) -> float:
    return 0.05 * day / DAYS


def _strikes(_day: float, upper: float) -> float:
    """Grow worse whenever the bound says that all is well."""
    return 0.1 if upper < _TRUSTED else 0.005


SCENARIOS = (
    Scenario("steady", _steady(0.01)),
    Scenario("never real", _steady(0.0)),
    Scenario("often real", _steady(0.2)),
    Scenario("jumps for some days", _jumps),
    Scenario("creeps up", _creeps),
    Scenario("strikes when trusted", _strikes),
    Scenario("sampled by class", _steady(0.02), levels=(0, 1, 3)),
    Scenario("observed, then hidden", _jumps, observes=18.0),
    Scenario("answers missing", _steady(0.03), answers_noise=0.7, answers_real=0.8),
    Scenario("wrong answers", _steady(0.02), technicians=ERRING),
    Scenario("wrong answers, drift", _jumps, technicians=ERRING),
    Scenario("poisoned technician", _steady(0.05), technicians=POISONED),
    Scenario("poison, much sampled", _steady(0.05), technicians=POISONED, share=0.5),
    Scenario("one says real always", _steady(0.01), technicians=ALARMED, observes=56.0),
    Scenario("slips, all shown", _steady(0.01), technicians=ERRING, observes=56.0),
    Scenario("little surfaces", _steady(0.01), surfaces=0.1),
    Scenario("little surfaces, drift", _jumps, surfaces=0.15, technicians=ERRING),
    Scenario("the hidden surfaces more", _steady(0.02), surfaces=0.3, surfaces_more=1.5),
)
