"""What was known of an alert when it was judged: small enough to wait for its answer.

The facts are kept as they were, not as a model wants them; so a changed model can still learn
from an answer that comes days later, and a sentence can be made of each.
"""

from __future__ import annotations

import msgspec


class Facts(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """Names are cut to a bounded length, "" means missing. Times are seconds.

    ``severity`` is the rank, 0 to 4. ``excess`` is the distance beyond the threshold as a share of
    it, above zero on the bad side; ``surprise`` is the distance from the condition's own past
    values in units of their usual spread, above zero on the bad side. The company counts fade by
    half every ten minutes and leave the alert itself out. ``sends_clears`` says whether its tool
    was ever heard to send one. None means unknown.
    """

    check: str
    condition: str
    site: str = ""
    device_class: str = ""
    category: str = ""
    source: str = ""
    unit: str = ""
    severity: int = 0
    episodes: int = 0
    cleared: int = 0
    typical_seconds: float = 0.0
    check_episodes: int = 0
    check_cleared: int = 0
    sends_clears: bool = False
    flips: int = 0
    is_known_device: bool = True
    device_company: float = 0.0
    site_company: float = 0.0
    check_company: float = 0.0
    client_company: float = 0.0
    heat: float = 0.0
    gap_seconds: float | None = None
    value: float | None = None
    usual: float | None = None
    spread: float = 0.0
    excess: float | None = None
    surprise: float | None = None
    beside: int = 0
