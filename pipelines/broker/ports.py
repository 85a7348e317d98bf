"""Free ports on this machine."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

HOST = "127.0.0.1"
# Below the range from which systems number outgoing connections: what was chosen stays free.
CHOICE = range(20_000, 30_000)
TRIES = 200

_random = random.SystemRandom()


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(taken: Collection[int] = ()) -> int:
    """Choose a free port that is none of ``taken``."""
    for _ in range(TRIES):
        port = _random.choice(CHOICE)
        if port not in taken and is_free(port):
            return port
    raise OSError("no free port was found")
