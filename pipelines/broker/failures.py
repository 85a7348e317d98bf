"""What a broker's log says about its end, as one sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

_KNOWN = (
    ("No space left on device", "the disk of {folder} is full: free some space and start again"),
    (
        "Address already in use",
        "a port of the broker in {folder} was taken meanwhile: start again, or name another port",
    ),
    (
        "UnsupportedClassVersionError",
        "the Java that was found is too old for Kafka: install Java 17 or newer",
    ),
    (
        "Could not reserve enough space for",
        "there is too little memory for the broker in {folder}: free some and start again",
    ),
    (
        "InconsistentClusterIdException",
        "{folder} holds the data of another Kafka cluster: name another folder",
    ),
    ("Permission denied", "the broker may not write in {folder}: allow it, or name another folder"),
)


def explain(log: str, folder: Path) -> str:
    """Return the sentence for the first known trouble in the log, else where to look."""
    for sign, sentence in _KNOWN:
        if sign in log:
            return sentence.format(folder=folder)
    return f"the broker in {folder} ended by itself: the end of its broker.log says why"
