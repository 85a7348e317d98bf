from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import msgspec
import pytest
from aiokafka import ConsumerRecord

from noise import settings as noise_settings
from noise.alert import Alert, Severity, State, utc
from noise.decision import DecidedAlert, DecisionRecord, decode_decision_record
from noise.directory import Directory
from noise.engine import Engine
from noise.incident import Incident, IncidentState
from noise.label import Label, Verdict
from noise.mode_change import ModeChange
from noise.settings import Settings, load_settings
from noise.sources import SOURCES
from pipelines import topics
from pipelines.agents import PartitionFold, outputs
from pipelines.app import build_metrics
from pipelines.arrival import Parse, parser
from pipelines.topics import partition_for
from pipelines.transport import Output
from tests.factories import alert as any_alert
from tests.factories import mode_change, record

START_MS = 1_780_000_000_000
PARTITIONS = 4
NAMES = topics.declare(noise_settings.Kafka(partitions=PARTITIONS))
ENFORCING = load_settings(
    {"mode": "enforce", "sampling": {"audit_share": 0.0, "probe_hours": 100_000}}
)


def tenant_of(partition: int) -> str:
    names = (f"client-{i}" for i in range(100))
    return next(name for name in names if partition_for(name, PARTITIONS) == partition)


ACME = tenant_of(0)
NEIGHBOUR = next(
    name for name in (f"neighbour-{i}" for i in range(100)) if partition_for(name, PARTITIONS) == 0
)
FOREIGN = tenant_of(1)


def alert(tenant: str = ACME, **fields: object) -> Alert:
    return any_alert(tenant, **fields)


class Wall:
    def __init__(self) -> None:
        self.now = START_MS / 1000

    def __call__(self) -> float:
        return self.now


class Bench:
    """One partition, its records in order, and everything that it produced."""

    def __init__(
        self,
        settings: Settings = ENFORCING,
        engine: Engine | None = None,
        parse: Parse | None = None,
        wall: Wall | None = None,
    ) -> None:
        self.wall = wall or Wall()
        self.metrics = build_metrics(settings)
        self.behind: int | None = 0
        self.offset = 0
        self.produced: list[Output] = []
        self.fold = PartitionFold(
            0,
            topics=NAMES,
            engine=engine or Engine(settings),
            parse=parse or parser(Directory()),
            metrics=self.metrics,
            wall=self.wall,
            behind=lambda _: self.behind,
        )

    def raw(self, body: object, **headers: str) -> list[Output]:
        return self.take(NAMES.raw.name, _bytes(body), headers)

    def feedback(self, body: object, **headers: str) -> list[Output]:
        return self.take(NAMES.feedback.name, _bytes(body), headers)

    def take(
        self, topic: str, value: bytes | None, headers: Mapping[str, str] | None = None
    ) -> list[Output]:
        encoded = {name: text.encode() for name, text in (headers or {}).items()}
        timestamp = int(self.wall.now * 1000)
        one = record(topic, value, headers=encoded, offset=self.offset, timestamp=timestamp)
        return self.give([one])

    def give(self, records: list[ConsumerRecord]) -> list[Output]:
        self.offset += len(records)
        produced = list(self.fold.fold(records[0].topic, records))
        self.produced += produced
        return produced

    def commit(self) -> dict[bytes, bytes | None]:
        changes = dict(self.fold.changes())
        self.fold.committed()
        return changes

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


def _bytes(body: object) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return msgspec.json.encode(body)


def on(topic: topics.Topic, produced: list[Output]) -> list[Output]:
    return [output for output in produced if output.topic == topic.name]


def decisions(produced: list[Output]) -> list[DecisionRecord]:
    decided = (NAMES.enriched.name, NAMES.suppressed.name)
    return [decode_decision_record(o.value or b"") for o in produced if o.topic in decided]


def headers_of(output: Output) -> dict[str, str]:
    return {name: value.decode() for name, value in output.headers}


# -- alerts


