"""Signals that ask a program to end, and stretches of it that they must not cut in two."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AskedToStop(KeyboardInterrupt):
    """Somebody pressed Ctrl-C, ended the process in order, or closed its terminal."""


@contextmanager
def handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Hand the signals that end a program to ``handler`` instead. Only from the main thread."""
    before = [signal.signal(number, handler) for number in STOPPING]
    try:
        yield
    finally:
        for number, former in zip(STOPPING, before, strict=True):
            signal.signal(number, former)


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

    with handled_by(stop):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let signals that come during the block take effect at its end."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals interrupt no other thread
        return
    came: list[int] = []

    def remember(number: int, _: FrameType | None) -> None:
        came.append(number)

    try:
        with handled_by(remember):
            yield
    finally:
        for late in dict.fromkeys(came):
            signal.raise_signal(late)
