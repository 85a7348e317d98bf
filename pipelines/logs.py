"""What a worker says while it runs: its own words, and of its libraries only what is wrong."""

from __future__ import annotations

import logging

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
# Each start and stop is a hundred lines in the libraries' words; the last three are Faust services.
QUIET = (
    "aiokafka",
    "faust",
    "mode",
    "pipelines.transport.consumer",
    "pipelines.transport.recovery",
    "pipelines.transport.state",
)
REPEAT_SECONDS = 10.0
MAX_REMEMBERED = 1_000


class Repeats(logging.Filter):
    """Lets a warning through once in ten seconds: without a broker, libraries say 70 a second."""

    def __init__(self) -> None:
        """Start with nothing said."""
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is news; its own time counts."""
        if record.name.partition(".")[0] not in QUIET:
            return True
        what = (record.name, str(record.msg))
        if record.created - self._said.get(what, float("-inf")) < REPEAT_SECONDS:
            return False
        if len(self._said) >= MAX_REMEMBERED:
            self._said.clear()
        self._said[what] = record.created
        return True


def log_to_stderr() -> None:
    """Write the log of this process to the standard error stream, fit to be read."""
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Repeats())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def mute_libraries() -> None:
    """Leave it to the caller to say what is wrong with Kafka; it does so in one sentence."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
