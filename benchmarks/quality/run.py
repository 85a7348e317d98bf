"""The command: which worlds, which rivals, and where the report goes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

import benchmarks.quality
from benchmarks import figures
from benchmarks.quality.measure import Quality, judge
from benchmarks.quality.report import html, table
from benchmarks.quality.rivals import rivals
from benchmarks.quality.worlds import World, of_msp, of_networks, of_series
from benchmarks.streams import data_folder
from noise.decision import Mode
from noise.learning.shared import LEAST_CLIENTS
from noise.settings import Settings
from pipelines.files import read_settings

ENGINES = 2


def main(arguments: Sequence[str]) -> int:
    """Judge every rival on every world and print one line for each."""
    chosen = _parser().parse_args(arguments)
    settings = _settings(chosen)
    found: list[Quality] = []
    for seed in chosen.seeds:
        for rival in rivals(_sampled(settings, seed))[: None if chosen.rivals else ENGINES]:
            for world in _worlds(chosen, seed):
                if rival.shares and len(world.tenants) < LEAST_CLIENTS:
                    continue
                found.append(judge(rival, world))
                sys.stdout.write(table(found[-1:], heading=len(found) == 1))
                sys.stdout.flush()
    if not found:
        sys.stderr.write(f"no labelled alerts in {data_folder()}: set NOISE_DATA, or use --msp\n")
        return 1
    if chosen.json:
        figures.write(chosen.json, found)
    if chosen.html:
        Path(chosen.html).write_text(html(found), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks quality", description=benchmarks.quality.__doc__
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--label-errors", type=float, default=0.0, help="share answered wrongly")
    parser.add_argument("--alone", action="store_true", help="each network by itself as well")
    parser.add_argument("--msp", action="store_true", help="a simulated MSP instead of files")
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--rivals", action="store_true", help="what people do by hand as well")
    parser.add_argument("--challenger", action="store_true", help="a forest in shadow as well")
    parser.add_argument("--settings", help="YAML file with settings")
    parser.add_argument("--json", help="write the report there")
    parser.add_argument("--html", help="write a page for people there")
    return parser


def _settings(chosen: argparse.Namespace) -> Settings:
    settings = msgspec.structs.replace(read_settings(chosen.settings), mode=Mode.ENFORCE)
    if not chosen.challenger:
        return settings
    scoring = msgspec.structs.replace(settings.scoring, challenger=True)
    return msgspec.structs.replace(settings, scoring=scoring)


def _sampled(settings: Settings, seed: int) -> Settings:
    sampling = msgspec.structs.replace(settings.sampling, salt=f"seed {seed}")
    return msgspec.structs.replace(settings, sampling=sampling)


def _worlds(chosen: argparse.Namespace, seed: int) -> Iterator[World]:
    if chosen.msp:
        yield of_msp(seed, chosen.clients, chosen.days)
        return
    networks = sorted((data_folder() / "ait-ads").glob("*_alerts.csv*"))
    if networks:
        yield of_networks(networks, chosen.label_errors, seed)
    if chosen.alone:
        for network in networks:
            yield of_networks([network], chosen.label_errors, seed)
    for series in sorted((data_folder() / "rmm-nab").glob("*.jsonl*")):
        yield of_series(series, chosen.label_errors, seed)
