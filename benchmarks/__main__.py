"""Run one benchmark: ``python -m benchmarks NAME [--help]``."""

from __future__ import annotations

import importlib
import sys

NAMES = ("bound", "earn", "end_to_end", "quality")


def main(arguments: list[str]) -> int:
    """Run the benchmark named first, with the rest of the arguments."""
    if not arguments or arguments[0] not in NAMES:
        sys.stderr.write(f"python -m benchmarks NAME, with one of: {', '.join(NAMES)}\n")
        return 2
    status: int = importlib.import_module(f"benchmarks.{arguments[0]}").main(arguments[1:])
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
