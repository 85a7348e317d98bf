"""Finds the command, runs it, and turns expected trouble into one sentence and an exit status."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from noise.errors import NoiseError
from pipelines.logs import mute_libraries
from pipelines.trouble import Trouble

TROUBLE = 2
INTERRUPTED = 130  # what shells say of a program that Ctrl-C ended

COMMANDS = {
    "broker": "Run a local Apache Kafka.",
    "worker": "Decide what comes in; one process of as many as you like.",
    "up": "Run everything on this machine; Ctrl-C stops all of it.",
    "demo": "Run everything with a simulated MSP and its technicians.",
    "send": "Send recorded alerts to Kafka.",
    "replay": "Decide recorded alerts without Kafka, and count.",
    "label": "Say whether an alert was noise or actionable.",
    "check": "Validate configuration and connections, and say what to mend.",
}


class _Commands(click.Group):
    """Imports a command when it is asked for, because some bring half a second of libraries."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def load_command(name: str) -> click.Command:
    """Return the command that is called ``name``."""
    command: click.Command = importlib.import_module(f"pipelines.cli.{name}").command
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="alert-noise")
def noise() -> None:
    """Quiet the alerts of managed service providers, and prove it.

    NOISE COMMAND --help says more about each.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    mute_libraries()
    try:
        status = noise.main(arguments, prog_name="noise", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as exc:
        click.echo(exc.ctx.get_help())
        return TROUBLE
    except click.ClickException as exc:
        return _say(exc.format_message())
    except (Trouble, NoiseError) as exc:
        return _say(str(exc))
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has enough; closing it again must not complain either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status if isinstance(status, int) else 0


def _say(sentence: str) -> int:
    click.echo(f"noise: {' '.join(sentence.split())}", err=True)
    return TROUBLE
