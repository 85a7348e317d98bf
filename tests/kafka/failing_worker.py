"""A worker in which something fails on each alert labelled `fails`: WHAT, then a command."""

import sys
from typing import Any

from noise.correlation import Correlation
from noise.learning.learner import Learner
from noise.stages.escalation import Escalation
from pipelines.cli import main

PLACES: dict[str, tuple[type[Any], str]] = {
    "scorer": (Learner, "score"),
    "stage": (Escalation, "judge"),
    "correlation": (Correlation, "joinable"),
}


def break_into(owner: type[Any], name: str) -> None:
    whole = getattr(owner, name)

    def failing(self: Any, *arguments: Any) -> Any:
        alerts = (getattr(one, "alert", one) for one in arguments)
        if any("fails" in getattr(alert, "labels", ()) for alert in alerts):
            raise ZeroDivisionError("on purpose")
        return whole(self, *arguments)

    setattr(owner, name, failing)


if __name__ == "__main__":
    break_into(*PLACES[sys.argv[1]])
    main(sys.argv[2:])
