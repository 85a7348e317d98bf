"""One payload as it was delivered, and the closed list of reasons to refuse it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

import msgspec

from noise.alert import MAX_KEY, utc
from noise.errors import SourceError
from noise.sources.clean import clean_key, clean_tenant

CANONICAL = "canonical"
MAX_EVENT_KEY = MAX_KEY - 12  # leaves room for the number of a member


class DeadLetterReason(StrEnum):
    """Why a payload is no alert."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    WRONG_ENCODING = "wrong_encoding"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    UNKNOWN_SOURCE = "unknown_source"
    NO_TENANT = "no_tenant"
    WRONG_TENANT = "wrong_tenant"
    UNREADABLE = "unreadable"


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """A payload and what is known of its way here.

    ``body`` is as it came. ``source`` names its format; None means a canonical alert. ``tenant``
    and ``event_key`` are what the sender's headers say. ``received_at`` is its arrival in epoch
    seconds.
    """

    body: bytes
    source: str | None
    tenant: str | None
    event_key: str | None
    received_at: float

    @property
    def key(self) -> str:
        """Name of this delivery: the given one, else one that equal bodies share."""
        given = clean_key(self.event_key, MAX_EVENT_KEY)
        return given or blake2b(self.body, digest_size=16).hexdigest()

    @property
    def arrived_at(self) -> datetime:
        """Arrival as a moment."""
        return utc(self.received_at)

    def tenant_or(self, found: str | None) -> str:
        """Return the tenant of the headers, else the one that was ``found`` in the body.

        Raises SourceError when there is neither.
        """
        tenant = clean_tenant(self.tenant or found)
        if tenant is None:
            raise SourceError(DeadLetterReason.NO_TENANT, "nothing says whose alert this is")
        return tenant


def wrong_shape(message: str) -> SourceError:
    """Return the error for a payload whose ``message`` names the wrong place."""
    return SourceError(DeadLetterReason.WRONG_SHAPE, message)