def test_an_alert_becomes_one_decision_for_people_keyed_by_its_tenant():
    bench = Bench()

    (shown,) = on(NAMES.enriched, bench.raw(alert(severity=Severity.HIGH)))

    assert shown.key == ACME.encode()
    assert shown.partition is None
    assert headers_of(shown) == {
        "action": "notify",
        "reason": "novel",
        "event": f"{ACME}|srv1|disk|",
    }


def test_a_hidden_alert_goes_to_the_other_topic():
    bench = Bench()
    bench.raw(alert(severity=Severity.HIGH))

    (hidden,) = on(NAMES.suppressed, bench.raw(alert(severity=Severity.HIGH, event_key="again")))

    assert headers_of(hidden)["reason"] == "repeat"


def test_a_decision_is_named_after_the_place_of_its_record():
    bench = Bench()
    bench.offset = 17

    (decided,) = decisions(bench.raw(alert()))

    assert decided.decision.id.startswith(f"{NAMES.raw.name}-0-17-0")


def test_the_arrival_is_what_the_header_says_else_kafkas_own_time():
    bench = Bench()

    (early,) = decisions(bench.raw(alert(), received_at=str(START_MS - 60_000)))
    (late,) = decisions(bench.raw(alert(check="cpu")))

    assert early.decision.decided_at == utc(START_MS / 1000 - 60)
    assert late.decision.decided_at == utc(START_MS / 1000)


def test_an_arrival_from_a_clock_years_ahead_does_not_stop_the_clients_time():
    bench = Bench()
    bench.raw(alert(), received_at=str(START_MS))
    (ahead,) = decisions(
        bench.raw(alert(check="Ahead"), received_at=str(START_MS + 4 * 365 * 86_400_000))
    )
    (next_one,) = decisions(bench.raw(alert(check="Next"), received_at=str(START_MS + 60_000)))

    assert ahead.decision.decided_at == utc(START_MS / 1000)
    assert next_one.decision.decided_at == utc(START_MS / 1000 + 60)


def test_a_stream_whose_days_lie_ahead_of_the_clock_keeps_its_own_time():
    bench = Bench()
    for day in range(300, 330):
        arrival = START_MS + day * 86_400_000
        (one,) = decisions(bench.raw(alert(check=f"C{day}"), received_at=str(arrival)))
        assert one.decision.decided_at == utc(arrival / 1000)


def test_an_incident_is_kept_under_its_own_id_on_its_tenants_partition():
    bench = Bench()

    produced = bench.raw(alert(severity=Severity.HIGH))

    (decided,), (incident,) = decisions(produced), on(NAMES.incidents, produced)
    assert decided.incident is not None
    assert incident.key == decided.incident.id.encode()
    assert incident.partition is None


def test_an_incident_of_more_devices_than_a_record_takes_names_some_and_counts_all():
    many = tuple(f"{number:05}" + "\U0001f600" * 150 for number in range(5000))
    known = Incident(
        id="i-1",
        tenant=ACME,
        state=IncidentState.OPEN,
        title="Site down",
        root="d1",
        severity=Severity.HIGH,
        members=(),
        member_count=5000,
        devices=many,
        device_count=5000,
        first_at=utc(0),
        last_at=utc(1),
    )

    said = msgspec.json.decode(outputs.incident(NAMES, known).value or b"", type=Incident)

    assert said.devices == many[:500]
    assert said.device_count == 5000


def test_what_mode_earn_changes_is_a_record_of_its_tenant_and_counted_when_committed():
    class Promoting(Engine):
        def mode_changes(self) -> list[ModeChange]:
            return [mode_change(tenant=ACME)]

    bench = Bench(engine=Promoting(ENFORCING))

    (change,) = on(NAMES.mode_changes, bench.raw(alert()))

    assert change.key == ACME.encode()
    assert change.value is not None
    assert msgspec.json.decode(change.value, type=ModeChange) == mode_change(tenant=ACME)
    assert bench.value("noise_mode_changes_total", change="promoted") == 0
    bench.commit()
    assert bench.value("noise_mode_changes_total", change="promoted") == 1


