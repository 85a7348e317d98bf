"""Moves: topics, transactions, files, clocks and pages around the engine that decides."""
