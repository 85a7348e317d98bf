"""The bodies of the agents: they carry records between the topics and the engine."""

from pipelines.agents.partition import PartitionFold
from pipelines.agents.raw import Parse

__all__ = ["Parse", "PartitionFold"]
