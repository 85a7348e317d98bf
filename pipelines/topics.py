"""The topics: names, partitions, how long and how records are kept. Declarations only.

Alert, feedback, incident and state topics have the same partition count, because a tenant's alerts,
answers, incidents and state live and move together. So has that of lessons, all of which lie on its
first partition, because they move with the state of whoever hears them.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

import msgspec
from aiokafka.partitioner import DefaultPartitioner

from noise.settings import Kafka

DAY_MS = 86_400_000
MAX_RAW_BYTES = 12 * 1024 * 1024
MAX_DEAD_LETTER_BYTES = MAX_RAW_BYTES + 1024 * 1024  # the same bytes, and why
MAX_RECORD_BYTES = 4 * 1024 * 1024


class Cleanup(StrEnum):
    """How Kafka gets rid of old records."""

    DELETE = "delete"
    COMPACT = "compact"


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic as it must be. ``retention_ms`` counts only for ``delete``."""

    name: str
    says: str
    partitions: int
    replication: int
    cleanup: Cleanup = Cleanup.DELETE
    retention_ms: int | None = None
    max_message_bytes: int = MAX_RECORD_BYTES

    def config(self) -> dict[str, str]:
        """Return the topic's settings under Kafka's own names."""
        config = {
            "cleanup.policy": self.cleanup.value,
            "max.message.bytes": str(self.max_message_bytes),
        }
        if self.cleanup is Cleanup.DELETE and self.retention_ms is not None:
            config["retention.ms"] = str(self.retention_ms)
        return config


class Topics(msgspec.Struct, frozen=True, kw_only=True):
    """All topics of one installation."""

    raw: Topic
    enriched: Topic
    suppressed: Topic
    incidents: Topic
    dead_letters: Topic
    feedback: Topic
    lessons: Topic
    models: Topic
    mode_changes: Topic
    changelog: Topic

    def all(self) -> Sequence[Topic]:
        """Return every topic, in the order in which a record meets them."""
        return tuple(getattr(self, field) for field in self.__struct_fields__)


def application_id(settings: Kafka) -> str:
    """Return the name of the consumer group, which is also the prefix of transactional ids."""
    return f"{settings.prefix}-worker"


def declare(settings: Kafka) -> Topics:
    """Return the topics that an installation with these settings needs."""
    days = settings.retention_days * DAY_MS

    def topic(
        name: str,
        says: str,
        *,
        cleanup: Cleanup = Cleanup.DELETE,
        retention_ms: int | None = days,
        partitions: int = settings.partitions,
        max_message_bytes: int = MAX_RECORD_BYTES,
    ) -> Topic:
        return Topic(
            name=name,
            says=says,
            partitions=partitions,
            replication=settings.replication,
            cleanup=cleanup,
            retention_ms=retention_ms,
            max_message_bytes=max_message_bytes,
        )

    prefix = settings.prefix
    return Topics(
        raw=topic(
            f"{prefix}.alerts.raw",
            "Payloads of monitoring tools as they came; keyed by tenant.",
            max_message_bytes=MAX_RAW_BYTES,
        ),
        enriched=topic(
            f"{prefix}.alerts.enriched", "Decided alerts for people to see; keyed by tenant."
        ),
        suppressed=topic(
            f"{prefix}.alerts.suppressed", "Decided alerts that were hidden; keyed by tenant."
        ),
        incidents=topic(
            f"{prefix}.incidents",
            "The latest state of each incident; keyed by incident, on its tenant's partition.",
            cleanup=Cleanup.COMPACT,
        ),
        dead_letters=topic(
            f"{prefix}.alerts.dead-letters",
            "Records that could not be read, byte for byte, with the reason in the headers.",
            max_message_bytes=MAX_DEAD_LETTER_BYTES,
        ),
        feedback=topic(
            f"{prefix}.feedback",
            "Answers of technicians, tickets and outages; keyed by tenant; kept for ever.",
            retention_ms=-1,
        ),
        lessons=topic(
            f"{prefix}.feedback.shared",
            "What clients that agreed to share have learned; keyed by tenant, all on partition 0.",
        ),
        models=topic(
            f"{prefix}.models",
            "What clients that share hold of each kind of alert; keyed by slot, for all workers.",
            cleanup=Cleanup.COMPACT,
            partitions=1,
        ),
        mode_changes=topic(
            f"{prefix}.mode-changes",
            "What mode earn went live with, took back, released or asks, with evidence; keyed by "
            "tenant; kept for ever.",
            retention_ms=-1,
        ),
        changelog=topic(
            f"{application_id(settings)}-state-changelog",
            "The worker's memory; nobody else writes or reads it.",
            cleanup=Cleanup.COMPACT,
            max_message_bytes=MAX_RAW_BYTES,
        ),
    )


_partitioner = DefaultPartitioner()


@lru_cache(maxsize=65_536)
def partition_for(tenant: str, partitions: int) -> int:
    """Return the partition on which ``tenant`` lives: Kafka's default choice for that key."""
    numbers = list(range(partitions))
    return int(_partitioner(tenant.encode("utf-8", "surrogatepass"), numbers, numbers))
