from __future__ import annotations

import asyncio
import io
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from rich.console import Console

from noise.alert import utc
from noise.decision import (
    Action,
    DecidedAlert,
    Decision,
    DecisionRecord,
    Explanation,
    Mode,
    Reason,
    decode_decision_record,
    encode_decided,
)
from noise.label import LabelSource, Verdict
from noise.mode_change import Change, ModeChange, encode_mode_change
from noise.recorded import Answer
from noise.settings import Kafka
from noise.simulator import Problem
from pipelines.arrival import EVENT_KEY, FORWARDED, RECEIVED_AT, TENANT
from pipelines.cli.main import run
from pipelines.cli.options import Duration
from pipelines.demo import desk as desks
from pipelines.demo import screen as screens
from pipelines.demo.books import Books
from pipelines.demo.desk import Desk
from pipelines.demo.earned import LAST, Earned
from pipelines.demo.feeder import Feeder
from pipelines.demo.observer import Observer
from pipelines.demo.pages import false_positive_ratio, read_page
from pipelines.demo.play import patience
from pipelines.demo.position import Last, Position, last_of
from pipelines.demo.script import DAY, START, Fact, Script
from pipelines.demo.simulated_time import SimulatedTime
from pipelines.demo.stop import counted_signals
from pipelines.demo.summary import Summary
from pipelines.demo.surroundings import Surroundings
from pipelines.demo.told import ProblemWatch, Told
from pipelines.topics import declare, partition_for
from tests.factories import alert, label, mode_change, record

TOPICS = declare(Kafka())
RAW = TOPICS.raw.name
NOW = START + 3_600.0
PROBLEM = Problem("p1", "acme", "disk_fills", NOW, NOW + 600, ("srv1",), "C: on srv1 fills up")


def decided(
    place: tuple[int, int] = (0, 0),
    action: Action = Action.NOTIFY,
    reason: Reason = Reason.SCORE,
    *,
    position: int = 0,
    event: str = "acme-1",
    at: float = NOW,
    **fields: Any,
) -> DecidedAlert:
    decision = Decision(
        id=f"{RAW}-{place[0]}-{place[1]}-{position}.k-1-2-3",
        action=action,
        reason=reason,
        decided_at=utc(at),
        mode=Mode.ENFORCE,
        would_suppress=False,
        explanation=(Explanation("because", "fact"),),
        **fields,
    )
    return DecidedAlert(alert(event_key=event, received_at=utc(at)), decision)


def decision(*arguments: Any, **fields: Any) -> DecisionRecord:
    return decode_decision_record(encode_decided(decided(*arguments, **fields)))


# -- books


def test_every_raw_record_ends_in_one_place_or_is_not_yet_decided():
    books = Books(RAW)
    for offset in range(3):
        books.enter_raw((1, offset))
    books.enter_decision(decision((1, 0)))
    books.enter_dead_letter((1, 1), "not_json")

    assert (books.raw, books.decided, books.dead_letters.total(), books.waiting) == (3, 1, 1, 1)
    assert books.balance


def test_an_end_may_be_read_before_its_record():
    books = Books(RAW)
    books.enter_decision(decision((1, 0)))
    assert not books.balance

    books.enter_raw((1, 0))

    assert books.balance
    assert books.waiting == 0


def test_a_record_that_is_decided_twice_spoils_the_books():
    books = Books(RAW)
    books.enter_raw((1, 0))
    books.enter_raw((1, 1))
    books.enter_decision(decision((1, 0)))
    books.enter_decision(decision((1, 0)))

    assert not books.balance


def test_a_record_with_several_alerts_ends_once_and_each_alert_is_counted():
    books = Books(RAW)
    books.enter_raw((1, 0))
    for position in range(3):
        books.enter_decision(decision((1, 0), position=position))

    assert books.decided == 1
    assert books.shown == 3
    assert books.balance


