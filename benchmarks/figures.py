"""What a benchmark found, written down for a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec


def write(path: str, figures: Any) -> None:
    """Write structs, or a list of them, as indented JSON with a line end."""
    Path(path).write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")
