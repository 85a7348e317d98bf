"""How quiet mode earn becomes, against hiding from the start, and what that costs in truth.

``python -m benchmarks earn`` simulates an MSP twice, in mode enforce and in mode earn, with tickets
and technicians who err as people do (``--answer-errors 0`` has them always right). Noise items are
counted over the last seven days before each of ``--marks``.
"""

from benchmarks.earn.run import main

__all__ = ["main"]
