"""What the workers say of themselves on their pages of metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

JUDGED = "noise_judged_alerts"
TIMEOUT_SECONDS = 2.0


def false_positive_ratio(pages: Iterable[str]) -> float | None:
    """Return, of what turned out to be noise, the share that was shown; None if that is unknown.

    Over all clients. The pages are texts as Prometheus reads them.
    """
    cells: defaultdict[str, float] = defaultdict(float)
    for page in pages:
        for family in text_string_to_metric_families(page):
            if family.name == JUDGED:
                for sample in family.samples:
                    cells[sample.labels["cell"]] += sample.value
    noise = cells["shown_noise"] + cells["hidden_noise"]
    return cells["shown_noise"] / noise if noise else None


def read_page(address: str) -> str:
    """Return the page, empty while nobody serves it."""
    try:
        with urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - our own worker
            return str(answer.read().decode())
    except OSError:
        return ""
