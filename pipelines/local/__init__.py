"""Broker and workers as processes of one machine: started, watched, stopped in order."""

from __future__ import annotations

from pipelines.local.children import Child, ChildError
from pipelines.local.installation import LocalInstallation

__all__ = ["Child", "ChildError", "LocalInstallation"]
