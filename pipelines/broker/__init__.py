"""A real single-node Apache Kafka as a child process, for those who have no broker."""

from __future__ import annotations

from pipelines.broker.errors import BrokerError
from pipelines.broker.leash import Leash
from pipelines.broker.local import LocalBroker, run_broker
from pipelines.broker.signals import AskedToStop, stopping, uninterrupted

__all__ = [
    "AskedToStop",
    "BrokerError",
    "Leash",
    "LocalBroker",
    "run_broker",
    "stopping",
    "uninterrupted",
]
