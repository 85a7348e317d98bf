"""Everything on this machine: a broker if none is named, and workers, as child processes."""

from pipelines.local.children import Child, ChildError
from pipelines.local.installation import LocalInstallation, until_asked_to_stop

__all__ = ["Child", "ChildError", "LocalInstallation", "until_asked_to_stop"]
