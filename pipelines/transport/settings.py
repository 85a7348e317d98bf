"""How patient the transport is and how much it takes at a time."""

from typing import Annotated

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class TransportSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits and patience of the transport; times in seconds, sizes in bytes."""

    session_timeout: Annotated[
        Seconds, Meta(description="Silence after which the group gives a worker's work away.")
    ] = 10.0
    heartbeat_interval: Annotated[
        Seconds, Meta(description="Time between two signs of life to the group.")
    ] = 3.0
    rebalance_timeout: Annotated[
        Seconds, Meta(description="How long the group waits for a worker to join again.")
    ] = 30.0
    drain_timeout: Annotated[
        Seconds,
        Meta(
            description="How long a worker that gives partitions back waits for its open "
            "transactions; keep it below the session timeout."
        ),
    ] = 5.0
    transaction_timeout: Annotated[
        Seconds, Meta(description="Age at which the broker aborts an abandoned transaction.")
    ] = 15.0
    commit_timeout: Annotated[
        Seconds, Meta(description="Time after which an uncommitted transaction ends the worker.")
    ] = 30.0
    request_timeout: Annotated[
        Seconds, Meta(description="How long one request to the broker may take.")
    ] = 30.0
    tick_interval: Annotated[
        Seconds, Meta(description="Time between two looks at the deadlines in the state.")
    ] = 1.0
    max_fold: Annotated[
        Count, Meta(description="Records folded at a time; the event loop stands still meanwhile.")
    ] = 500
    max_pending: Annotated[
        Count, Meta(description="Records and outputs that may wait for the next transaction.")
    ] = 4000
    max_pending_bytes: Annotated[
        Count, Meta(description="Bytes of outputs that may wait for the next transaction.")
    ] = 16 * 1024 * 1024
    batch_bytes: Annotated[
        Count, Meta(description="Size of a record batch; a larger record travels alone.")
    ] = 256 * 1024
