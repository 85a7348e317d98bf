"""River's logistic regression with AdaGrad, started from what is known on day one."""

from __future__ import annotations

from river import linear_model, optim

from noise.learning.knowledge import INPUTS
from noise.learning.odds import sigmoid
from noise.state.slips import MISSES, SLIPS, called_noise

RATE = 0.3
MOST = 500.0  # log-odds beyond which nothing differs, and ``exp`` would overflow
# How firmly the day-one weights are believed, as squared gradients already seen.
FIRMNESS = 2.0
MAX_WEIGHTS = 10_000
MAX_LOG_ODDS = 4.0


class Regression:
    """Speaks in log-odds of noise. Bounded: the one-hot weights that say least are dropped."""

    def __init__(self, limit: int = MAX_WEIGHTS) -> None:
        """Start from the day-one weights."""
        self._limit = limit
        self.river = linear_model.LogisticRegression(optim.AdaGrad(RATE))
        for name, knowledge in INPUTS.items():
            self.put(name, knowledge.weight, FIRMNESS)

    def contributions(self, named: dict[str, float]) -> list[tuple[str, float]]:
        """Return what each input adds to the log-odds of noise. Changes nothing."""
        weigh = self.river._weights.get
        parts = [(name, w * number) for name, number in named.items() if (w := weigh(name))]
        parts.insert(0, ("intercept", self.river.intercept))
        return parts

    def learn(
        self, named: dict[str, float], is_noise: bool, weight: float, slips: float = SLIPS
    ) -> tuple[float, list[str]]:
        """Take a step towards the answer, as far as it is likely to be right.

        That is the gradient of the likelihood of the answers, ``slips`` of which are wrong (Raykar
        et al. 2010, section 2.3). Returns how far, as the gradient of an input of 1, and the names
        of the inputs that were dropped for it.
        """
        log_odds = sum(part for _, part in self.contributions(named))
        noise = sigmoid(max(-MOST, min(MOST, log_odds)))
        weight *= _believed(noise, is_noise, slips)
        step = weight * (noise - is_noise)
        self.river.learn_one(named, is_noise, weight)
        return step, self._drop_least()

    def unlearn(self, named: dict[str, float], step: float) -> list[str]:
        """Go a step back; return the inputs that did.

        A step towards the opposite answer would be another one: AdaGrad's become shorter. Right
        after the step this restores the weights; later it is what is left of it.
        """
        river, optimizer = self.river, self.river.optimizer
        back = [name for name in named if self.knows(name)]
        for name in back:
            gradient, squares = step * named[name], optimizer.g2[name]
            rate = RATE / (squares + optimizer.eps) ** 0.5
            self.put(name, river._weights[name] + rate * gradient, max(0.0, squares - gradient**2))
        river.intercept += river.intercept_lr.get(optimizer.n_iterations) * step
        return back

    def knows(self, name: str) -> bool:
        """Say whether an input has a weight."""
        return name in self.river._weights

    def weight(self, name: str) -> tuple[float, float]:
        """Return the weight of an input that has one, and its sum of squared gradients."""
        return self.river._weights[name], self.river.optimizer.g2[name]

    def put(self, name: str, weight: float, squares: float) -> None:
        """Set an input's weight and its sum of squared gradients."""
        self.river._weights[name] = weight
        self.river.optimizer.g2[name] = squares

    def _drop_least(self) -> list[str]:
        excess = len(self.river._weights) - self._limit
        if excess <= 0:
            return []
        weights = self.river.weights
        loose = [name for name in weights if name not in INPUTS]
        least = sorted(loose, key=lambda name: (abs(weights[name]), name))
        gone = least[: excess + self._limit // 10]
        for name in gone:
            del self.river._weights[name]
            self.river.optimizer.g2.pop(name, None)
        return gone


def _believed(noise: float, is_noise: bool, slips: float) -> float:
    """Return how much of an answer's step is left: little, if it is more likely an error."""
    said = called_noise(noise, slips)
    share = noise / said if is_noise else (1.0 - noise) / (1.0 - said)
    return (1.0 - slips - MISSES) * share
