"""Whether a tenant's answers still are what its model expects."""

from __future__ import annotations

import msgspec

from noise.label import Verdict
from noise.learning.adwin import Adwin
from noise.state.slips import called_noise

DOUBT = 0.9  # what of earlier answers does not count, right after a drift
RESTORED_BY = 30.0  # answers that leave a third of the doubt
NO_DOUBT = 0.05
_LEAST, _RANGE = -0.25, 1.25


class Drift(msgspec.Struct):
    """A detector over the model's errors, and the doubt that it left, from 0 to 1.

    Fed with the squared error of the score given before the answer (prequential; Gama, Sebastiao
    and Rodrigues 2013), less the error that this score expects of itself. That is zero on average
    as long as the scores are calibrated, whatever is shown and answered; the plain error rises when
    easy alerts are hidden and no longer answered.
    """

    adwin: Adwin = msgspec.field(default_factory=Adwin)
    doubt: float = 0.0

    def note(self, noise_probability: float, verdict: Verdict, slips: float) -> None:
        """Take an answer and the score before it."""
        self.doubt *= 1.0 - 1.0 / RESTORED_BY
        if self.doubt < NO_DOUBT:
            self.doubt = 0.0
        expected = called_noise(noise_probability, slips)
        error = (expected - (verdict is Verdict.NOISE)) ** 2 - expected * (1.0 - expected)
        if self.adwin.add((error - _LEAST) / _RANGE) > 0.0:
            self.doubt = DOUBT
