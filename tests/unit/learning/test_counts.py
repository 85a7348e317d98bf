from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noise.label import Verdict
from noise.learning.counts import BORROWED, Counts
from noise.learning.tallies import DAY
from noise.state.facts import Facts

NOW = 1_780_000_000.0
HERE = Facts(check="disk", condition="c1", device_class="server", site="HQ", severity=2)
NEIGHBOUR = Facts(check="disk", condition="c2", device_class="server", site="HQ", severity=2)
LAPTOP = Facts(check="disk", condition="c3", device_class="laptop", site="HQ", severity=2)
OTHER = Facts(check="cpu", condition="c4", device_class="server", site="HQ", severity=2)
NOISE, REAL = Verdict.NOISE, Verdict.ACTIONABLE


def told(*answers: tuple[Facts, Verdict, int], half_life: float = 60) -> Counts:
    counts = Counts(half_life)
    for known, verdict, times in answers:
        for _ in range(times):
            counts.learn(known, verdict, NOW, 1.0)
    return counts


def test_without_answers_the_day_one_knowledge_speaks_and_nothing_is_certain():
    estimate = told().estimate(HERE, NOW)

    assert estimate.posterior.mean == pytest.approx(estimate.prior)
    assert (estimate.low, estimate.high) == (0, 1)
    assert estimate.posterior.evidence == 0
    assert estimate.level is None


def test_a_few_answers_leave_the_interval_wide_and_many_make_it_narrow():
    widths = []
    for times in (1, 3, 10, 40):
        estimate = told((HERE, NOISE, times), (HERE, REAL, times)).estimate(HERE, NOW)
        widths.append(estimate.high - estimate.low)

    assert widths[0] > 0.7
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.35


def test_answers_on_other_devices_help_but_count_for_less():
    own = told((HERE, NOISE, 10)).estimate(HERE, NOW)
    near = told((NEIGHBOUR, NOISE, 10)).estimate(HERE, NOW)
    far = told((LAPTOP, NOISE, 10)).estimate(HERE, NOW)
    foreign = told((OTHER, NOISE, 10)).estimate(HERE, NOW)

    assert own.low > near.low >= far.low > foreign.low
    assert own.posterior.evidence == 10
    assert near.posterior.evidence == BORROWED
    assert foreign.posterior.evidence == 0
    assert (own.level, near.level, far.level, foreign.level) == (3, 2, 0, None)


def test_one_answer_counts_once_although_four_levels_hold_it():
    estimate = told((HERE, NOISE, 1)).estimate(HERE, NOW)

    assert estimate.posterior.mean < 0.9
    assert estimate.posterior.evidence == 1


def test_a_device_may_differ_from_its_check():
    counts = told((NEIGHBOUR, NOISE, 50), (HERE, REAL, 6))

    assert counts.estimate(HERE, NOW).posterior.mean < 0.5
    assert counts.estimate(NEIGHBOUR, NOW).posterior.mean > 0.9


def test_old_answers_count_less():
    counts = told((HERE, NOISE, 8), half_life=30)

    fresh, old = counts.estimate(HERE, NOW), counts.estimate(HERE, NOW + 30 * DAY)

    assert old.posterior.evidence == pytest.approx(fresh.posterior.evidence / 2)
    assert old.low < fresh.low


def test_an_even_share_of_wrong_answers_stretches_the_interval_outwards_only():
    clear = told((HERE, NOISE, 30), (HERE, REAL, 3)).estimate(HERE, NOW)
    real = told((HERE, NOISE, 3), (HERE, REAL, 30)).estimate(HERE, NOW)

    assert clear.high == 1
    assert clear.low > 0.75
    assert real.low == 0
    assert real.high < 0.25


@given(
    st.lists(
        st.tuples(
            st.sampled_from([HERE, NEIGHBOUR, LAPTOP]),
            st.sampled_from(list(Verdict)),
            st.floats(0, 1e7),
            st.floats(0.01, 2),
        ),
        max_size=12,
    ),
    st.floats(0, 1e7),
)
def test_what_is_taken_back_leaves_no_trace(answers, later):
    counts, at = told((HERE, NOISE, 2)), NOW
    before = counts.estimate(HERE, NOW + 2e8)
    learned = []
    for known, verdict, seconds, weight in answers:
        at += seconds
        counts.learn(known, verdict, at, weight)
        learned.append((known, verdict, at, weight))
    for known, verdict, learned_at, weight in reversed(learned):
        counts.unlearn(known, verdict, learned_at, at + later, weight)

    after = counts.estimate(HERE, NOW + 2e8)

    assert after.posterior.mean == pytest.approx(before.posterior.mean, rel=1e-6)
    assert after.low == pytest.approx(before.low, abs=1e-6)
    assert all("c2" not in key and "c3" not in key for key in counts.tallies)


def test_taking_back_what_was_forgotten_meanwhile_does_nothing():
    counts = told()

    counts.unlearn(HERE, NOISE, NOW, NOW, 1.0)

    assert counts.tallies == {}


def test_what_was_answered_longest_ago_is_forgotten_first():
    counts = Counts(60, limit=50)
    gone = []
    for number in range(100):
        known = Facts(check="disk", condition=f"c{number}")
        gone += counts.learn(known, NOISE, NOW + number, 1.0)

    assert len(counts.tallies) <= 50
    assert any("c0" in key for key in gone)
    assert any("c99" in key for key in counts.tallies)
    assert counts.estimate(Facts(check="disk", condition="c0"), NOW).level == 2


def test_other_clients_lend_a_few_answers_until_there_are_own_ones():
    noisy = (40.0, 0.0)
    nobody, one_real, some_real = (
        told(*answers).estimate(HERE, NOW, noisy)
        for answers in ([], [(HERE, REAL, 1)], [(HERE, REAL, 5)])
    )

    assert nobody.posterior.mean > 0.9
    assert nobody.posterior.evidence == BORROWED
    assert nobody.low > 0.3
    assert nobody.level is None
    assert one_real.posterior.mean < 0.8
    assert some_real.posterior.mean < 0.5
    assert 1 == nobody.others_say > one_real.others_say > some_real.others_say


def test_other_clients_change_little_where_enough_is_answered_here():
    own = told((HERE, REAL, 20))

    alone, with_others = own.estimate(HERE, NOW), own.estimate(HERE, NOW, (40.0, 0.0))

    assert with_others.posterior.mean - alone.posterior.mean < 0.1
    assert (alone.others_say, alone.informed) == (0, alone.prior)
