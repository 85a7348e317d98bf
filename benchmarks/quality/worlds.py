"""Streams whose truth is known: deliveries in order, and the real problems behind some of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from noise.directory import Directory, load_directory
from noise.label import Label, Verdict
from noise.recorded import Answer, Recorded
from noise.replay import Technicians, TrueAnswers
from noise.simulator import Msp
from noise.simulator import Technicians as SimulatedTechnicians
from pipelines.files import Recordings, read_lines

NEVER = float("inf")
DAY = 86_400.0
LABEL_DELAY_SECONDS = 1800.0
START = 1_780_272_000.0  # a Monday, midnight UTC
AIT_ADS = "ait-ads"
RMM_NAB = "rmm-nab"


class Problem(NamedTuple):
    """Something real; a person must know of it by ``tell_by`` (epoch seconds)."""

    tenant: str
    title: str
    tell_by: float


class World(NamedTuple):
    """One stream. ``behind`` gives the ids of the problem behind an alert, by its event key.

    ``tenants`` are the clients that could teach each other: none where they have nothing in common.
    ``outcomes`` are the tickets, outages and calls that come to light by themselves.
    """

    name: str
    deliveries: Callable[[], Iterator[Recorded]]
    directory: Directory
    behind: dict[str, str]
    problems: dict[str, Problem]
    technicians: Technicians
    tenants: tuple[str, ...] = ()
    outcomes: Sequence[Label] = ()


def of_networks(files: Sequence[Path], errors: float, seed: int) -> World:
    """Return the networks of ait-ads together: a problem is an attack step."""
    behind: dict[str, str] = {}
    problems: dict[str, Problem] = {}
    for file in files:
        tenant = file.name.partition("_alerts")[0]
        rows = csv.reader(line.decode(errors="replace") for line in read_lines(str(file)))
        label = next(rows).index("event_label")
        for row, fields in enumerate(rows):
            if fields[label] != "-":
                step = f"{tenant}/{fields[label]}"
                behind[f"{tenant}:{row}"] = step
                problems[step] = Problem(tenant, fields[label], NEVER)
    return World(
        AIT_ADS,
        lambda: iter(Recordings([str(file) for file in files], AIT_ADS, Directory())),
        Directory(),
        behind,
        problems,
        TrueAnswers(LABEL_DELAY_SECONDS, errors, seed),
        tuple(file.name.partition("_alerts")[0] for file in files),
    )


class _NabTruth(msgspec.Struct):
    tenant: str
    device: str
    kind: str
    label: int
    window: int | None


def of_series(file: Path, errors: float, seed: int) -> World:
    """Return the threshold alerts of rmm-nab: a problem is a window that people marked."""
    behind: dict[str, str] = {}
    problems: dict[str, Problem] = {}
    stem = file.name.partition(".")[0]
    for row, line in enumerate(read_lines(str(file))):
        truth = msgspec.json.decode(line, type=_NabTruth)
        if truth.label and truth.kind == "alert":
            window = f"{truth.tenant}/{truth.device}/{truth.window}"
            behind[f"{stem}:{row}"] = window
            problems[window] = Problem(truth.tenant, truth.device, NEVER)
    return World(
        RMM_NAB,
        lambda: iter(Recordings([str(file)], RMM_NAB, Directory())),
        Directory(),
        behind,
        problems,
        TrueAnswers(LABEL_DELAY_SECONDS, errors, seed),
    )


class _Answers:
    """The simulated technicians, who are asked by event key."""

    def __init__(self, seed: int, error_factor: float) -> None:
        self._people = SimulatedTechnicians(seed, error_factor=error_factor)
        self.asked_of: dict[str, tuple[Verdict, str, float]] = {}

    def answer(self, event: str, truth: Verdict | None) -> Answer | None:  # noqa: ARG002
        known = self.asked_of.get(event)
        if known is None:
            return None
        (name, position), (verdict, tenant, at) = _named(event), known
        return self._people.answer(name, position, verdict, tenant, at)

    def second_opinion(self, event: str, truth: Verdict | None, number: int) -> Answer | None:  # noqa: ARG002
        known = self.asked_of.get(event)
        if known is None:
            return None
        (name, position), (verdict, tenant, at) = _named(event), known
        return self._people.second_opinion(name, position, verdict, tenant, at, number=number)


def _named(event: str) -> tuple[str, int]:
    name, _, position = event.partition("#")
    return name, int(position or 0)


def of_msp(seed: int, clients: int, days: float, *, error_factor: float = 1.0) -> World:
    """Return a simulated MSP; what it says of its problems comes from the simulator.

    Those with a deadline beyond the end of the stream are none of its ``problems``, told or not:
    nobody can say yet whether they were told in time.

    Its technicians err ``error_factor`` times as often as usual.
    """
    msp = Msp(seed, clients=clients, start=START)
    answers = _Answers(seed, error_factor)
    behind: dict[str, str] = {}

    def deliveries() -> Iterator[Recorded]:
        for sent in msp.deliveries(days):
            for position, (verdict, problem) in enumerate(
                zip(sent.truth, sent.problems, strict=True)
            ):
                for event in (sent.event, f"{sent.event}#{position}"):
                    answers.asked_of[event] = (verdict, sent.tenant, sent.at)
                    if problem is not None:
                        behind[event] = problem
            yield Recorded(sent.at, sent.source, sent.tenant, sent.event, sent.body, sent.event)

    end = START + days * DAY
    problems = {
        p.id: Problem(p.tenant, p.kind, p.tell_by) for p in msp.problems(days) if p.tell_by <= end
    }
    name = f"MSP {seed}"
    known = msp.directory()
    directory = load_directory(known)
    tenants = tuple(client["tenant"] for client in known)
    outcomes = tuple(msp.outcomes(days))
    return World(name, deliveries, directory, behind, problems, answers, tenants, outcomes)
