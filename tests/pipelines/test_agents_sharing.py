from __future__ import annotations

import gc

import pytest

from noise.engine import Engine
from noise.learning.shared import (
    SharedLesson,
    SharedModel,
    decode_lesson,
    decode_model,
    encode_shared,
)
from noise.learning.trainer import HOUR, SLOTS, Trainer
from noise.settings import Settings, load_settings
from pipelines.agents.sharing import ModelShelf, SharedFold, misplaced
from pipelines.metrics import Tally
from pipelines.transport import Output
from tests.factories import label, record
from tests.pipelines.test_agents_partition import (
    ACME,
    NAMES,
    START_MS,
    Bench,
    Wall,
    alert,
    decisions,
    on,
)
from tests.unit.learning.test_shared import lesson

ALL = ("a", "b", "c")
NOON = 1_780_012_800.0
MODEL = SharedModel(version="shared-1", counts_from=NOON, said={})


class Hearing:
    """The part of partition 0 that hears lessons, and what came of it."""

    def __init__(self, tenants: tuple[str, ...] = ALL) -> None:
        settings = load_settings({"sharing": {"tenants": tenants}})
        self.wall = Wall()
        self.fold = SharedFold(NAMES, Trainer(settings), self.wall)
        self.tally = Tally()

    def hear(self, one: SharedLesson | bytes, written_at: float = NOON) -> list[Output]:
        value = one if isinstance(one, bytes) else encode_shared(one)
        timestamp = int(written_at * 1000)
        return self.fold.take(record(NAMES.lessons.name, value, timestamp=timestamp), self.tally)

    def hear_all(self, at: float) -> None:
        for tenant in ALL:
            assert self.hear(lesson(tenant, at=at)) == []

    def tick(self) -> list[Output]:
        return list(self.fold.tick(caught_up=True))

    def wait(self, seconds: float) -> list[Output]:
        self.wall.now += seconds
        return self.tick()


def model_of(output: Output) -> SharedModel:
    assert output.topic == NAMES.models.name
    return decode_model(output.value or b"")


def test_a_model_goes_out_when_its_hour_is_over_by_the_time_of_the_lessons():
    hearing = Hearing()
    hearing.hear_all(NOON - 60)
    assert hearing.wait(10) == []

    (handed_out,) = hearing.wait(400)

    assert model_of(handed_out).counts_from == NOON + 900
    assert model_of(handed_out).said["=disk"].clients == 3
    assert handed_out.partition == 0
    assert hearing.wait(HOUR) == []


def test_a_day_that_is_sent_at_once_is_learned_at_its_own_pace():
    hearing = Hearing()
    for hour in range(5):
        hearing.hear_all(NOON + hour * HOUR)

    made = [model_of(output).counts_from for output in hearing.wait(400)]

    assert made == [NOON + hour * HOUR + 900 for hour in range(5)]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_lesson_from_years_ahead_does_not_stop_the_time_of_all_others(is_first):
    hearing = Hearing()
    hearing.wall.now = NOON
    if not is_first:
        hearing.hear_all(NOON - 60)
    hearing.hear(lesson("a", at=NOON + 9e7))
    if is_first:
        hearing.hear_all(NOON - 60)
    hearing.hear_all(NOON + 60)

    made = [model_of(output).counts_from for output in hearing.wait(HOUR)]

    assert made == [NOON + 900, NOON + HOUR + 900][: len(made)]
    assert made


@pytest.mark.parametrize("value", [b"", b"{}", b"x" * 3_000_000])
def test_what_is_no_lesson_is_a_dead_letter(value):
    hearing = Hearing()

    (dead,) = hearing.hear(value)

    assert dead.topic == NAMES.dead_letters.name
    assert dict(dead.headers)["reason"] == b"lesson"
    assert hearing.tally.dead_letters["lesson"] == 1


def test_who_does_not_share_changes_nothing():
    hearing = Hearing()

    assert hearing.hear(lesson("stranger")) == []
    assert list(hearing.fold.changes()) == []
    assert hearing.wait(HOUR) == []


