"""What can go wrong in an expected way.

NoiseError
├── SourceError     a payload that cannot be read as alerts
├── LabelError      a label that cannot be read
├── SettingsError   a configuration that cannot be used
└── SnapshotError   saved state that cannot be restored
"""

from __future__ import annotations


class NoiseError(Exception):
    """The root of everything this package raises on purpose."""


class SourceError(NoiseError):
    """A payload that cannot be read as alerts; ``reason`` is a short word from a closed list."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the dead-letter ``reason`` and a sentence that names the wrong field."""
        super().__init__(message)
        self.reason = reason


class LabelError(NoiseError):
    """A label that cannot be read."""


class SettingsError(NoiseError):
    """A configuration that cannot be used; the message says what to mend."""


class SnapshotError(NoiseError):
    """Saved state of an unknown version or a broken form."""