def test_a_piece_of_state_that_kafka_would_refuse_is_forgotten_and_stops_nothing(caplog):
    class Hoarder(Engine):
        def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
            yield b"small", b"1"
            yield b"large", b"1" * topics.MAX_RAW_BYTES
            yield b"gone", None

    changes = Bench(engine=Hoarder(ENFORCING)).commit()

    assert changes == {b"small": b"1", b"large": None, b"gone": None}
    assert "too large" in caplog.text


def test_an_answer_from_a_clock_ahead_finds_the_client_at_the_hour_it_is():
    bench = Bench()
    one = record(NAMES.feedback.name, _bytes(label()), timestamp=START_MS * 1000)
    bench.give([one])

    (decided,) = decisions(bench.raw(alert()))

    assert decided.decision.decided_at == utc(START_MS / 1000)


def test_an_answer_is_heard_when_it_came_though_another_clients_clock_runs_ahead():
    bench = Bench()
    days = 6 * 86_400_000
    bench.raw(alert(), received_at=str(START_MS))
    bench.raw(alert(NEIGHBOUR), received_at=str(START_MS + days))

    bench.give([record(NAMES.feedback.name, _bytes(label()), timestamp=START_MS + 60_000)])
    (next_one,) = decisions(bench.raw(alert(check="Next"), received_at=str(START_MS + 120_000)))

    assert next_one.decision.decided_at == utc(START_MS / 1000 + 120)


# -- records that belong elsewhere


def test_a_record_of_another_partitions_tenant_is_handed_on_once():
    bench = Bench()

    (handed_on,) = bench.raw(alert(tenant=FOREIGN))

    assert (handed_on.topic, handed_on.partition) == (NAMES.raw.name, 1)
    assert handed_on.key == FOREIGN.encode()
    assert headers_of(handed_on) == {"received_at": str(START_MS), "forwarded": "1"}


def test_a_record_that_was_handed_on_is_decided_wherever_it_came_to():
    bench = Bench()

    (decided,) = decisions(bench.raw(alert(tenant=FOREIGN), forwarded="1"))

    assert decided.tenant == FOREIGN


def test_an_answer_for_another_partitions_tenant_is_handed_on_once():
    bench = Bench()

    (handed_on,) = bench.feedback(label(tenant=FOREIGN))
    again = bench.feedback(label(tenant=FOREIGN), forwarded="1")

    assert (handed_on.topic, handed_on.partition) == (NAMES.feedback.name, 1)
    assert again == []


# -- poison


def test_a_record_that_cannot_be_read_is_kept_byte_for_byte_with_the_reason():
    bench = Bench()
    body = b'{"tenant": "\xff\x00'
    bench.offset = 5

    (dead,) = bench.raw(body, source="canonical", tenant=ACME)

    headers = headers_of(dead)
    assert (dead.topic, dead.value) == (NAMES.dead_letters.name, body)
    assert headers["topic"] == NAMES.raw.name
    assert (headers["partition"], headers["offset"]) == ("0", "5")
    assert (headers["source"], headers["tenant"]) == ("canonical", ACME)
    assert headers["reason"]
    assert headers["error"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("received_at", b"yesterday"),
        ("received_at", b"-1"),
        ("received_at", b"99999999999999999"),
        ("received_at", "١٢٣".encode()),
        ("tenant", b"\xff\xfe"),
        ("tenant", b"x" * 600),
        ("source", b"nin\x00ja"),
    ],
)
def test_a_malformed_header_is_a_reason_of_its_own(name: str, value: bytes):
    bench = Bench()
    headers = {"source": b"canonical", name: value}

    (dead,) = bench.give([record(NAMES.raw.name, msgspec.json.encode(alert()), headers=headers)])

    assert headers_of(dead)["reason"] == "headers" if name != "tenant" else True
    assert dead.topic == NAMES.dead_letters.name


