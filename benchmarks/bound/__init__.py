"""Whether the bounds on what is hidden hold: many seeded runs of a ledger, whose truth is known.

Each run is eight weeks of decisions and answers. At every answer the intervals are read and held
against the truth of the window that they speak of. A run counts as covered only if every reading
of it was right: of the hidden, the share that was real, and of the real, the share that was
hidden. ``naive`` is what Clopper and Pearson's interval, read as often, makes of the same answers;
``upper`` the middle of the upper ends, which says what the bound is worth.
"""

from benchmarks.bound.run import main

__all__ = ["main"]
