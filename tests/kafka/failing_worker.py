"""A worker in which something fails on each alert labelled `fails`: WHAT, then SETTINGS."""

import sys
from typing import Any

from noise.correlation import Correlation
from noise.learning.learner import Learner
from noise.stages.maintenance import Maintenance
from pipelines import worker

PLACES: dict[str, tuple[type[Any], str]] = {
    "scorer": (Learner, "score"),
    "stage": (Maintenance, "judge"),
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
    sys.exit(worker.main(sys.argv[2:]))