def test_a_record_without_a_value_is_kept_too():
    (dead,) = Bench().raw(None)

    assert (dead.topic, headers_of(dead)["reason"]) == (NAMES.dead_letters.name, "empty")


def test_a_dead_letter_fits_its_topic_however_often_a_header_is_repeated():
    headers = [("tenant", b"x" * 1024)] * 3000
    one = record(NAMES.raw.name, b"x" * topics.MAX_RAW_BYTES)
    one = dataclasses.replace(one, headers=headers)

    (dead,) = Bench().give([one])

    assert [name for name, _ in dead.headers].count("tenant") == 1


def test_the_names_of_headers_count_in_bytes():
    one = record(NAMES.raw.name, b"{}", headers={"\U0001f600" * (topics.MAX_RAW_BYTES // 4): b""})

    (dead,) = Bench().give([one])

    assert headers_of(dead)["reason"] == "too_large"


def test_a_record_larger_than_any_topic_takes_is_cut():
    body = b"x" * (topics.MAX_RAW_BYTES + 1)

    (dead,) = Bench().raw(body)

    assert len(dead.value or b"") == topics.MAX_RAW_BYTES
    assert headers_of(dead)["cut_from_bytes"] == str(len(body))


def test_a_parser_that_fails_costs_one_record_only_and_leaves_a_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(*_: object) -> list[Alert]:
        raise ZeroDivisionError("not foreseen")

    monkeypatch.setitem(SOURCES, "zabbix", fail)

    (dead,) = Bench().raw(b"{}", source="zabbix", tenant="acme")

    assert headers_of(dead)["reason"] == "unreadable"
    assert "ZeroDivisionError" in headers_of(dead)["error"]
    assert "ZeroDivisionError: not foreseen" in caplog.text


def test_a_payload_that_is_not_about_one_tenant_is_refused():
    (dead,) = Bench(parse=lambda *_: [alert(), alert(tenant=FOREIGN)]).raw(b"{}")

    assert headers_of(dead)["reason"] == "several_tenants"


class Stumbling(Engine):
    """Fails on one check, as a bug would."""

    def handle(self, alert: Alert, now: float, origin: str) -> list[DecidedAlert]:
        if alert.check == "cursed":
            raise KeyError("cursed")
        return super().handle(alert, now, origin)

    def learn(self, *_: object):
        raise KeyError("cursed")


def test_an_alert_on_which_the_engine_fails_is_shown_and_the_others_of_its_batch_decided():
    batch = [alert(check="disk"), alert(check="cursed"), alert(check="cpu")]
    bench = Bench(engine=Stumbling(ENFORCING), parse=lambda *_: batch)

    decided = decisions(bench.raw(b"{}"))
    bench.commit()

    assert [d.check for d in decided] == ["disk", "cursed", "cpu"]
    assert decided[1].decision.reason == "fail_open"
    assert decided[1].decision.action == "notify"
    assert bench.value("noise_fail_open_total") == 1


def test_an_answer_on_which_the_engine_fails_is_kept():
    bench = Bench(engine=Stumbling(ENFORCING))

    (dead,) = bench.feedback(label())

    assert (dead.topic, headers_of(dead)["reason"]) == (NAMES.dead_letters.name, "label_failed")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"verdict": "maybe"}', b"[" * 5000])
def test_an_answer_that_cannot_be_read_is_kept(body: bytes):
    (dead,) = Bench().feedback(body)

    assert (dead.value, headers_of(dead)["reason"]) == (body, "label")


# -- the books


def test_an_answer_too_large_to_be_one_is_kept():
    bench = Bench()

    (dead,) = bench.take(NAMES.feedback.name, b" " * (topics.MAX_RECORD_BYTES // 2 + 1))

    assert headers_of(dead)["error"] == "the record is too large for an answer"


def test_nothing_counts_before_it_is_committed():
    bench = Bench()
    bench.raw(alert())
    assert bench.value("noise_alerts_total") == 0

    bench.commit()
    assert bench.value("noise_alerts_total") == 1


def test_what_is_folded_while_a_transaction_is_under_way_counts_with_the_next():
    bench = Bench()
    bench.raw(alert())
    list(bench.fold.changes())
    bench.raw(alert(check="cpu"))
    bench.fold.committed()
    assert bench.value("noise_alerts_total") == 1

    bench.commit()
    assert bench.value("noise_alerts_total") == 2


def test_every_raw_record_is_in_the_books_under_exactly_one_end():
    bench = Bench()
    bench.raw(alert())
    bench.raw(b"poison", tenant=ACME)
    bench.raw(alert(tenant=FOREIGN))
    bench.feedback(b"poison")
    bench.commit()

    for tenant, end in ((ACME, "decided"), (ACME, "dead_letter"), (FOREIGN, "forwarded")):
        labels = {"tenant": tenant, "partition": "0", "end": end}
        assert bench.value("noise_record_ends_total", **labels) == 1
    for tenant in (ACME, FOREIGN):
        assert bench.value("noise_balance_difference", tenant=tenant, partition="0") == 0


# -- answers and time


def hold_one(bench: Bench) -> DecisionRecord:
    """An alert that may clear by itself, for its check did so two hours ago."""
    for state, minute in ((State.RAISED, -120), (State.CLEARED, -119)):
        then = str(START_MS + minute * 60_000)
        old = alert(device="old", severity=Severity.MEDIUM, state=state, category="other")
        bench.raw(old, received_at=then)
    (held,) = decisions(bench.raw(alert(severity=Severity.MEDIUM, category="other")))
    assert held.decision.reason == "holding"
    return held


def label(tenant: str = ACME, **fields: object) -> Label:
    return Label(
        **{
            "label_id": "l1",
            "tenant": tenant,
            "verdict": Verdict.NOISE,
            "technician": "tess",
            "labelled_at": utc(START_MS / 1000),
            "condition_key": f"{tenant}|srv1|disk|",
            **fields,
        }
    )


def test_an_answer_reaches_the_engine_and_is_counted():
    bench = Bench()
    (decided,) = decisions(bench.raw(alert(severity=Severity.HIGH)))

    bench.feedback(label(condition_key=None, decision_id=decided.decision.id))
    bench.commit()

    assert bench.value("noise_labels_total", verdict="noise", source="human") == 1
    assert bench.value("noise_label_outcomes_total", outcome="other") == 0


def test_a_held_alert_is_shown_when_its_time_is_up_and_nothing_else_comes():
    bench = Bench()
    held = hold_one(bench)
    bench.wall.now += 11 * 60
    produced = list(bench.fold.tick())

    (later,) = decisions(produced)
    assert later.decision.reason == "persisted"
    assert later.decision.supersedes == held.decision.id
    assert later.decision.decided_at == held.decision.hold_until


def test_a_hold_does_not_end_while_records_wait_to_be_read():
    bench = Bench()
    hold_one(bench)
    bench.behind = 100
    bench.wall.now += 11 * 60

    assert list(bench.fold.tick()) == []


def test_a_hold_ends_in_time_though_the_worker_was_away():
    before = Bench()
    held = hold_one(before)
    saved = before.commit()

    after = Bench()
    for key, value in saved.items():
        assert value is not None
        after.fold.load(key, value)
    after.wall.now += 3600
    (later,) = decisions(list(after.fold.tick()))

    assert later.decision.supersedes == held.decision.id


def test_nothing_is_due_in_a_partition_that_never_saw_a_record():
    assert list(Bench().fold.tick()) == []


def test_a_quiet_partition_has_nothing_to_save():
    bench = Bench()
    bench.raw(alert())
    bench.commit()
    list(bench.fold.tick())

    assert list(bench.fold.changes()) == []
