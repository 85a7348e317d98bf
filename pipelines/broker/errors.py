"""What keeps a local broker from running."""

from __future__ import annotations

from pipelines.trouble import Trouble


class BrokerError(Trouble):
    """A local broker that cannot run; the text is one sentence that says what to do."""
