"""Measures; ``python -m benchmarks NAME``. Nothing here is part of the gate."""
