from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise, takewhile

import msgspec
import pytest

from noise.alert import Severity
from noise.directory import load_directory
from noise.label import LabelSource, Verdict
from noise.simulator import Msp, Problem, Sent
from noise.simulator.chance import moments, stream
from noise.simulator.checks import CHECKS
from noise.simulator.estate import DAY
from noise.simulator.quiet import PATTERNS
from noise.simulator.trouble import PLOTTERS

START = 1_780_272_000.0
DAYS = 6


def an_msp(seed: int = 3, clients: int = 12) -> Msp:
    return Msp(seed, clients=clients, start=START)


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    return list(an_msp().deliveries(DAYS))


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return an_msp().problems(DAYS)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_provider(sent):
    again = list(takewhile(lambda one: one.at < START + DAY, an_msp().deliveries(DAYS)))
    other = list(takewhile(lambda one: one.at < START + DAY, an_msp(4).deliveries(DAYS)))

    assert again == sent[: len(again)]
    assert [one.body for one in other] != [one.body for one in again]


def test_a_longer_run_only_goes_on(sent):
    short = list(an_msp().deliveries(2))

    assert short == sent[: len(short)]
    assert sent[len(short)].at >= START + 2 * DAY


def test_deliveries_come_in_order_of_arrival_each_under_a_name_of_its_own(sent):
    assert all(one.at <= following.at for one, following in pairwise(sent))
    assert sent[0].at >= START
    assert sent[-1].at < START + DAYS * DAY
    assert len({one.event for one in sent}) == len(sent)


def test_all_six_products_speak_and_each_client_has_its_own(sent):
    by_tenant = defaultdict(set)
    for one in sent:
        by_tenant[one.tenant].add(one.source)

    assert set().union(*by_tenant.values()) == {
        "ninjaone", "datto", "tactical", "zabbix", "alertmanager", "wazuh",
    }  # fmt: skip
    assert all(len(sources) <= 3 for sources in by_tenant.values())


def test_a_client_has_hundreds_of_alerts_a_day_of_which_a_few_per_cent_are_real(sent):
    alerts = sum(len(one.truth) for one in sent)
    real = sum(one.truth.count(Verdict.ACTIONABLE) for one in sent)

    assert 60 < alerts / 12 / DAYS < 300
    assert 0.015 < real / alerts < 0.09
    assert all((p is not None) is (t is Verdict.ACTIONABLE)
               for one in sent for t, p in zip(one.truth, one.problems, strict=True))  # fmt: skip


def test_some_deliveries_are_damaged_repeated_late_or_tests(sent):
    bodies = Counter((one.tenant, one.body) for one in sent if one.truth)

    assert any(one.body.endswith(b"\xff") for one in sent)
    assert any(count > 1 for count in bodies.values())
    assert any(not one.truth and not one.body.endswith(b"\xff") for one in sent)


def test_every_problem_can_be_told_in_time(sent, problems):
    first = {}
    for one in sent:
        for problem in one.problems:
            first.setdefault(problem, one.at)
    seen = [problem for problem in problems if problem.id in first]

    assert len(seen) > 0.9 * len(problems)
    assert sum(first[p.id] < p.tell_by for p in seen) > 0.97 * len(seen)
    assert all(p.began_at <= p.tell_by and p.devices and p.title for p in problems)


def test_within_a_month_every_kind_of_problem_happens_to_somebody():
    kinds = {problem.kind for problem in an_msp(1, clients=24).problems(60)}

    assert kinds == {plotter.__name__ for _, plotter in PLOTTERS}


def test_noise_and_problems_share_their_checks():
    msp = an_msp(clients=20)
    noise, real = set(), set()
    for client in msp.clients:
        for day in client.days(START, START + 20 * DAY):
            for event in msp._events_on(client, day):
                (real if event.problem else noise).add(event.check.key)

    known = {check.key for check in CHECKS}
    assert noise == known - {"disk_critical"}
    assert real >= known - {"printer", "event_log", "activity", "check_in"}


def test_every_pattern_says_something_within_some_weeks():
    msp = an_msp(clients=12)
    for pattern in PATTERNS:
        assert any(
            True
            for client in msp.clients
            for day in client.days(START, START + 30 * DAY)
            for _ in pattern(3, stream(3, pattern.__name__, client.tenant, day.index), client, day)
        ), pattern.__name__


def test_what_is_known_of_the_clients_is_a_directory(sent):
    directory = load_directory(an_msp().directory())

    assert len(directory) == 12
    known = sum(len(client.devices) for client in directory)
    assert 0.9 * sum(len(c.devices) for c in an_msp().clients) < known
    assert {one.tenant for one in sent} <= {client.tenant for client in directory}


def test_some_problems_surface_by_themselves(problems):
    outcomes = list(an_msp().outcomes(DAYS))
    devices = {problem.tenant: set() for problem in problems}
    for problem in problems:
        devices[problem.tenant].update(problem.devices)

    assert 0.25 < len(outcomes) / len(problems) < 0.65
    assert {label.source for label in outcomes} == {LabelSource.TICKET, LabelSource.OUTAGE}
    for label in outcomes:
        assert label.outcome is not None
        assert label.outcome.device in devices[label.tenant]
        assert label.labelled_at > label.outcome.at


def test_bodies_are_json_but_for_what_the_products_do_not_escape(sent):
    unescaped = Counter()
    for one in sent:
        try:
            msgspec.json.decode(one.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if one.truth:
                unescaped[one.source] += 1

    assert set(unescaped) <= {"tactical", "datto"}


def test_no_moments_lie_in_no_time():
    assert list(moments(stream("x"), 0, 0, 10)) == []
    assert list(moments(stream("x"), 5, 10, 10)) == []


def test_severities_of_problems_are_those_of_noise():
    assert {check.severity for check in CHECKS} <= set(Severity)
