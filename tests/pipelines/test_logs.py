from __future__ import annotations

import logging

from pipelines.logs import MAX_REMEMBERED, Repeats


def said(name: str, message: str, at: float) -> logging.LogRecord:
    record = logging.LogRecord(name, logging.WARNING, "", 0, message, (), None)
    record.created = at
    return record


def test_a_library_says_the_same_thing_once_in_ten_seconds():
    heard = Repeats()

    assert heard.filter(said("aiokafka.conn", "no broker", 0.0))
    assert not heard.filter(said("aiokafka.conn", "no broker", 9.9))
    assert heard.filter(said("aiokafka.conn", "no leader", 9.9))
    assert heard.filter(said("aiokafka.conn", "no broker", 10.0))


def test_what_is_our_own_is_always_said():
    heard = Repeats()

    assert heard.filter(said("pipelines.agents.raw", "the engine failed", 0.0))
    assert heard.filter(said("pipelines.agents.raw", "the engine failed", 0.0))


def test_memory_of_what_was_said_is_bounded():
    heard = Repeats()
    for number in range(MAX_REMEMBERED + 10):
        heard.filter(said("faust", f"message {number}", 0.0))

    assert len(heard._said) <= MAX_REMEMBERED
