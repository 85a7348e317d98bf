"""What the transport asks of the state that it moves records into."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec
from aiokafka import ConsumerRecord


class Output(msgspec.Struct, frozen=True):
    """One record to produce, inside the transaction of the work that made it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None
    """None: the partition number of the state that made it. A number: a record handed on."""


class Partition(Protocol):
    """The state of one partition number, of all input topics together.

    Everything here is synchronous and touches no network. An exception ends the process: the
    state may be half changed, and the next owner rebuilds it from the changelog. What a record
    alone can cause must be caught inside.
    """

    def fold(self, topic: str, records: Sequence[ConsumerRecord]) -> Iterable[Output]:
        """Take in records of one topic, in order, and answer with what follows from them."""
        ...

    def tick(self) -> Iterable[Output]:
        """Answer with what follows from the time that has passed."""
        ...

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        """Hand over each state record that has changed since the last call, once.

        None stands for a record that is gone. Called once for each transaction.
        """
        ...

    def load(self, key: bytes, value: bytes) -> None:
        """Take back a state record from the changelog; each key comes at most once."""
        ...

    def committed(self) -> None:
        """Learn that all work up to the last call of `changes` is committed."""
        ...