def test_after_a_restart_it_goes_on_with_lessons_and_time():
    before, undisturbed = Hearing(), Hearing()
    for hearing in (before, undisturbed):
        hearing.hear_all(NOON - 60)

    after = Hearing()
    for key, value in before.fold.changes():
        assert value is not None
        assert key.startswith(b"\0")
        assert after.fold.load(key, value)
    assert not after.fold.load(b"acme\0c\0x", b"1")

    assert after.wait(400) == undisturbed.wait(400)
    assert list(before.fold.changes()) == []


def test_a_client_that_left_is_forgotten_and_its_models_are_withdrawn():
    before = Hearing()
    before.hear_all(NOON - 60)
    before.wait(400)

    after = Hearing(ALL[:-1])
    for key, value in before.fold.changes():
        assert after.fold.load(key, value or b"")
    withdrawn = after.wait(400)

    assert [output.value for output in withdrawn[:SLOTS]] == [None] * SLOTS
    assert [model_of(output).said for output in withdrawn[SLOTS:]] == [{}]
    assert {key for key, value in after.fold.changes() if value is None} >= {b"\0shared\0c\0p\0"}


def test_a_lesson_on_a_partition_where_nobody_hears_it_is_handed_on():
    given = record(NAMES.lessons.name, b"x", key=b"k", headers={"a": b"b"}, partition=3)

    assert misplaced(given) == Output(NAMES.lessons.name, b"k", b"x", (("a", b"b"),), 0)
    bench = Bench()
    assert bench.give([given]) == [misplaced(given)]


# -- engines


class Listening:
    """An engine, as far as it is offered models."""

    def __init__(self) -> None:
        self.offered: dict[str, SharedModel | None] = {}

    def offer(self, slot: str, model: SharedModel | None) -> None:
        self.offered[slot] = model


def test_engines_are_offered_what_there_is_and_what_comes_and_what_goes():
    shelf, early, late = ModelShelf(), Listening(), Listening()
    shelf.introduce(early)
    shelf.put(b"01", encode_shared(MODEL))
    shelf.put(b"02", encode_shared(MODEL))
    shelf.put(b"02", None)

    shelf.introduce(late)
    shelf.put(b"03", encode_shared(MODEL))

    assert early.offered == {"01": MODEL, "02": None, "03": MODEL}
    assert late.offered == {"01": MODEL, "03": MODEL}


def test_a_model_that_cannot_be_read_is_none(caplog: pytest.LogCaptureFixture):
    shelf, engine = ModelShelf(), Listening()
    shelf.introduce(engine)
    shelf.put(b"01", encode_shared(MODEL))

    shelf.put(b"01", b"{}")

    assert engine.offered == {"01": None}
    assert "clients go on without what others know" in caplog.text


def test_a_model_in_a_slot_that_there_is_not_is_passed_over(caplog: pytest.LogCaptureFixture):
    shelf, engine = ModelShelf(), Listening()
    shelf.introduce(engine)

    shelf.put(b"24", encode_shared(MODEL))

    assert engine.offered == {}
    assert "there is no slot '24'" in caplog.text


def test_engines_of_partitions_that_were_given_back_are_let_go():
    shelf, engine = ModelShelf(), Engine(Settings())
    shelf.introduce(engine)
    assert len(shelf._engines) == 1

    del engine
    gc.collect()

    assert not shelf._engines


# -- the partition of a client


def test_answers_of_a_client_that_shares_are_lessons_for_the_trainer_in_the_same_step():
    bench = Bench(load_settings({"mode": "enforce", "sharing": {"tenants": [ACME]}}))
    (shown,) = decisions(bench.raw(alert(device="srv1", check="disk")))

    produced = bench.feedback(label(shown.decision.id, tenant=ACME, at=START_MS / 1000))

    (taught,) = on(NAMES.lessons, produced)
    assert (taught.key, taught.partition) == (ACME.encode(), 0)
    assert decode_lesson(taught.value or b"").check == "disk"
    assert b"srv1" not in (taught.value or b"")


def test_answers_of_a_client_that_does_not_share_stay_with_it():
    bench = Bench(load_settings({"mode": "enforce", "sharing": {"tenants": ["somebody else"]}}))
    (shown,) = decisions(bench.raw(alert()))

    produced = bench.feedback(label(shown.decision.id, tenant=ACME, at=START_MS / 1000))

    assert on(NAMES.lessons, produced) == []
