"""Broker and workers of this machine: started as children, watched, stopped in order."""

from pipelines.local.child import LocalError
from pipelines.local.installation import Installation

__all__ = ["Installation", "LocalError"]
