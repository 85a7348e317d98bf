"""Options that several commands share, and how results are written for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import click

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType):
    """Seconds, written as 90, 90s, 2m or 1h."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        found = _DURATION.fullmatch(str(value).strip())
        if found is None or float(found[1]) <= 0:
            self.fail(f"{value!r} is no duration: write 60s, 5m or 1h", param, ctx)
        return float(found[1]) * _SECONDS[found[2]]


files = click.argument("files", nargs=-1, required=True, metavar="FILE...")
source = click.option("--source", required=True, help="Form of the input, such as ninjaone.")
tenant = click.option("--tenant", help="The client, where the input does not say.")
tenants_file = click.option(
    "--tenants", metavar="FILE", help="What is known of the clients, YAML or JSON."
)
settings_file = click.option("--settings", metavar="FILE", help="Configuration, YAML.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
data_folder = click.option(
    "--data", metavar="FOLDER", help="Where the broker keeps its data; default: the user's state."
)


def pretty(result: Mapping[str, Any]) -> bytes:
    """Return ``result`` as indented JSON with a line end."""
    return json.dumps(result, indent=2, ensure_ascii=False).encode() + b"\n"
