from __future__ import annotations

from noise.state.activity import Activity, Surge
from tests.story import START

HOUR = 3600.0
DAY = 24 * HOUR


def test_a_count_fades_by_half_in_ten_minutes_and_never_grows_when_time_runs_back():
    activity = Activity()
    activity.add(START, 4.0)

    assert activity.level_at(START + 600) == 2.0
    assert activity.level_at(START - 600) == 4.0
    assert Activity().level_at(START) == 0.0


def news(surge: Surge, at: float, count: int) -> bool:
    for number in range(count):
        surge.add(at + number, 1.0)
    return surge.is_on(at + count)


def test_a_new_client_has_much_that_is_new_without_a_surge():
    assert not news(Surge(), START, 20)


def test_after_some_calm_days_a_few_never_seen_kinds_at_once_are_a_surge():
    surge = Surge()
    news(surge, START, 40)

    assert not surge.is_on(START + 4 * DAY)
    assert news(surge, START + 4 * DAY, 4)


def test_a_surge_is_over_when_no_more_news_comes():
    surge = Surge(usual=0.0)
    news(surge, START, 4)

    assert surge.is_on(START + 10)
    assert not surge.is_on(START + HOUR)


def test_news_that_comes_as_often_as_usual_is_no_surge():
    surge = Surge(usual=0.0)
    for hour in range(48):
        is_on = news(surge, START + hour * HOUR, 4)

    assert not is_on
