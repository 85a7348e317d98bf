"""How quiet, and what is lost: the engine on labelled streams, against what people do by hand.

``python -m benchmarks quality`` reads the labelled alerts in ``NOISE_DATA``, or simulates an MSP.
Labels are given late and only for what was shown. Nothing here is fitted: the engine runs with the
settings that it ships with, unless ``--settings`` names others. Where a stream holds at least three
clients, it runs a second time, with all of them sharing their answers.
"""

from benchmarks.quality.run import main

__all__ = ["main"]
