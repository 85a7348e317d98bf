"""The command: so many runs of each scenario, and how many of them were covered."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from statistics import median

import msgspec

import benchmarks.bound
from benchmarks import figures
from benchmarks.bound.judge import judge
from benchmarks.bound.streams import SCENARIOS, Scenario

HEADING = (
    f"{'scenario':26}{'readings':>9}{'hidden':>8}{'naive':>8}{'upper':>8}"
    f"{'missed':>8}{'upper':>8}\n"
)


class Coverage(msgspec.Struct, frozen=True):
    """Shares of runs in which every reading was right; the stated level is 0.95."""

    scenario: str
    runs: int
    readings: int
    hidden_real: float
    missed_incidents: float
    naive: float
    hidden_real_upper: float
    missed_incidents_upper: float


def main(arguments: Sequence[str]) -> int:
    """Judge all scenarios and print one line for each."""
    chosen = _parser().parse_args(arguments)
    sys.stdout.write(HEADING)
    found = []
    for scenario in SCENARIOS:
        found.append(cover(scenario, range(chosen.runs)))
        one = found[-1]
        sys.stdout.write(
            f"{one.scenario:26}{one.readings:9d}{one.hidden_real:8.1%}{one.naive:8.1%}"
            f"{one.hidden_real_upper:8.1%}{one.missed_incidents:8.1%}"
            f"{one.missed_incidents_upper:8.1%}\n"
        )
        sys.stdout.flush()
    if chosen.json:
        figures.write(chosen.json, found)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks bound", description=benchmarks.bound.__doc__
    )
    parser.add_argument("--runs", type=int, default=200, help="of each scenario")
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    return parser


def cover(scenario: Scenario, seeds: Sequence[int]) -> Coverage:
    """Return how many of the runs are covered."""
    runs = [judge(scenario, seed) for seed in seeds]
    return Coverage(
        scenario=scenario.name,
        runs=len(runs),
        readings=sum(run.readings for run in runs),
        hidden_real=sum(run.hidden for run in runs) / len(runs),
        naive=sum(run.naive for run in runs) / len(runs),
        missed_incidents=sum(run.missed for run in runs) / len(runs),
        hidden_real_upper=median(run.upper for run in runs),
        missed_incidents_upper=median(run.missed_upper for run in runs),
    )
