"""How often each technician errs, from how well the answers agree with those of the rest.

Two rates for each: real problems called noise, and noise called real (Dawid and Skene 1979). Nobody
knows the truth, so an answer is held against what all others lead to expect: how often they call
alerts real that the model scored alike, what they said of this very alert, and what came to light
of it. A technician's own answers never count for him, nor do his second opinions: they are asked
for where a claim is most likely a slip, and who overrules it would seem to miss much. What is kept
are counts by that expectation; the rates are the mean of their posterior on a grid, so that any
count can be taken back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product
from math import exp, log
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from noise.label import Verdict
from noise.learning.features import name
from noise.learning.odds import log_odds, sigmoid
from noise.state.answerable import Answer, Answerable
from noise.state.slips import MOST_SLIPS, SLIPS

MOST_PEOPLE = 50
MEMORY = 500.0  # answers after which an earlier one counts less by a factor of e
MOST_OF_ONE = 50.0  # answers of one technician that count in a bin: one voice of several
NOBODY = 1.0  # answers that the model's own opinion counts for beside theirs
ENOUGH_OF_OTHERS = 10.0
LEAST_WEIGHT = 0.25  # less than that is hardly told from chance
ENOUGH_AGAIN = 0.5

# Edges of the bins by the model's probability of noise, and of those by the expected share of real.
SCORES = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
EXPECTED = (0.02, 0.06, 0.17, 0.45, 0.75, 0.95)
_SAID, _MET = 2 * len(SCORES) + 2, 2 * len(EXPECTED) + 2
_Said = Annotated[list[float], Meta(min_length=_SAID, max_length=_SAID)]
_Met = Annotated[list[float], Meta(min_length=_MET, max_length=_MET)]
_SUREST = 2 * (SCORES.index(0.95) + 1)
_MIDDLES = (0.01, 0.035, 0.1, 0.3, 0.6, 0.87, 0.98)
_LEAST, _MOST = _MIDDLES[0], _MIDDLES[-1]

# Most people err seldom; a few hardly look, or always say the same.
_RATES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 0.98)
_PRIOR = (0.3, 0.3, 0.2, 0.08, 0.04, 0.03, 0.02, 0.015, 0.015)

# What comes to light by itself was seldom nothing.
OUTCOME_FRETS = 0.02

SLIPS_COUNT = 20.0  # answers that the presumed share of slips counts for


class Rates(NamedTuple):
    """``misses``: the share of real problems called noise; ``frets``: of noise called real."""

    misses: float
    frets: float

    def says(self, verdict: Verdict) -> float:
        """Return by how much an answer moves the log-odds of real, above zero for real."""
        if verdict is Verdict.ACTIONABLE:
            return max(0.0, log((1.0 - self.misses) / self.frets))
        return -max(0.0, log((1.0 - self.frets) / self.misses))

    @property
    def information(self) -> float:
        """How far answers differ between real and noise: 1 for who never errs, 0 for chance."""
        return max(0.0, 1.0 - self.misses - self.frets)


class Person(msgspec.Struct):
    """One technician's answers, in pairs of noise and actionable.

    ``said`` by the bins of ``SCORES``, ``met`` by those of ``EXPECTED``; ``heard_at`` in epoch
    seconds. ``ignored`` are the verdicts that no longer count.
    """

    heard_at: float = 0.0
    said: _Said = msgspec.field(default_factory=lambda: [0.0] * _SAID)
    met: _Met = msgspec.field(default_factory=lambda: [0.0] * _MET)
    ignored: list[Verdict] = []

    @property
    def rates(self) -> Rates:
        """The expected rates, given what was met."""
        return _rates(tuple(self.met))

    def fade(self) -> None:
        """Have all that came before count a little less."""
        left = 1.0 - 1.0 / MEMORY
        self.said = [count * left for count in self.said]
        self.met = [count * left for count in self.met]


class People:
    """One tenant's technicians, bounded in number; who was silent for longest is forgotten.

    Those whose answers no longer count are forgotten last: new names must not pardon them.
    """

    def __init__(self, most: int = MOST_PEOPLE) -> None:
        """Start without any."""
        self._most = most
        self._people: dict[str, Person] = {}
        self._changed: set[str] = set()
        self.slips = SLIPS

    def weight(self, technician: str, verdict: Verdict) -> float:
        """Return how much an answer counts: 1 for usual care, 0 for what chance would say.

        Answers are weighed by their log-odds (Nitzan and Paroush 1982), and none counts more than
        that of a technician of whom nothing is known.
        """
        person = self._people.get(key_of(technician))
        if person is None:
            return 1.0
        weight = _weight(person, verdict)
        return 0.0 if verdict in person.ignored or weight < LEAST_WEIGHT else weight

    def judge(self, technician: str) -> list[Verdict]:
        """Return the verdicts of a technician that count no longer, after what was heard last.

        They count again when they are clearly better than chance.
        """
        key = key_of(technician)
        person = self._people.get(key)
        if person is None:
            return []
        known = person.ignored
        person.ignored = [
            verdict
            for verdict in Verdict
            if _weight(person, verdict) < (ENOUGH_AGAIN if verdict in known else LEAST_WEIGHT)
        ]
        if person.ignored != known:
            self._changed.add(key)
        return [verdict for verdict in person.ignored if verdict not in known]

    # -- what was said

    def heard(self, target: Answerable, gone: Iterable[Answer], now: float) -> None:
        """Hold all answers on a sighting against each other; those ``gone`` were corrected."""
        for answer in gone:
            self._take_back(target, answer)
        for answer in target.answers:
            if not answer.is_outcome and not answer.is_second:
                self._enter(target, answer, now)
        self._keep_within()
        self.slips = self._estimated_slips()

    def _enter(self, target: Answerable, answer: Answer, now: float) -> None:
        key = key_of(answer.technician)
        person = self._people.setdefault(key, Person())
        if answer.met < 0:
            person.fade()
            person.heard_at = max(person.heard_at, now)
            person.said[_place(_score_bin(target), answer)] += 1.0
        else:
            _drop(person.met, _place(answer.met, answer), answer.credit)
        expected, others = self._expected(target, answer)
        answer.met = bisect_left(EXPECTED, expected)
        answer.credit = others / (others + ENOUGH_OF_OTHERS)
        person.met[_place(answer.met, answer)] += answer.credit
        self._changed.add(key)

    def _take_back(self, target: Answerable, answer: Answer) -> None:
        key = key_of(answer.technician)
        person = self._people.get(key)
        if person is not None and answer.met >= 0:
            _drop(person.met, _place(answer.met, answer), answer.credit)
            _drop(person.said, _place(_score_bin(target), answer), 1.0)
            self._changed.add(key)

    # -- what was to be expected

    def _expected(self, target: Answerable, own: Answer) -> tuple[float, float]:
        """Return the probability that a sighting is real, and how many answers say so."""
        share, others = self._share_of_others(target, key_of(own.technician))
        odds = log_odds(min(_MOST, max(_LEAST, share)))
        for answer in target.answers:
            if answer is own:
                continue
            rates = _OUTCOME if answer.is_outcome else self._rates_of(answer.technician)
            odds += answer.share * rates.says(answer.verdict)
            others += ENOUGH_OF_OTHERS * answer.share * rates.information
        return sigmoid(odds), others

    def _share_of_others(self, target: Answerable, own: str) -> tuple[float, float]:
        place = _score_bin(target)
        real, total = NOBODY * (1.0 - target.likely_noise), NOBODY
        for key, person in self._in_order():
            noise, actionable = person.said[2 * place], person.said[2 * place + 1]
            answers, rates = noise + actionable, person.rates
            if key == own or not answers or not rates.information:
                continue
            counted = min(answers, MOST_OF_ONE) * rates.information**2
            share = (actionable / answers - rates.frets) / rates.information
            real += counted * min(1.0, max(0.0, share))
            total += counted
        return real / total, total - NOBODY

    def _rates_of(self, technician: str) -> Rates:
        person = self._people.get(key_of(technician))
        return person.rates if person is not None else Person().rates

    def _estimated_slips(self) -> float:
        """Return how often noise is called real by them all.

        It is no more than how often that is said of what the model is surest of, whatever part of
        it is right (the anchor of Scott 2013).
        """
        frets, met = SLIPS * SLIPS_COUNT, SLIPS_COUNT
        noise = actionable = 0.0
        for _, person in self._in_order():
            known = sum(person.met)
            frets += known * person.rates.frets
            met += known
            noise += sum(person.said[_SUREST::2])
            actionable += sum(person.said[_SUREST + 1 :: 2])
        most = (actionable + SLIPS * SLIPS_COUNT) / (noise + actionable + SLIPS_COUNT)
        return min(MOST_SLIPS, max(SLIPS, min(most, frets / met)))

    def _in_order(self) -> Iterator[tuple[str, Person]]:
        # By name: a restored engine has met its technicians in another order, and sums differ.
        for key in sorted(self._people):
            yield key, self._people[key]

    def _keep_within(self) -> None:
        while len(self._people) > self._most:
            oldest = min(self._people, key=self._leaves)
            del self._people[oldest]
            self._changed.add(oldest)

    def _leaves(self, key: str) -> tuple[bool, float, str]:
        person = self._people[key]
        return bool(person.ignored), person.heard_at, key

    # -- what must survive

    def take_changed(self) -> list[tuple[str, Person | None]]:
        """Take what changed since the last call, None for who was forgotten."""
        changed, self._changed = self._changed, set()
        return [(key, self._people.get(key)) for key in sorted(changed)]

    def __iter__(self) -> Iterator[tuple[str, Person]]:
        """Go through all technicians."""
        return iter(self._people.items())

    def load(self, key: str, saved: Person) -> None:
        """Put a saved technician back."""
        self._people[key] = saved
        self.slips = self._estimated_slips()


def key_of(technician: str) -> str:
    """Return the one name of a technician, however it is spelled in case and spaces."""
    return name(" ".join(technician.split()).casefold())


def _weight(person: Person, verdict: Verdict) -> float:
    return min(1.0, person.rates.says(verdict) / Person().rates.says(verdict))


def _score_bin(target: Answerable) -> int:
    return bisect_left(SCORES, target.likely_noise)


def _place(index: int, answer: Answer) -> int:
    return 2 * index + (answer.verdict is Verdict.ACTIONABLE)


def _drop(counts: list[float], place: int, amount: float) -> None:
    counts[place] = max(0.0, counts[place] - amount)


def _log_likelihoods(middle: float, verdict: Verdict) -> list[float]:
    real = [middle * (1.0 - misses) + (1.0 - middle) * frets for misses, frets in _GRID]
    return [log(share if verdict is Verdict.ACTIONABLE else 1.0 - share) for share in real]


_GRID = list(product(_RATES, _RATES))
_LOG_PRIOR = [log(misses * frets) for misses, frets in product(_PRIOR, _PRIOR)]
_LOG_LIKELIHOODS = [
    _log_likelihoods(middle, verdict)
    for middle in _MIDDLES
    for verdict in (Verdict.NOISE, Verdict.ACTIONABLE)
]
_OUTCOME = Rates(0.5, OUTCOME_FRETS)


@lru_cache(maxsize=1024)
def _rates(met: tuple[float, ...]) -> Rates:
    belief = list(_LOG_PRIOR)
    for count, likelihoods in zip(met, _LOG_LIKELIHOODS, strict=True):
        if count:
            belief = [so_far + count * one for so_far, one in zip(belief, likelihoods, strict=True)]
    most = max(belief)
    weights = [exp(one - most) for one in belief]
    total = sum(weights)
    misses = sum(w * m for w, (m, _) in zip(weights, _GRID, strict=True)) / total
    frets = sum(w * f for w, (_, f) in zip(weights, _GRID, strict=True)) / total
    return Rates(misses, frets)
