from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noise.errors import LabelError, SnapshotError
from noise.label import Verdict
from noise.learning.shared import (
    CLIENT_SAYS,
    LEAST_CLIENTS,
    Exchange,
    Others,
    Part,
    Said,
    SharedLesson,
    SharedModel,
    added_up,
    decode_lesson,
    decode_model,
    encode_shared,
)
from noise.learning.tallies import DAY
from noise.settings import Sharing
from noise.state.answerable import Taught
from noise.state.facts import Facts

NOW = 1_780_000_000.0
NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE
HERE = Facts(check="disk", condition="c1", site="HQ", device_class="server")


def lesson(tenant: str = "acme", verdict: Verdict = NOISE, **fields: Any) -> SharedLesson:
    given: dict[str, Any] = {
        "check": "disk",
        "device_class": "server",
        "weight": 1.0,
        "at": NOW,
        "learned_at": NOW,
    }
    return SharedLesson(tenant=tenant, verdict=verdict, **given | fields)


def parts(*lessons: SharedLesson) -> dict[str, Part]:
    made: dict[str, Part] = {}
    for one in lessons:
        made.setdefault(one.tenant, Part(60)).take(one)
    return made


def model(*lessons: SharedLesson, at: float = NOW) -> SharedModel:
    return added_up(parts(*lessons), at, at + 600)


def clients(count: int, verdict: Verdict = NOISE, **fields: Any) -> list[SharedLesson]:
    return [lesson(f"client {number}", verdict, **fields) for number in range(count)]


def test_what_several_clients_answered_is_known_of_the_check_and_of_its_class_of_devices():
    known = model(*clients(3), *clients(3, REAL, device_class="laptop"))

    server, laptop = known.about(HERE), known.about(Facts(check="disk", condition="c"))
    assert server is not None
    assert (server.noise, server.actionable, server.clients, server.found_real) == (3, 0, 3, 0)
    assert laptop is not None
    assert (laptop.noise, laptop.actionable, laptop.found_real) == (3, 3, 3)
    assert known.about(Facts(check="cpu", condition="c")) is None


def test_what_few_clients_have_is_nobody_elses_business():
    assert not model(*clients(LEAST_CLIENTS - 1)).said
    assert model(*clients(LEAST_CLIENTS)).said


def test_one_client_that_answers_much_has_no_more_to_say_than_a_few_answers():
    loud = [lesson("loud", REAL) for _ in range(500)]

    said = model(*loud, *clients(4), *clients(4)).about(HERE)

    assert said is not None
    assert said.actionable == pytest.approx(CLIENT_SAYS)
    assert said.noise == pytest.approx(8)


def test_one_client_that_found_it_real_is_enough_to_say_so():
    said = model(*clients(5), lesson("other", REAL)).about(HERE)

    assert said is not None
    assert (said.clients, said.found_real) == (6, 1)


def test_answers_fade_and_what_has_faded_is_said_no_more():
    later, much_later = (
        model(*clients(3), at=NOW + 60 * DAY),
        model(*clients(3), at=NOW + 600 * DAY),
    )

    said = later.about(HERE)
    assert said is not None
    assert said.noise == pytest.approx(1.5)
    assert not much_later.said


def test_what_is_taken_back_was_never_said():
    undone = [
        lesson("client 0", at=NOW + 5 * DAY, is_undone=True),
        lesson("client 0", REAL, at=NOW + 5 * DAY, learned_at=NOW + 5 * DAY),
    ]

    said = model(*clients(3), *undone, at=NOW + 5 * DAY).about(HERE)

    assert said is not None
    assert (said.clients, said.found_real) == (3, 1)
    assert said.actionable == pytest.approx(1)


lessons = st.lists(
    st.builds(
        lesson,
        st.sampled_from(["a", "b", "c", "d", "e"]),
        st.sampled_from(list(Verdict)),
        check=st.sampled_from(["disk", "cpu"]),
        device_class=st.sampled_from(["", "server"]),
        weight=st.floats(0.01, 3),
        at=st.floats(NOW, NOW + 40 * DAY),
        is_undone=st.booleans(),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(lessons, st.sampled_from(["a", "c", "e"]))
def test_without_a_client_the_model_is_byte_for_byte_what_it_would_be_had_it_never_shared(
    taught, gone
):
    together = parts(*taught)
    together.pop(gone, None)
    apart = parts(*(one for one in taught if one.tenant != gone))

    left, never = (added_up(some, NOW + 41 * DAY, NOW) for some in (together, apart))

    assert encode_shared(left) == encode_shared(never)


@settings(deadline=None)
@given(lessons)
def test_the_order_in_which_clients_are_heard_makes_no_difference(taught):
    by_client = sorted(taught, key=lambda one: one.tenant)

    assert model(*taught, at=NOW + 41 * DAY) == model(*by_client, at=NOW + 41 * DAY)


def test_the_version_follows_from_time_and_content():
    assert model(*clients(3)).version == model(*clients(3)).version
    assert model(*clients(3)).version != model(*clients(4)).version
    assert model(*clients(3)).version != model(*clients(3), at=NOW + 3600).version


def test_the_newest_model_whose_time_has_come_counts_and_a_withdrawn_one_does_not():
    exchange = Exchange(Sharing())
    early, late = (
        SharedModel(version=v, counts_from=at, said={}) for v, at in (("1", 10), ("2", 20))
    )
    exchange.offer("b", late)
    exchange.offer("a", early)

    assert [exchange.at(now) for now in (9, 10, 19, 20, 99)] == [None, early, early, late, late]
    exchange.offer("b", None)
    exchange.offer("never heard of", None)
    assert exchange.at(99) == early


def test_only_the_answers_of_clients_that_agreed_leave_them_and_without_places_or_names():
    exchange = Exchange(Sharing(tenants=("acme",)))
    for tenant in ("acme", "other"):
        Others(tenant, exchange).hear(HERE, Taught(-0.5, NOW - 9), NOW, is_undone=True)

    (told,) = exchange.take_lessons()

    assert told == lesson("acme", REAL, weight=0.5, learned_at=NOW - 9, is_undone=True)
    assert not {"HQ", "c1"} & set(map(str, msgspec.to_builtins(told).values()))
    assert exchange.take_lessons() == []


def test_lessons_and_models_are_the_same_after_a_journey():
    known = model(*clients(3))

    assert decode_lesson(encode_shared(lesson())) == lesson()
    assert decode_model(encode_shared(known)) == known


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{}",
        b"\xff",
        b'{"x":' + b"[" * 100_000,
        encode_shared(lesson(weight=-1.0)),
        encode_shared(lesson("")),
    ],
)
def test_a_lesson_that_cannot_be_read_is_refused(broken):
    with pytest.raises(LabelError):
        decode_lesson(broken)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{}",
        b'{"x":' + b"[" * 100_000,
        encode_shared(msgspec.structs.replace(model(), schema=9)),
        encode_shared(msgspec.structs.replace(model(), said={"=disk": Said(16.0, 0.0, 3, 0)})),
        encode_shared(msgspec.structs.replace(model(), said={"=disk": Said(-1.0, 0.0, 3, 0)})),
        encode_shared(msgspec.structs.replace(model(), said={"=disk": Said(1.0, 0.0, 3, 4)})),
    ],
)
def test_a_model_of_another_form_or_one_that_no_clients_can_have_made_is_refused(broken):
    with pytest.raises(SnapshotError):
        decode_model(broken)
