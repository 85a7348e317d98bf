"""Random days of small clients: alerts that come, go, return, worsen and overtake, and answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, NamedTuple

from noise.alert import Alert, utc
from noise.decision import DecidedAlert, Mode, encode_decided
from noise.engine import Engine
from noise.label import Label, Outcome, Verdict
from noise.settings import Settings, load_settings
from tests.factories import alert
from tests.story import START

MINUTE, DAY = 60.0, 86_400.0
HOUR = 60 * MINUTE
GAPS = (0.0, 1.0, 20.0, MINUTE, 4 * MINUTE, 11 * MINUTE, 65 * MINUTE, 5 * HOUR, DAY)
GAP_WEIGHTS = (20, 15, 15, 20, 15, 8, 4, 2, 1)
STATES = ("raised", "raised", "raised", "cleared", "cleared", "acknowledged", "other")


class Event(NamedTuple):
    """An alert or an answer, and when it arrives in epoch seconds."""

    at: float
    what: Alert | Label


def restless(mode: Mode = Mode.ENFORCE) -> Settings:
    """Settings in which everything that can happen does so soon."""
    windows = [
        {
            "name": "patching",
            "starts_at": utc(START + hours * HOUR),
            "ends_at": utc(START + (hours + 3) * HOUR),
            "matchers": [{"field": "device", "value": "srv1"}],
        }
        for hours in range(1, 2000, 8)
    ]
    return load_settings({
        "mode": mode,
        "earn": {
            "hidden_real": 1.0,
            "missed_incidents": 0.5,
            "answers": 1,
            "wait_hours": 0,
            "valid_days": 1,
        },
        "sampling": {"audit_share": 0.2, "probe_hours": 24},
        "scoring": {"guard_labels": 1, "hide_above": 0.6, "certain_above": 0.0},
        "flapping": {"changes": 3, "window_minutes": 60},
        "holding": {"hopeless_after": 3},
        "correlation": {"quiet_after_minutes": 10, "device_minutes": 15, "max_members": 4},
        "limits": {"conditions": 100, "incidents": 10, "unanswered": 100, "days": 2},
        "maintenance": windows,
        "policies": [
            {"name": "lab", "matchers": [{"field": "check", "value": "lab"}]},
            {"name": "vip", "show": True, "matchers": [{"field": "check", "value": "vip"}]},
        ],
    })  # fmt: skip


def events(seed: int, count: int, *, uniques: float = 0.02) -> list[Event]:
    """Make up ``count`` events; the share ``uniques`` of the alerts are of checks never seen."""
    chance, at = Random(seed), START
    engine = Engine(restless())
    decided: list[DecidedAlert] = []
    made: list[Event] = []
    for number in range(count):
        at += chance.choices(GAPS, GAP_WEIGHTS)[0]
        if decided and chance.random() < 0.3:
            event = Event(at, _label(chance, at, number, chance.choice(decided[-40:])))
        else:
            event = Event(at, _alert(chance, at, number, uniques))
        made.append(event)
        decided += happen(engine, event, number)[1]
    return made


def _alert(chance: Random, at: float, number: int, uniques: float) -> Alert:
    check = chance.choice(("disk", "disk", "disk", "cpu", "cpu", "lab", "vip", "ping", "ping"))
    device = chance.choice(("srv1", "srv2", "srv3", None))
    severity = chance.choice(("info", "low", "medium", "medium", "high", "critical"))
    if check == "ping":
        device, severity = "srv2", "critical"
    if chance.random() < uniques:
        check = f"check {number}"
    fields: dict[str, Any] = {"value": chance.choice((None, 1.0, 90.0 + number % 7))}
    if chance.random() < 0.5:
        fields["occurred_at"] = utc(at - chance.choice((0.0, 30.0, 600.0, 7200.0)))
    if chance.random() < 0.3:
        fields["alert_key"] = chance.choice(("k1", "k2", f"{check}/k"))
    return alert(
        chance.choice(("acme", "acme", "bolt")),
        check,
        device,
        severity,
        chance.choice(STATES),
        event_key=f"e{number}",
        site=chance.choice((None, "north", "south")),
        category=chance.choice((None, "disk", "security")),
        source=chance.choice(("canonical", "zabbix")),
        **fields,
    )


def _label(chance: Random, at: float, number: int, of: DecidedAlert) -> Label:
    target: dict[str, Any] = {"decision_id": of.decision.id}
    kind = chance.random()
    if kind < 0.15 and of.incident is not None:
        target = {"incident_id": of.incident.id}
    elif kind < 0.3:
        target = {"condition_key": of.alert.condition_key}
    elif kind < 0.4:
        target = {"outcome": Outcome(of.alert.device or "srv1", of.decision.decided_at)}
    elif kind < 0.5:
        target = {"decision_id": f"s-{number + 3}.{of.decision.id.rpartition('.')[2]}"}
    return Label(
        label_id=f"l{number - chance.choice((0, 0, 0, 1))}",
        tenant=of.alert.tenant,
        verdict=chance.choice(list(Verdict)),
        technician=chance.choice(("tess", "tom", "tim")),
        labelled_at=utc(at - chance.choice((0.0, 0.0, 600.0))),
        **target,
    )


def happen(engine: Engine, event: Event, number: int) -> tuple[str, list[DecidedAlert]]:
    """Hand one event to the engine."""
    if isinstance(event.what, Label):
        result = engine.learn(event.what, event.at)
        return result.outcome, result.decisions
    return "", engine.handle(event.what, event.at, f"s-{number}")


def play(engine: Engine, happened: Sequence[Event], first: int = 0) -> list[tuple[str, bytes]]:
    """Hand over all events; return all that was said, byte for byte."""
    said: list[tuple[str, bytes]] = []
    for number, event in enumerate(happened, first):
        outcome, decided = happen(engine, event, number)
        said.append((outcome, b"".join(encode_decided(one) for one in decided)))
    return said


def decisions(said: Iterable[DecidedAlert]) -> list[bytes]:
    """Decisions in the order of their time and name, as one would compare two runs."""
    return [
        encode_decided(one)
        for one in sorted(said, key=lambda one: (one.decision.decided_at, one.decision.id))
    ]
