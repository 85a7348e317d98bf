"""From a new assignment to open units, in Faust's own recovery service."""

from collections import Counter
from typing import Any, cast

from aiokafka.errors import IllegalStateError
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.types import TP

from pipelines.transport.consumer import BatchConsumer
from pipelines.transport.exits import Fatal

INTERRUPTIONS = (RebalanceAgain, ServiceStopped, IllegalStateError)
"""The next rebalance or the end of the worker came in between; Faust catches these."""


class UnitRecovery(Recovery):
    """Rebuild, seek and open, with no fetch in between; Faust's own reading is bypassed."""

    async def _build_highwaters(
        self, consumer: Any, tps: set[TP], destination: Counter[TP], title: str
    ) -> None:
        """Leave Faust with nothing to read (rule 3)."""

    async def _build_offsets(
        self, consumer: Any, tps: set[TP], destination: Counter[TP], title: str
    ) -> None:
        """Leave Faust with nothing to read (rule 3)."""

    async def _seek_offsets(
        self, consumer: Any, tps: set[TP], offsets: Counter[TP], title: str
    ) -> None:
        """Leave the changelogs paused where they are."""

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Rebuild the new units, seek to what is committed, and open them.

        Rule 4: only here. Faust resumes the partitions before it seeks and empties the queues
        after it; while the lock is held no fetch runs, so nothing can be read too early, nor
        lost in a queue.
        """
        consumer = cast(BatchConsumer, self.app.consumer)
        units = consumer.units
        async with consumer.fetch_lock, Fatal(units.app, unless=INTERRUPTIONS):
            await units.recover()
            consumer.starts = {}
            await super().on_recovery_completed(generation_id)
            units.open(generation_id, consumer.starts)


class UnitTableManager(TableManager):
    """Faust's table manager with our recovery."""

    @property
    def recovery(self) -> Recovery:
        """The recovery service."""
        if self._recovery is None:
            self._recovery = UnitRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
