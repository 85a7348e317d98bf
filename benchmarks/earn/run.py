"""The command: how long, how many clients, and where the report goes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import msgspec

import benchmarks.earn
from benchmarks import figures
from benchmarks.earn.judge import Earned, judge
from benchmarks.quality.worlds import of_msp
from noise.decision import Mode
from noise.settings import Settings
from pipelines.files import read_settings


def main(arguments: Sequence[str]) -> int:
    """Run both modes for each seed and print how they compare."""
    chosen = _parser().parse_args(arguments)
    settings = read_settings(chosen.settings)
    found: list[Earned] = []
    for seed in chosen.seeds:
        enforce, earn = (
            judge(
                _in(settings, mode, seed),
                of_msp(seed, chosen.clients, chosen.days, error_factor=chosen.answer_errors),
                chosen.marks,
                chosen.clients,
            )
            for mode in (Mode.ENFORCE, Mode.EARN)
        )
        found += [enforce, earn]
        for line in _lines(seed, enforce, earn, settings):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    if chosen.json:
        figures.write(chosen.json, found)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks earn", description=benchmarks.earn.__doc__
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--days", type=float, default=90)
    parser.add_argument("--marks", type=int, nargs="+", default=[30, 90])
    parser.add_argument("--answer-errors", type=float, default=1.0, help="times the usual ones")
    parser.add_argument("--settings", help="YAML file with settings")
    parser.add_argument("--json", help="write the report there")
    return parser


def _in(settings: Settings, mode: Mode, seed: int) -> Settings:
    sampling = msgspec.structs.replace(settings.sampling, salt=f"seed {seed}")
    return msgspec.structs.replace(settings, mode=mode, tenant_modes={}, sampling=sampling)


def _lines(seed: int, enforce: Earned, earn: Earned, settings: Settings) -> list[str]:
    hidden, limits = earn.hidden, settings.earn
    beyond = [
        client
        for client, one in earn.hidden_by_client.items()
        if one.real > limits.hidden_real * one.alerts
    ]
    lines = [
        f"seed {seed}: {earn.promoted} promoted, {earn.demoted} demoted, {earn.released} misses; "
        f"{earn.clients_live} clients live at the end, {earn.labels:,} answers"
    ]
    for mark, items in earn.noise_items.items():
        against = enforce.noise_items[mark]
        times = items / against if against else float("inf")
        lines.append(
            f"  day {mark}: {items:.1f} noise items and {earn.noise_updates[mark]:.1f} updates per "
            f"client-day, {times:.1f} times enforce ({against:.1f} and "
            f"{enforce.noise_updates[mark]:.1f})"
        )
    lines += [
        f"  hidden: {hidden.alerts:,}, real {_share(hidden.real, hidden.alerts)}, beyond "
        f"{limits.hidden_real:.1%} at {len(beyond)} of {len(earn.hidden_by_client)} clients; and "
        f"of what people knew {hidden.added:,}, real "
        f"{_share(hidden.added_real, hidden.added)}; of trouble that nobody was told of "
        f"{hidden.untold}",
        f"  real incidents of live clients: {hidden.incidents}; never told "
        f"{_share(hidden.missed, hidden.incidents)} (enforce: "
        f"{_share(enforce.hidden.missed, enforce.hidden.incidents)})",
    ]
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.2%})" if whole else "none"
