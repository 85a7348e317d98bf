"""Answers counted for check, class of device, site and condition; each level leans on the last.

At each level a Beta posterior, whose prior is the level above with the weight of at most
``BORROWED`` answers (partial pooling; Gelman et al., Bayesian Data Analysis, chapter 5). An answer
counts once: what belongs to a level is taken out of the one above before that is leaned on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scipy.special import betaincinv

from noise.label import Verdict
from noise.learning.features import levels
from noise.learning.knowledge import prior_log_odds
from noise.learning.odds import sigmoid
from noise.learning.tallies import NOTHING, Answers, Tallies, Tally
from noise.state.facts import Facts
from noise.state.slips import SLIPS, noise_share

BORROWED = 3.0
LEVELS = 4
PRIOR_ANSWERS = 2.0
MAX_TALLIES = 10_000
TAIL = 0.05  # on each side: a 90 % interval
WRONG_ANSWERS = 0.1


class Posterior(NamedTuple):
    """A Beta belief in the share of noise; ``evidence`` is what answers alone contribute to it."""

    noise: float
    actionable: float
    evidence: float

    @property
    def mean(self) -> float:
        """The expected share of noise."""
        return self.noise / (self.noise + self.actionable)


class Estimate(NamedTuple):
    """What the answers say of one case.

    ``low`` and ``high`` bound the true share of noise nine times in ten. ``level`` is the most
    particular one that has answers, 0 for the check to 3 for the condition, and ``tally`` what it
    holds; None where nobody has answered. ``prior`` is the day-one knowledge, ``informed`` the same
    with the answers of clients that share, whose say is down to ``others_say`` (1 to 0) beside own
    answers.
    """

    posterior: Posterior
    prior: float
    informed: float
    others_say: float
    low: float
    high: float
    level: int | None
    tally: Tally | None


class Counts(Tallies):
    """What one tenant answered, by the levels of ``features.levels``."""

    def __init__(self, half_life_days: float, limit: int = MAX_TALLIES) -> None:
        """Start with no answers; after ``half_life_days`` an answer counts half."""
        super().__init__(half_life_days, limit)

    def learn(self, known: Facts, verdict: Verdict, now: float, weight: float) -> list[str]:
        """Count an answer; return the keys of the levels that had to be forgotten for it."""
        return self.add(levels(known), verdict, now, weight)

    def unlearn(
        self, known: Facts, verdict: Verdict, learned_at: float, now: float, weight: float
    ) -> None:
        """Take back an answer that was learned at ``learned_at``: what is left of it by now."""
        self.take_back(levels(known), verdict, learned_at, now, weight)

    def _answered(self, known: Facts) -> list[Tally]:
        """Return the levels that have answers, from the general on: each holds the next."""
        found = []
        for key in levels(known):
            tally = self.tallies.get(key)
            if tally is None:
                break
            found.append(tally)
        return found

    def estimate(
        self,
        known: Facts,
        now: float,
        others: Answers | None = None,
        slips: float = SLIPS,
        trust: float = 1.0,
    ) -> Estimate:
        """Return what the answers so far say of a case, ``slips`` of them. Changes nothing.

        ``others`` are answers of all clients that share, the level on which the check itself leans.
        Each answer counts for ``trust``, 0 to 1.
        """
        prior = sigmoid(prior_log_odds(known))
        found = self._answered(known)
        answered = _each_once([self.aged(tally, now) for tally in found]) if found else []
        if trust < 1.0:
            answered = [(noise * trust, actionable * trust) for noise, actionable in answered]
        if others is not None:
            answered.insert(0, others)
        if not answered:
            posterior = _pooled((), prior, PRIOR_ANSWERS, slips)
            return Estimate(posterior, prior, prior, 0.0, 0.0, 1.0, None, None)
        borrows = len(found) < LEVELS
        low, high = _interval(answered, borrows=borrows)
        posterior = _pooled(answered, prior, PRIOR_ANSWERS, slips, borrows=borrows)
        level, tally = (len(found) - 1, found[-1]) if found else (None, None)
        informed, others_say = _informed(prior, others, answered, slips)
        return Estimate(posterior, prior, informed, others_say, low, high, level, tally)


def _informed(
    prior: float, others: Answers | None, answered: Sequence[Answers], slips: float
) -> tuple[float, float]:
    if others is None:
        return prior, 0.0
    own = sum([noise + actionable for noise, actionable in answered[1:]])
    informed = _pooled((others,), prior, PRIOR_ANSWERS, slips).mean
    return informed, BORROWED / (BORROWED + own)


def _each_once(aged: list[Answers]) -> list[Answers]:
    """Take each level's answers out of the level above, which holds them too."""
    own = []
    noise, actionable = aged[0]
    for below, beside in aged[1:]:
        own.append((max(0.0, noise - below), max(0.0, actionable - beside)))
        noise, actionable = below, beside
    own.append((noise, actionable))
    return own


def _pooled(
    own: Sequence[Answers],
    mean: float,
    weight: float,
    slips: float | None,
    *,
    borrows: bool = True,
) -> Posterior:
    """Pass belief from the general to the particular, bounded at each step.

    ``borrows`` says that the case itself has no answers: it borrows all. Without ``slips`` all
    answers are taken at their word.
    """
    total, evidence = weight, 0.0
    for noise, actionable in own:
        weight = total if total < BORROWED else BORROWED
        answers = noise + actionable
        total = answers + weight
        if slips is None:
            mean = (noise + weight * mean) / total
        else:
            mean = noise_share(noise, actionable, mean, weight, slips)
        evidence = answers + (evidence if evidence < BORROWED else BORROWED)
    if borrows:
        total, evidence = min(total, BORROWED), min(evidence, BORROWED)
    return Posterior(total * mean, total * (1.0 - mean), evidence)


def _interval(own: Sequence[Answers], *, borrows: bool) -> Answers:
    """Return Jeffreys' interval of the pooled answers (Brown, Cai and DasGupta 2001, section 4).

    It starts from ignorance, not from the day-one knowledge, which may be wrong for this client;
    and it is stretched as far as ``WRONG_ANSWERS`` could have hidden a share that is more extreme.
    """
    noise, actionable, _ = _pooled(own, 0.5, 1.0, None, borrows=borrows)
    low, high = 0.0, 1.0
    if sum([answers[0] for answers in own]) >= NOTHING:
        low = float(betaincinv(noise, actionable, TAIL))
    if sum([answers[1] for answers in own]) >= NOTHING:
        high = float(betaincinv(noise, actionable, 1.0 - TAIL))
    return min(low, max(0.0, _unflipped(low))), max(high, min(1.0, _unflipped(high)))


def _unflipped(share: float) -> float:
    return 0.5 + (share - 0.5) / (1.0 - 2.0 * WRONG_ANSWERS)
