"""Another model on the same answers, compared and never asked.

An adaptive random forest (Gomes et al. 2017) by River. It costs about a millisecond an answer, some
hundred times the model's, and much memory for each client; so it runs only where the owner wants to
know, meets answered alerts alone, decides nothing, and starts afresh with the worker.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from noise.label import Verdict
from noise.learning.features import inputs
from noise.state.facts import Facts

BINS = 200
SEED = 1
UNDECIDED = 0.5


class Marks:
    """How well scores foretold the answers."""

    def __init__(self) -> None:
        """Start with none."""
        self._error = 0.0
        self._noise = [0] * BINS
        self._real = [0] * BINS

    def add(self, noise_probability: float, verdict: Verdict) -> None:
        """Enter a score that was given before its answer (prequential)."""
        is_noise = verdict is Verdict.NOISE
        self._error += (noise_probability - is_noise) ** 2
        counts = self._noise if is_noise else self._real
        counts[min(BINS - 1, int(noise_probability * BINS))] += 1

    def include(self, other: Marks) -> None:
        """Add what was entered elsewhere."""
        self._error += other._error
        self._noise = [a + b for a, b in zip(self._noise, other._noise, strict=True)]
        self._real = [a + b for a, b in zip(self._real, other._real, strict=True)]

    @property
    def answers(self) -> int:
        """How many were entered."""
        return sum(self._noise) + sum(self._real)

    @property
    def brier(self) -> float | None:
        """The mean squared error."""
        return self._error / self.answers if self.answers else None

    @property
    def auc(self) -> float | None:
        """How often noise scored higher than what was real, a tie of bins counting half."""
        pairs = sum(self._noise) * sum(self._real)
        if not pairs:
            return None
        won, below = 0.0, 0
        for noise, real in zip(self._noise, self._real, strict=True):
            won += noise * (below + real / 2)
            below += real
        return won / pairs


class Comparison(NamedTuple):
    """Both models on the same answers; None where that cannot be said yet."""

    answers: int
    model_auc: float | None
    challenger_auc: float | None
    model_brier: float | None
    challenger_brier: float | None


class Duel:
    """The marks of both models."""

    def __init__(self) -> None:
        """Start with none."""
        self.model = Marks()
        self.challenger = Marks()

    def include(self, other: Duel) -> None:
        """Add the marks of another client."""
        self.model.include(other.model)
        self.challenger.include(other.challenger)

    def comparison(self) -> Comparison:
        """Return how they compare so far."""
        ours, theirs = self.model, self.challenger
        return Comparison(ours.answers, ours.auc, theirs.auc, ours.brier, theirs.brier)


class Challenger:
    """One client's forest."""

    def __init__(self) -> None:
        """Start with nothing learned."""
        from river import forest  # noqa: PLC0415 - half a second, which few workers need

        self.duel = Duel()
        self._forest = forest.ARFClassifier(seed=SEED)

    def meet(self, known: Facts, model_says: float, verdict: Verdict) -> None:
        """Hold what both say of an alert against its answer, before either learns it."""
        shares: dict[Any, float] = self._forest.predict_proba_one(_seen(known))
        self.duel.model.add(model_says, verdict)
        self.duel.challenger.add(shares.get(True, UNDECIDED), verdict)

    def learn(self, known: Facts, verdict: Verdict, weight: float) -> None:
        """Take the model's lesson; a forest cannot take one back."""
        self._forest.learn_one(_seen(known), verdict is Verdict.NOISE, w=weight)


def _seen(known: Facts) -> dict[str, Any]:
    """Return the regression's inputs with names as such, which trees can split by."""
    numbers = {key: number for key, number in inputs(known).items() if key[0] != "="}
    return {**numbers, "check": known.check, "class": known.device_class, "site": known.site}
