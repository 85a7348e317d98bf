"""Real problems: each tells a story, in time, with the checks and words that noise uses as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from noise.simulator.chance import stream
from noise.simulator.checks import ACTIVITY, CHECKS, SMART, UNSEEN
from noise.simulator.events import Event, Turn
from noise.simulator.quiet import quiet_events
from noise.simulator.scene import Scene
from noise.simulator.tools import Toolbox
from noise.simulator.trouble import KINDS, Trouble, troubles
from noise.simulator.trouble.story import Kind, Story
from tests.unit.simulator.worlds import client, empty, scene, scenes

ALL = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def stories(kind: Kind, of: Scene, count: int = 8) -> Iterator[Story]:
    for number in range(count):
        rng = stream("story", kind.name, number)
        at = rng.uniform(*of.span(kind.when))
        story = kind.strikes(of, rng, at)
        if story is not None:
            yield story


def raises(story: Story) -> list[Event]:
    return [event for event in story.events if event.turn is Turn.RAISE]


@ALL
def test_a_problem_is_seen_before_it_has_to_be_told(kind: Kind) -> None:
    for story in stories(kind, scene()):
        assert min(event.at for event in raises(story)) < story.tell_by - 600


@ALL
def test_a_problem_names_every_device_that_it_touches(kind: Kind) -> None:
    for story in stories(kind, scene()):
        assert {event.device for event in story.events} <= set(story.devices)
        assert story.title


@ALL
def test_nothing_of_a_problem_ends_before_it_began(kind: Kind) -> None:
    for story in stories(kind, scene()):
        assert all(event.at >= event.opened_at for event in story.events)


@ALL
def test_the_same_chance_tells_the_same_story(kind: Kind) -> None:
    assert list(stories(kind, scene(), 2)) == list(stories(kind, scene(), 2))


@ALL
def test_a_client_without_devices_has_no_problem_that_anybody_could_tell(kind: Kind) -> None:
    nobody = scene(empty())

    assert not any(story.events for story in stories(kind, nobody))


def test_kinds_have_names_of_their_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_a_check_is_raised_by_noise_and_by_problems_alike() -> None:
    quiet = {
        event.check.key
        for which in (client(), client(number=2), client("tactical"))
        for day in scenes(which, 45)
        for event in quiet_events(day)
    }
    real = {
        event.check.key
        for which in (client(), client(number=2), client("tactical"), client("ninjaone", 20))
        for kind in KINDS
        for story in stories(kind, scene(which), 20)
        for event in story.events
    }

    assert {check.key for check in CHECKS} <= quiet & real
    assert {check.key for check in UNSEEN} <= quiet ^ real
    assert ACTIVITY.key in quiet & real


def test_what_a_worn_disk_says_gets_worse() -> None:
    kind = next(one for one in KINDS if one.name == "disk_failing")
    story = next(stories(kind, scene()))

    values = [event.value for event in raises(story) if event.check is SMART]
    assert values == sorted(values)
    assert values[-1] > 20 * values[0]


def test_all_events_of_a_problem_carry_its_id() -> None:
    found = list(_month())

    assert len(found) > 10
    for trouble in found:
        assert {event.problem for event in trouble.events} == {trouble.problem.id}
        assert trouble.problem.began_at == min(event.at for event in trouble.events)


def test_what_no_product_of_the_client_would_tell_is_left_out() -> None:
    alone = client("tactical")
    deaf = Toolbox(empty())

    assert all(_tellable(trouble, Toolbox(alone)) for trouble in _month())
    deaf.telling = lambda device, check: ()  # type: ignore[method-assign]
    assert not [one for day in scenes(alone, 30) for one in troubles(day, deaf)]


def _month() -> Iterator[Trouble]:
    which = client("tactical")
    for day in scenes(which, 30):
        yield from troubles(day, Toolbox(which))


def _tellable(trouble: Trouble, toolbox: Toolbox) -> bool:
    return any(toolbox.telling(event.device, event.check) for event in trouble.events)
