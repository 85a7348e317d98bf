from __future__ import annotations

import pytest

from noise.alert import Severity
from noise.learning.features import inputs
from noise.learning.knowledge import CATEGORIES, INPUTS, prior_log_odds
from noise.state.facts import Facts


def prior(severity: Severity, category: str = "") -> float:
    return prior_log_odds(
        Facts(check="x", condition="c", severity=severity.rank, category=category)
    )


def test_the_more_severe_the_less_it_is_taken_for_noise():
    by_severity = sorted(Severity, key=lambda severity: severity.rank)

    assert sorted(map(prior, by_severity), reverse=True) == [prior(one) for one in by_severity]


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_listed_category_adds_its_weight_and_an_unknown_one_none(category):
    known = prior(Severity.MEDIUM, category) - prior(Severity.MEDIUM)

    assert known == pytest.approx(CATEGORIES[category].weight)
    assert prior(Severity.MEDIUM, "never heard of") == prior(Severity.MEDIUM)


def test_all_that_is_known_on_day_one_are_inputs_that_occur():
    first = Facts(
        check="x",
        condition="c",
        is_known_device=False,
        device_company=1.0,
        site_company=1.0,
        heat=1.0,
        excess=1.0,
        surprise=1.0,
    )
    later = Facts(
        check="x",
        condition="c",
        episodes=3,
        cleared=2,
        flips=1,
        sends_clears=True,
        check_episodes=3,
    )

    assert INPUTS.keys() <= inputs(first).keys() | inputs(later).keys()
