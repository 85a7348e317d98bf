"""A real single-node Apache Kafka as a child process, for those who have no broker."""

from __future__ import annotations

from pipelines.broker.errors import BrokerError
from pipelines.broker.local import LocalBroker, fetch, run_broker

__all__ = ["BrokerError", "LocalBroker", "fetch", "run_broker"]
