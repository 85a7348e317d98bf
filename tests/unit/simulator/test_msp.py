"""The simulated MSP as a whole: repeatable, in order, and of the size and mix of a real one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice, pairwise

import msgspec
import pytest

from noise.directory import load_directory
from noise.label import Verdict
from noise.settings import Settings, load_settings
from noise.simulator import Msp, Problem, Sent
from tests.unit.simulator.worlds import DAY, MONDAY

CLIENTS, DAYS = 8, 6


def msp(seed: int = 1, clients: int = CLIENTS) -> Msp:
    return Msp(seed, clients=clients, start=MONDAY)


@pytest.fixture(scope="module")
def sent() -> Sequence[Sent]:
    return list(msp().deliveries(DAYS))


@pytest.fixture(scope="module")
def problems() -> Sequence[Problem]:
    return msp().problems(DAYS)


def test_the_same_seed_gives_the_same_bytes(sent: Sequence[Sent]) -> None:
    assert list(msp().deliveries(DAYS)) == sent


def test_another_seed_gives_another_msp(sent: Sequence[Sent]) -> None:
    other = list(islice(msp(seed=2).deliveries(DAYS), 100))

    assert not {one.body for one in other} & {one.body for one in sent}
    assert msp(seed=2).directory() != msp().directory()


def test_a_shorter_run_is_the_beginning_of_a_longer_one(sent: Sequence[Sent]) -> None:
    shorter = list(msp().deliveries(2.3))

    assert shorter == sent[: len(shorter)]
    assert sent[len(shorter)].at >= MONDAY + 2.3 * DAY


def test_further_clients_leave_the_first_ones_as_they_were(sent: Sequence[Sent]) -> None:
    first = [one for one in sent if one.tenant == "c01-alder"]

    assert list(msp(clients=1).deliveries(DAYS)) == first


def test_deliveries_arrive_in_order_and_within_the_days(sent: Sequence[Sent]) -> None:
    assert all(one.at <= other.at for one, other in pairwise(sent))
    assert sent[0].at >= MONDAY
    assert sent[-1].at < MONDAY + DAYS * DAY


def test_each_delivery_has_an_event_key_of_its_own(sent: Sequence[Sent]) -> None:
    assert len({one.event for one in sent}) == len(sent)


def test_truth_and_problem_are_known_for_each_alert_of_a_body(sent: Sequence[Sent]) -> None:
    for one in sent:
        assert [truth is Verdict.ACTIONABLE for truth in one.truth] == [
            problem is not None for problem in one.problems
        ]
        if one.source == "alertmanager" and one.truth:
            assert len(msgspec.json.decode(one.body)["alerts"]) == len(one.truth)


def test_all_six_products_speak_and_now_and_then_send_what_is_no_alert(
    sent: Sequence[Sent],
) -> None:
    assert {one.source for one in sent} == {
        "ninjaone", "datto", "tactical", "zabbix", "alertmanager", "wazuh",
    }  # fmt: skip
    empty = [one for one in sent if not one.truth]
    assert 0.002 < len(empty) / len(sent) < 0.01


def test_each_client_is_as_loud_as_its_devices_make_it(sent: Sequence[Sent]) -> None:
    alerts: dict[str, int] = defaultdict(int)
    for one in sent:
        alerts[one.tenant] += len(one.truth)
    for client in msp().clients:
        per_device = alerts[client.tenant] / DAYS / len(client.devices)
        assert 1.5 < per_device < 8, client.tenant


def test_a_few_of_a_hundred_episodes_are_real(sent: Sequence[Sent]) -> None:
    truth = [verdict for one in sent for verdict in one.truth]

    assert 0.01 < truth.count(Verdict.ACTIONABLE) / len(truth) < 0.08


def test_someone_could_know_of_each_problem_in_time(
    sent: Sequence[Sent], problems: Sequence[Problem]
) -> None:
    arrived: dict[str | None, float] = {}
    for one in sent:
        for problem in one.problems:
            arrived.setdefault(problem, one.at)

    ended = [one for one in problems if one.tell_by < MONDAY + DAYS * DAY]
    assert len(ended) > 10
    assert all(one.began_at <= arrived[one.id] < one.tell_by for one in ended)


def test_alerts_name_only_problems_that_are_known(
    sent: Sequence[Sent], problems: Sequence[Problem]
) -> None:
    named = {problem for one in sent for problem in one.problems if problem}

    assert named <= {one.id for one in problems}


def test_problems_come_in_order_and_a_longer_run_only_adds_to_them(
    problems: Sequence[Problem],
) -> None:
    longer = msp().problems(DAYS + 5)

    assert longer[: len(problems)] == problems
    assert all(one.began_at <= other.began_at for one, other in pairwise(longer))
    assert len({one.id for one in longer}) == len(longer)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_month_of_twenty_clients_has_two_hundred_problems_of_all_kinds(seed: int) -> None:
    month = msp(seed, clients=20).problems(30)

    assert 200 <= len(month) <= 320
    assert len({one.kind for one in month}) >= 20


def test_what_the_msp_knows_of_its_clients_is_a_directory_with_gaps() -> None:
    directory = load_directory(msp().directory())

    listed = sum(len(client.devices) for client in directory)
    there = sum(len(client.devices) for client in msp().clients)
    assert [client.tenant for client in directory] == [one.tenant for one in msp().clients]
    assert 0.9 * there < listed < there


def test_announced_work_is_a_valid_setting() -> None:
    windows = msp().maintenance(14)
    tree = msgspec.to_builtins(Settings(maintenance=tuple(windows)))

    assert len(windows) > 5
    assert load_settings(tree).maintenance == tuple(windows)


def test_outcomes_surface_for_a_share_of_the_problems_in_order() -> None:
    month = msp(clients=20)
    labels = list(month.outcomes(30))
    problems = month.problems(30)

    surfaced = {label.label_id.rsplit("/", 1)[0] for label in labels}
    assert 0.3 < len(surfaced) / len(problems) < 0.8
    assert all(one.labelled_at <= other.labelled_at for one, other in pairwise(labels))
    assert labels[-1].labelled_at.timestamp() < MONDAY + 30 * DAY
