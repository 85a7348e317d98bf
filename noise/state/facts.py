"""What was known of an alert when it was judged: small enough to wait for its answer.

The facts are kept as they were, not as a model wants them; so a changed model can still learn
from an answer that comes days later, and a sentence can be made of each.
"""

from __future__ import annotations

import msgspec


class Facts(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Names are cut to a bounded length, "" means missing. Times are seconds.

    ``severity`` is the rank, 0 to 4. ``excess`` is the distance beyond the threshold as a share of
    it, above zero on the bad side; ``surprise`` is the distance from the condition's own past
    values in units of their usual spread, above zero on the bad side. The company counts fade by
    half every ten minutes and leave the alert itself out. ``sends_clears`` says whether its tool
    was ever heard to send one. None means unknown.
    """

    check: str
    condition: str
    site: str
    device_class: str
    category: str
    source: str
    unit: str
    severity: int
    episodes: int
    cleared: int
    typical_seconds: float
    check_episodes: int
    check_cleared: int
    sends_clears: bool
    flips: int
    is_known_device: bool
    device_company: float
    site_company: float
    check_company: float
    client_company: float
    heat: float
    gap_seconds: float | None
    value: float | None
    usual: float | None
    spread: float
    excess: float | None
    surprise: float | None
