"""Bytes become alerts here, and nowhere else: one file per tool, and one door to all of them.

Whatever a body holds, the door gives alerts or raises SourceError with a DeadLetterReason.
"""

from __future__ import annotations

from collections.abc import Callable

from noise.alert import Alert
from noise.directory import Directory
from noise.errors import SourceError
from noise.sources import (
    ait_ads,
    alertmanager,
    canonical,
    datto,
    ninjaone,
    rmm_nab,
    tactical,
    wazuh,
    zabbix,
)
from noise.sources.delivery import CANONICAL, DeadLetterReason, Delivery
from noise.sources.payload import MAX_BYTES

__all__ = ["REASONS", "SOURCES", "DeadLetterReason", "Delivery", "Source", "parse"]

Source = Callable[[Delivery, Directory], list[Alert]]

REASONS = tuple(DeadLetterReason)
SOURCES: dict[str, Source] = {
    CANONICAL: canonical.parse,
    ait_ads.SOURCE: ait_ads.parse,
    alertmanager.SOURCE: alertmanager.parse,
    datto.SOURCE: datto.parse,
    ninjaone.SOURCE: ninjaone.parse,
    rmm_nab.SOURCE: rmm_nab.parse,
    tactical.SOURCE: tactical.parse,
    wazuh.SOURCE: wazuh.parse,
    zabbix.SOURCE: zabbix.parse,
}


def parse(delivery: Delivery, directory: Directory) -> list[Alert]:
    """Return the alerts of a delivery, at least one.

    Raises SourceError with the DeadLetterReason and a sentence that names what is wrong.
    """
    source = SOURCES.get(delivery.source or CANONICAL)
    if source is None:
        raise SourceError(
            DeadLetterReason.UNKNOWN_SOURCE, f"there is no source {delivery.source!r}"
        )
    _check_size(delivery.body)
    try:
        alerts = source(delivery, directory)
    except SourceError:
        raise
    except Exception as exc:
        raise SourceError(
            DeadLetterReason.UNREADABLE, f"the parser failed: {type(exc).__name__}: {exc}"
        ) from exc
    if not alerts:
        raise SourceError(DeadLetterReason.EMPTY, "the payload holds no alert")
    return alerts


def _check_size(body: bytes) -> None:
    if len(body) > MAX_BYTES:
        raise SourceError(
            DeadLetterReason.TOO_LARGE,
            f"the body has {len(body)} bytes, more than {MAX_BYTES}",
        )
    if not body or body.isspace():
        raise SourceError(DeadLetterReason.EMPTY, "the body is empty")