def test_a_later_decision_ends_nothing_and_counts_as_shown():
    books = Books(RAW)
    books.enter_raw((1, 0))
    books.enter_decision(decision((1, 0), Action.SUPPRESS, Reason.HOLDING))
    books.enter_decision(decision((1, 0), Action.NOTIFY, Reason.PERSISTED, supersedes="d"))

    assert (books.decided, books.shown, books.suppressed) == (1, 1, 1)
    assert books.balance


def test_a_record_that_was_handed_on_ends_as_its_copy_does():
    books = Books(RAW)
    books.enter_raw((1, 0))
    books.enter_raw((2, 7), is_forwarded=True)
    books.enter_decision(decision((2, 7)))

    assert (books.raw, books.forwarded, books.waiting) == (2, 1, 0)
    assert books.balance


def test_a_decision_that_the_engine_could_not_take_ends_its_record_too():
    shown_unjudged = decided((0, 5), reason=Reason.FAIL_OPEN)
    bare = msgspec.structs.replace(shown_unjudged.decision, id=f"{RAW}-0-5-0")
    books = Books(RAW)
    books.enter_raw((0, 5))

    books.enter_decision(
        decode_decision_record(encode_decided(DecidedAlert(shown_unjudged.alert, bare)))
    )

    assert books.waiting == 0


# -- where it goes on


def test_nothing_is_sent_before_the_first_start():
    position = Position({}, {})

    assert position.newest is None
    assert not position.is_sent(0, 5, "acme-1")


def test_each_partition_goes_on_after_its_own_last_delivery():
    position = Position({0: Last(2_000, "a-2"), 1: Last(9_000, "b-9")}, {0: 3, 1: 1})

    assert position.newest == 9.0
    assert position.is_sent(0, 1_000, "a-1")
    assert position.is_sent(0, 2_000, "a-2")
    assert not position.is_sent(0, 3_000, "a-3")
    assert position.is_sent(1, 8_000, "b-8")
    assert not position.is_sent(2, 1, "c-1")
    assert not position.is_new(0, 2)
    assert position.is_new(0, 3)


def test_of_several_deliveries_in_one_millisecond_those_up_to_the_last_are_sent():
    position = Position({0: Last(2_000, "a-2")}, {})

    sent = [position.is_sent(0, 2_000, event) for event in ("a-1", "a-2", "a-3")]

    assert sent == [True, True, False]


def raw_headers(tenant: str, event: str, at: str) -> dict[str, bytes]:
    return {
        TENANT: tenant.encode(),
        EVENT_KEY: event.encode(),
        RECEIVED_AT: at.encode(),
    }


@pytest.mark.parametrize(
    ("headers", "last"),
    [
        (raw_headers("acme", "acme-7", "12"), Last(12, "acme-7")),
        (raw_headers("other", "other-7", "12"), None),
        (raw_headers("acme", "4711", "12"), None),
        (raw_headers("acme", "acme-7", "noon"), None),
        ({}, None),
    ],
)
def test_what_others_send_is_no_position(headers: dict[str, bytes], last: Last | None):
    assert last_of(record(RAW, b"{}", headers=headers), {"acme"}) == last


