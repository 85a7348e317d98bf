"""One tenant's model: counted answers and a regression, averaged in log-odds.

Scoring never learns; learning happens only on answers.
"""

from __future__ import annotations

from collections.abc import Iterable

from noise.decision import Confidence, ModelInfo, Score
from noise.label import Verdict
from noise.learning.counts import MAX_TALLIES, Counts, Estimate
from noise.learning.explanation import TOPICS, Judgement, explain, topic_of
from noise.learning.features import CORE, inputs, levels, part_of
from noise.learning.odds import log_odds, sigmoid
from noise.learning.regression import MAX_LOG_ODDS, MAX_WEIGHTS, Regression
from noise.learning.shared import SharedModel
from noise.settings import Scoring
from noise.state.facts import Facts
from noise.state.slips import SLIPS

VERSION = "counts-regression-1"


class TenantModel:
    """Learns from one tenant's answers alone.

    ``slips`` is how often technicians call noise real, as far as is known, ``doubt`` how much
    of what was learned does not count, because answers lately differ from it. ``names`` are the
    inputs by part, ``changed`` the parts to be saved; both are for the snapshot.
    """

    def __init__(
        self,
        settings: Scoring,
        *,
        most_tallies: int = MAX_TALLIES,
        most_weights: int = MAX_WEIGHTS,
    ) -> None:
        """Start from the day-one knowledge."""
        self._hide_above = settings.hide_above
        self.counts = Counts(settings.half_life_days, most_tallies)
        self.regression = Regression(most_weights)
        self.labels_seen = 0
        self.slips = SLIPS
        self.doubt = 0.0
        self.names: dict[str, set[str]] = {}
        self.changed: set[str] = set()

    def score(self, known: Facts, now: float, shared: SharedModel | None = None) -> Score:
        """Return how likely the alert is noise, how sure that is, and why. Changes nothing.

        What the clients of ``shared`` hold of such alerts counts as a level of the counts, and
        moves the regression as far as it moves the day-one knowledge, the less the more is
        answered here. Neither learns from it: own answers are all that is kept.
        """
        said = None if shared is None else shared.about(known)
        others = None if said is None else (said.noise, said.actionable)
        estimate = self.counts.estimate(known, now, others, self.slips, 1.0 - self.doubt)
        effects = {"kind": 0.0, "answers": 0.0, "others": 0.0}
        regression = 0.0
        for name, part in self.regression.contributions(inputs(known)):
            regression += part
            topic = TOPICS.get(name) or topic_of(name)
            effects[topic] = effects.get(topic, 0.0) + part / 2
        known_before, informed = log_odds(estimate.prior), log_odds(estimate.informed)
        if self.doubt:
            back = self.doubt * (known_before - regression)
            regression += back
            effects["drift"] = back / 2
        moved = estimate.others_say * (informed - known_before)
        regression = max(-MAX_LOG_ODDS, min(MAX_LOG_ODDS, regression + moved))
        counted = log_odds(estimate.posterior.mean)
        probability = sigmoid((counted + regression) / 2)
        effects["kind"] += known_before / 2
        effects["others"] += (informed - known_before + moved) / 2
        effects["answers"] += (counted - informed) / 2
        judged = Judgement(known, estimate, regression, probability, effects, said)
        return Score(
            probability,
            _confidence(estimate, regression - counted),
            estimate.posterior.evidence,
            explain(judged, self._hide_above),
            ModelInfo(
                VERSION if shared is None else f"{VERSION}+{shared.version}", self.labels_seen
            ),
            said.clients if said is not None and not said.found_real else 0,
        )

    def learn(
        self,
        known: Facts,
        verdict: Verdict,
        now: float,
        weight: float = 1.0,
        *,
        counts_only: bool = False,
    ) -> float:
        """Take in an answer; ``counts_only`` where nothing but names is known.

        Returns how far the regression went, to be kept for ``unlearn``.
        """
        gone = self.counts.learn(known, verdict, now, weight)
        self._mark(levels(known), gone)
        self.labels_seen += 1
        if counts_only:
            return 0.0
        named = inputs(known)
        is_noise = verdict is Verdict.NOISE
        step, gone = self.regression.learn(named, is_noise, weight, self.slips)
        self._mark(named, gone)
        return step

    def unlearn(
        self,
        known: Facts,
        verdict: Verdict,
        learned_at: float,
        now: float,
        weight: float = 1.0,
        *,
        step: float = 0.0,
    ) -> None:
        """Take back an answer: the counts forget it, the regression goes its ``step`` back."""
        self.counts.unlearn(known, verdict, learned_at, now, weight)
        self._mark((), levels(known))
        if step:
            self._mark(self.regression.unlearn(inputs(known), step), ())
        self.labels_seen = max(0, self.labels_seen - 1)

    def _mark(self, learned: Iterable[str], gone: Iterable[str]) -> None:
        self.changed.add(CORE)
        for name in learned:
            part = part_of(name)
            self.changed.add(part)
            self.names.setdefault(part, set()).add(name)
        for name in gone:
            part = part_of(name)
            self.changed.add(part)
            if name not in self.counts.tallies and not self.regression.knows(name):
                # A part that could not be read back has no names, though its answers are undone.
                self.names.setdefault(part, set()).discard(name)


def _confidence(estimate: Estimate, disagreement: float) -> Confidence:
    """Stretch the interval of the counts as far as the regression moved the probability."""
    low, high = estimate.low, estimate.high
    mean = estimate.posterior.mean
    low, high = min(low, mean), max(high, mean)
    if disagreement < 0 and low > 0:
        low = sigmoid(log_odds(low) + disagreement / 2)
    if disagreement > 0 and high < 1:
        high = sigmoid(log_odds(high) + disagreement / 2)
    return Confidence(low, high)
