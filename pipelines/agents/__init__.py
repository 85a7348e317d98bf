"""The bodies of the agents: they carry records between the topics and the engine."""

from pipelines.agents.arrival import Arrival
from pipelines.agents.partition import Behind, PartitionFold
from pipelines.agents.raw import Parse

__all__ = ["Arrival", "Behind", "Parse", "PartitionFold"]