class Producer:
    """Takes what is sent and confirms it."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, dict[str, bytes]]] = []

    async def send(self, topic: str, value: bytes, key: bytes, headers: Any) -> Any:
        assert topic == RAW
        self.sent.append((key, dict(headers)))
        confirmed = asyncio.get_running_loop().create_future()
        confirmed.set_result(None)
        return confirmed


async def test_two_starts_send_together_what_one_sends():
    at_once, before, after = Producer(), Producer(), Producer()
    await Feeder(Script(3, 3), TOPICS.raw, Position({}, {})).feed(START + DAY, at_once)
    await Feeder(Script(3, 3), TOPICS.raw, Position({}, {})).feed(START + DAY / 2, before)

    last = {
        partition_for(key.decode(), TOPICS.raw.partitions): Last(
            int(headers[RECEIVED_AT]), headers[EVENT_KEY].decode()
        )
        for key, headers in before.sent
    }
    feeder = Feeder(Script(3, 3), TOPICS.raw, Position(last, {}))
    await feeder.feed(START + DAY, after)

    assert before.sent
    assert feeder.sent == len(after.sent) > 0
    assert before.sent + after.sent == at_once.sent


# -- the script


def test_the_truth_about_an_alert_is_told_once():
    script = Script(1, 3)
    sent = next(one for one in script.arrived(START + DAY) if one.truth)

    fact = script.recall(sent.event)

    assert fact == Fact(sent.event, 0, sent.tenant, sent.truth[0], sent.problems[0])
    assert script.recall(sent.event) is None
    assert script.recall(f"{sent.event}#99") is None
    assert script.recall("unknown") is None


def test_what_arrived_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pipelines.demo.script.MAX_REMEMBERED", 2)
    script = Script(1, 3)
    events = [sent.event for sent in script.arrived(START + DAY) if sent.truth]

    assert len(events) > 2
    assert [event for event in events if script.recall(event)] == events[-2:]


# -- time


def test_simulated_time_hurries_first_and_then_keeps_its_speed():
    now = [100.0]
    time = SimulatedTime(1_000, 10, live_from=5_000, hurry_seconds=4, clock=lambda: now[0])

    moments = []
    for now[0] in (100, 102, 104, 106):
        moments.append((time.now(), time.speed))
    time.stop()
    now[0] = 200

    assert moments == [(1_000, 1_000), (3_000, 1_000), (5_000, 10), (5_020, 10)]
    assert time.now() == 5_020
    assert time.passed() == 6


def test_who_comes_later_does_not_hurry():
    now = [0.0]
    time = SimulatedTime(6_000, 10, live_from=5_000, hurry_seconds=4, clock=lambda: now[0])

    now[0] = 2

    assert (time.now(), time.speed) == (6_020, 10)


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("90", 90), ("1.5m", 90), ("1h", 3_600), (" 2 m ", 120)]
)
def test_durations_are_written_as_people_do(text: str, seconds: float):
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5s", "5 d", "0s", "1m30s"])
def test_what_is_no_duration_is_said(text: str):
    with pytest.raises(click.BadParameter, match="write 60s, 5m or 1h"):
        Duration().convert(text, None, None)


# -- the desk


class Quick:
    """Says noise after a minute."""

    def answer(self, *_: Any) -> Answer | None:
        return Answer(Verdict.NOISE, 60, "tess")


class Claiming(Quick):
    """Says real after a minute; others overrule that until nobody is left."""

    def answer(self, *_: Any) -> Answer | None:
        return Answer(Verdict.ACTIONABLE, 60, "tess")

    def second_opinion(self, *_: Any, number: int) -> Answer | None:
        return Answer(Verdict.NOISE, 60, f"other {number}") if number < 3 else None


class Silent:
    def answer(self, *_: Any) -> Answer | None:
        return None


FACT = Fact("acme-1", 0, "acme", Verdict.NOISE, None)


def test_what_is_seen_is_answered_after_a_while_in_simulated_time():
    desk = Desk(Quick())
    desk.see(decision(), FACT)

    assert list(desk.due(NOW + 59)) == []
    (given,) = desk.due(NOW + 60)
    assert given.decision_id == decision().decision.id
    assert given.labelled_at == utc(NOW + 60)
    assert (given.verdict, given.technician, given.tenant) == (Verdict.NOISE, "tess", "acme")
    assert list(desk.due(NOW + 60)) == []


def test_who_has_no_opinion_gives_no_label():
    desk = Desk(Silent())
    desk.see(decision(), FACT)

    assert list(desk.due(NOW + DAY)) == []


def test_what_an_earlier_start_answered_is_not_answered_again():
    earlier, desk = Desk(Quick()), Desk(Quick())
    earlier.see(decision(), FACT)
    (given,) = earlier.due(NOW + DAY)

    desk.hear(given.label_id)
    desk.see(decision(), FACT)

    assert list(desk.due(NOW + DAY)) == []


def test_a_label_on_its_way_is_recognized_when_it_comes_back():
    desk = Desk(Quick())
    desk.see(decision(), FACT)
    (given,) = desk.due(NOW + DAY)
    desk.hear(given.label_id)

    desk.see(decision(), FACT)

    assert [one.label_id for one in desk.due(NOW + DAY)] == [given.label_id]


def question(decision_id: str, at: float = NOW + 600) -> ModeChange:
    return mode_change(Change.ASKED, decisions=(decision_id,), at=utc(at))


def opinions(desk: Desk) -> list[tuple[str | None, str]]:
    given = [one for one in desk.due(NOW + DAY) if one.technician != "tess"]
    return [(one.decision_id, one.technician) for one in given]


def test_what_was_called_real_is_put_to_somebody_else_each_time_it_is_asked():
    desk, asked = Desk(Claiming()), decision().decision.id
    desk.see(decision(), FACT)
    for _ in range(3):
        desk.ask(question(asked))

    assert opinions(desk) == [(asked, "other 1"), (asked, "other 2")]


def test_a_question_may_be_read_before_what_it_is_about():
    desk, repeat = Desk(Claiming()), decision((0, 7)).decision.id
    desk.ask(question(repeat))

    desk.see(decision(), FACT)

    assert opinions(desk) == [(repeat, "other 1")]


def test_what_may_be_asked_about_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(desks, "MAX_CLAIMS", 1)
    desk = Desk(Claiming())
    for name in ("a", "b"):
        desk.ask(question(f"d1.{name}"))
    desk.see(decision(), FACT)
    desk.ask(question("d1.c"))

    assert opinions(desk) == []


# -- what was earned


def test_what_clients_earn_and_lose_is_counted_and_the_last_of_it_is_kept():
    earned = Earned()
    for number in range(LAST + 1):
        earned.enter(mode_change(tenant=f"c{number}"))
    earned.enter(mode_change(alert_class="disk", tenant="c1"))
    earned.enter(mode_change(Change.DEMOTED, tenant="c1"))
    earned.enter(mode_change(Change.DEMOTED, tenant="c2"))
    earned.enter(mode_change(Change.RELEASED))

    report = earned.report()

    assert earned.clients_live == LAST
    assert report["changes"] == {"promoted": LAST + 2, "demoted": 2, "released": 1, "asked": 0}
    assert len(report["promoted"]) == LAST
    assert [one["tenant"] for one in report["demoted"]] == ["c1", "c2"]
    assert "10% may be real (usually 1%)" in report["limits"]
    msgspec.json.encode(report)


def test_each_ticket_and_outage_comes_to_the_desk_once():
    script, desk = Script(1, 30), Desk(Silent())
    surroundings = Surroundings(script, desk)
    for day in (0.5, 0.6, 1.5, 2.5):
        surroundings.look_around(START + day * DAY)

    ids = [one.label_id for one in desk.due(START + 100 * DAY)]

    assert surroundings.problems == script.problems(3)
    assert sorted(ids) == sorted(one.label_id for one in script.outcomes(3))
    assert ids


# -- what was missed


def test_problems_are_judged_once_their_deadline_has_passed():
    problems = [
        msgspec.structs.replace(PROBLEM, id=name, tell_by=NOW + 600 + n)
        for n, name in enumerate(("in time", "late", "missed", "not due"))
    ]
    watch = ProblemWatch()
    watch.shown("in time", NOW + 900)
    watch.shown("in time", NOW + 10)
    watch.shown("late", NOW + 700)

    told = watch.judge(problems, NOW + 602)

    names = [[one.id for one in kind] for kind in told]
    assert names == [["in time"], ["late"], ["missed"]]


# -- reading


class Consumer:
    """Hands out records once, as aiokafka does."""

    def __init__(self, *records: Any) -> None:
        self._records = list(records)

    def assignment(self) -> list[str]:
        return ["tp"]

    async def end_offsets(self, _: Any) -> dict[str, int]:
        return {"tp": len(self._records)}

    async def position(self, _: str) -> int:
        return 1_000

    async def getmany(self, timeout_ms: int) -> dict[str, list[Any]]:
        await asyncio.sleep(0)
        handed, self._records = self._records, []
        return {"tp": handed}


def observer(
    script: Script, desk: Desk, watch: ProblemWatch, books: Books, earned: Earned | None = None
) -> Observer:
    return Observer(
        TOPICS,
        Position({}, {0: 1}),
        script,
        books=books,
        earned=earned or Earned(),
        desk=desk,
        watch=watch,
    )


async def read(reader: Observer, *records: Any) -> None:
    following = asyncio.create_task(reader.follow(Consumer(*records)))
    while not reader.has_caught_up:
        assert not following.done(), following.result()
        await asyncio.sleep(0)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_what_lies_on_the_topics_is_entered_in_the_books():
    books, desk = Books(RAW), Desk(Silent())
    reader = observer(Script(1, 3), desk, ProblemWatch(), books)
    letter = {"topic": RAW.encode(), "partition": b"0", "offset": b"2", "reason": b"not_json"}
    elsewhere = letter | {"topic": TOPICS.feedback.name.encode()}
    hidden = decided((0, 1), Action.SUPPRESS, Reason.REPEAT)

    await read(
        reader,
        record(RAW, b"{}", offset=0),
        record(RAW, b"{}", offset=1, headers={FORWARDED: b"1"}),
        record(RAW, b"{", offset=2),
        record(TOPICS.enriched.name, encode_decided(decided((0, 0)))),
        record(TOPICS.suppressed.name, encode_decided(hidden)),
        record(TOPICS.dead_letters.name, b"{", headers=letter),
        record(TOPICS.dead_letters.name, b"?", headers=elsewhere),
        record(TOPICS.feedback.name, msgspec.json.encode(label("d1"))),
    )

    assert (books.raw, books.decided, books.forwarded) == (3, 2, 1)
    assert books.dead_letters == {"not_json": 1}
    assert books.labels == {(Verdict.NOISE, LabelSource.HUMAN): 1}
    assert reader.new_raw == 2  # offset 0 was there before
    assert reader.first_decision_at is not None
    assert reader.decided_until == NOW
    assert [item.why for item in reader.last_shown] == ["because"]


async def test_what_mode_earn_changed_is_entered_and_what_it_asks_comes_to_the_desk():
    desk, earned = Desk(Claiming()), Earned()
    desk.see(decision(), FACT)
    reader = observer(Script(1, 3), desk, ProblemWatch(), Books(RAW), earned)
    changes = (mode_change(), question(decision().decision.id))

    await read(
        reader, *(record(TOPICS.mode_changes.name, encode_mode_change(one)) for one in changes)
    )

    assert earned.counts == {Change.PROMOTED: 1, Change.ASKED: 1}
    assert opinions(desk) == [(decision().decision.id, "other 1")]


async def test_who_is_shown_a_real_problem_knows_of_it_and_answers():
    script, watch, desk = Script(1, 30), ProblemWatch(), Desk(Quick())
    sent = next(one for one in script.arrived(START + 5 * DAY) if any(one.problems))
    position = next(n for n, problem in enumerate(sent.problems) if problem)
    key = f"{sent.event}#{position}" if len(sent.truth) > 1 else sent.event
    reader = observer(script, desk, watch, Books(RAW))

    await read(reader, record(TOPICS.enriched.name, encode_decided(decided(event=key))))

    problem = msgspec.structs.replace(PROBLEM, id=sent.problems[position])
    assert watch.judge([problem], NOW + DAY).in_time == [problem]
    assert len(list(desk.due(NOW + DAY))) == 1


# -- its end


def test_who_asks_once_waits_a_little_for_what_is_under_way_and_who_asks_twice_does_not():
    before = signal.getsignal(signal.SIGINT)
    with counted_signals() as stop:
        unasked = patience(stop)
        signal.raise_signal(signal.SIGTERM)
        once = patience(stop)
        signal.raise_signal(signal.SIGINT)

    assert unasked > once > patience(stop) == 0
    assert signal.getsignal(signal.SIGINT) is before  # a shell's background job ignores it


# -- the command


@pytest.fixture
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:9")


def test_the_days_of_one_provider_do_not_mix_with_those_of_another(
    tmp_path: Path, nobody_listens: None, capsys: pytest.CaptureFixture[str]
):
    first = ["demo", "--data", str(tmp_path), "--seed", "1", "--clients", "3"]
    assert run(first) == 2
    assert "no Kafka broker answers at 127.0.0.1:9" in capsys.readouterr().err

    assert run([*first, "--seed", "2"]) == 2

    assert "holds the days of another simulated MSP" in capsys.readouterr().err


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").touch()

    assert run(["demo", "--data", str(tmp_path / "file")]) == 2

    assert "cannot be used (" in capsys.readouterr().err


# -- the summary


def summary(books: Books, told: Told | None = None, **fields: Any) -> Summary:
    given: dict[str, Any] = {
        "began_at": START,
        "now": NOW,
        "speed": 480.0,
        "seconds": 7.5,
        "went_on": False,
        "sent": 3,
        "first_decision_at": None,
        "earned": Earned(),
        "last_shown": (),
        "false_positive_ratio": 0.25,
        **fields,
    }
    return Summary(books=books, told=told or Told([], [], [PROBLEM]), **given)


def full_books() -> Books:
    books = Books(RAW)
    for offset in range(3):
        books.enter_raw((0, offset))
    books.enter_decision(decision((0, 0)))
    books.enter_decision(decision((0, 1), Action.SUPPRESS, Reason.HOLDING))
    books.enter_decision(decision((0, 1), Action.NOTIFY, Reason.PERSISTED, supersedes="d"))
    books.enter_dead_letter((0, 2), "not_json")
    books.labels[Verdict.NOISE, LabelSource.HUMAN] += 2
    books.labels[Verdict.ACTIONABLE, LabelSource.TICKET] += 1
    return books


def test_the_report_says_what_came_in_what_became_of_it_and_what_was_missed():
    report = summary(full_books()).report()

    assert report["records"] == {
        "raw": 3,
        "decided": 2,
        "dead_letters": 1,
        "forwarded": 0,
        "waiting": 0,
        "balance": True,
    }
    assert (report["shown"], report["suppressed"]) == (2, 1)
    assert report["first_decisions"] == {"score": 1, "holding": 1}
    assert report["later_decisions"] == {"persisted": 1}
    assert report["labels"] == {"noise": 2, "actionable": 0, "outcomes": 1}
    assert report["false_positive_ratio"] == 0.25
    assert report["earned"]["clients_live"] == 0
    assert [one["title"] for one in report["problems"]["missed"]] == [PROBLEM.title]
    msgspec.json.encode(report)


def printed(draw: Callable[[Console], None], width: int = 140) -> str:
    console = Console(file=io.StringIO(), width=width)
    draw(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_on_a_terminal_the_summary_answers_each_question_in_a_row():
    record_shown = decision()
    books = Books(RAW)
    reader = observer(Script(1, 3), Desk(Silent()), ProblemWatch(), books)
    reader.last_shown.append(
        screens.Shown(NOW, "acme", record_shown.title, Action.NOTIFY, "because", 0.42)
    )
    shown = summary(full_books(), last_shown=tuple(reader.last_shown))

    said = printed(lambda c: c.print(screens.table_of(shown), screens.items_of(shown)))

    assert "3 records = 2 decided + 1 dead letters + 0 not yet decided" in said
    assert "2 and 0 updates of what was told, 1 of them hidden at first: " in said
    assert "score 1, persisted 1" in said
    assert "1: holding 1" in said
    assert "25.0 % was shown" in said
    assert "acme: C: on srv1 fills up" in said
    assert "01:00  acme          disk is bad" in said
    assert "42 %" in said
    assert "DO NOT BALANCE" not in said


def test_on_a_terminal_the_last_client_that_went_live_and_the_last_that_fell_back_say_why():
    earned = Earned()
    earned.enter(mode_change(tenant="acme", at=utc(NOW), text="hidden from now on"))
    earned.enter(mode_change(tenant="umbrella", at=utc(NOW), text="hidden from now on"))
    earned.enter(mode_change(Change.DEMOTED, tenant="acme", at=utc(NOW), text="5 % were hidden"))

    said = printed(lambda c: c.print(screens.table_of(summary(full_books(), earned=earned))))

    assert "noise is hidden at 1 clients; 2 times promoted, 1 times demoted, 0 misses" in said
    assert "umbrella, day 1, Monday 01:00: hidden from now on" in said
    assert "acme, day 1, Monday 01:00: 5 % were hidden" in said


def test_on_a_narrow_terminal_time_client_and_score_stay_beside_long_titles():
    item = screens.Shown(NOW, "c06-meditech", "long " * 40, Action.NOTIFY, "because " * 40, 0.42)

    said = printed(
        lambda c: c.print(screens.items_of(summary(full_books(), last_shown=(item,)))), width=80
    )

    (row,) = [line for line in said.splitlines() if "long" in line]
    assert row.split()[:2] == ["01:00", "c06-meditech"]
    assert row.rstrip().endswith("42 %")


def test_books_that_do_not_balance_are_shouted():
    books = full_books()
    books.enter_dead_letter((3, 99), "not_json")

    said = printed(lambda c: c.print(screens.table_of(summary(books))))

    assert "DO NOT BALANCE" in said


def test_elsewhere_the_summary_is_a_line_every_few_seconds():
    now = [10.0]

    def draw(console: Console) -> None:
        lines = screens.LineScreen(console, lambda: now[0])
        for now[0] in (10.0, 11.0, 16.0):
            lines.show(summary(full_books(), false_positive_ratio=None))
        lines.say("[worker 1] died")

    said = printed(draw).splitlines()

    assert said[:2] == [said[0]] * 2
    assert "3 in, 2 shown, 1 hidden, 1 dead letters, 3 labels" in said[0]
    assert "0 clients live, false positives not known yet, 1 of 1 problems missed" in said[0]
    assert said[2:] == ["[worker 1] died"]


def test_a_terminal_gets_a_table_that_changes_in_place():
    console = Console(file=io.StringIO(), force_terminal=True, width=140)

    with screens.screen(console) as screen:
        screen.show(summary(full_books()))
        screen.say("worker 1 died")

    assert isinstance(console.file, io.StringIO)
    assert "3 records = 2 decided" in console.file.getvalue()
    assert "worker 1 died" in console.file.getvalue()


# -- pages of metrics

PAGE = """\
# TYPE noise_judged_alerts gauge
noise_judged_alerts{tenant="a",cell="shown_noise"} 1.0
noise_judged_alerts{tenant="b",cell="shown_noise"} 1.0
noise_judged_alerts{tenant="a",cell="hidden_noise"} 6.0
noise_judged_alerts{tenant="a",cell="shown_real"} 9.0
"""


def test_the_false_positive_ratio_is_that_of_all_clients_of_all_workers():
    assert false_positive_ratio([PAGE, PAGE, ""]) == 0.25


def test_without_answers_the_ratio_is_not_known():
    assert false_positive_ratio([""]) is None


def test_a_worker_that_is_away_has_an_empty_page():
    assert read_page("http://127.0.0.1:9/metrics") == ""
