"""The bodies of the agents: they carry records between the topics and the engine."""

from pipelines.agents.partition import Behind, PartitionFold

__all__ = ["Behind", "PartitionFold"]
