"""Signals that ask a program to end, and stretches of it that they must not cut in two."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AskedToStop(KeyboardInterrupt):
    """Somebody pressed Ctrl-C, ended the process in order, or closed its terminal."""


@contextmanager
def stopping() -> Iterator[None]:
    """Turn the first such signal into AskedToStop, and take no notice of those that follow.

    Only from the main thread.
    """
    is_stopping = False

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            raise AskedToStop

    before = [signal.signal(number, stop) for number in STOPPING]
    try:
        yield
    finally:
        for number, handler in zip(STOPPING, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let signals that come during the block take effect at its end."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals interrupt no other thread
        return
    came: list[int] = []

    def remember(number: int, _: FrameType | None) -> None:
        came.append(number)

    before = [signal.signal(number, remember) for number in STOPPING]
    try:
        yield
    finally:
        for number, handler in zip(STOPPING, before, strict=True):
            signal.signal(number, handler)
        for late in dict.fromkeys(came):
            signal.raise_signal(late)
