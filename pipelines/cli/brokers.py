"""The broker that a command talks to."""

from __future__ import annotations

from noise.settings import Settings
from pipelines.cli.main import Trouble


def named_broker(settings: Settings) -> str:
    """Return the configured broker. Raises Trouble when there is none."""
    if settings.kafka.bootstrap is None:
        raise Trouble(
            "no Kafka broker is named: set KAFKA_BOOTSTRAP to its host:port "
            "(`noise up` prints that of its own)"
        )
    return settings.kafka.bootstrap
