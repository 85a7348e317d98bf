"""What answers say once it is allowed for that people err now and then.

Seen through the errors, a share s of noise looks like s (1 - slips) + (1 - s) MISSES (the forward
correction of label noise: Patrini et al. 2017; for counts, Rogan and Gladen 1978).
"""

from __future__ import annotations

SLIPS = 0.001  # how often noise is called real: hardly ever, until technicians can be compared
MOST_SLIPS = 0.05  # and no more of them are presumed, whatever the answers show
MISSES = 0.05  # how often what is real is called noise


def called_noise(noise: float, slips: float) -> float:
    """Return the share of answers that say noise, where a share ``noise`` is noise."""
    return noise * (1.0 - slips) + (1.0 - noise) * MISSES


def right_if_real(noise: float, slips: float) -> float:
    """Return how likely an answer "real" is right, where a share ``noise`` is noise."""
    return (1.0 - noise) * (1.0 - MISSES) / (1.0 - called_noise(noise, slips))


def noise_share(noise: float, real: float, mean: float, weight: float, slips: float) -> float:
    """Return the share of noise behind answers that say ``noise`` and ``real`` so often.

    ``mean`` is what was believed before, with the weight of so many answers. The observed share is
    corrected for errors, within what the answers could at most mean; then each answer counts by how
    likely it is right (one step of expectation-maximisation from there).
    """
    total = noise + real + weight
    seen = (noise + weight * called_noise(mean, slips)) / total
    share = (seen - MISSES) / (1.0 - slips - MISSES)
    share = min(1.0 - weight * (1.0 - mean) / total, max(weight * mean / total, share))
    wrong = 1.0 - right_if_real(share, slips)
    right = share * (1.0 - slips) / called_noise(share, slips)
    return (noise * right + real * wrong + weight * mean) / total
