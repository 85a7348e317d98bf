"""The batch path under Faust, in Kafka transactions.

One unit per partition number: raw alerts, labels and ticks of that number change one state and
share one transactional producer. A batch's outputs, state changes and input offsets become
visible together or not at all.
"""

from pipelines.transport.app import build_faust_app, units_of
from pipelines.transport.exits import Worker
from pipelines.transport.partition import Output, Partition
from pipelines.transport.settings import TransportSettings

__all__ = [
    "Output",
    "Partition",
    "TransportSettings",
    "Worker",
    "build_faust_app",
    "units_of",
]
