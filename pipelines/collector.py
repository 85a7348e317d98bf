"""Python's cyclic garbage collector, for a process that decides many alerts."""

from __future__ import annotations

import gc


def spare_the_collector() -> None:
    """Look for cycles seldom: alerts leave few, and what is loaded by now stays."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # looking as often as usual costs a tenth of the time
