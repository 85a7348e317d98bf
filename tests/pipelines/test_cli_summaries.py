from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress

from noise.errors import SourceError
from noise.mode_change import Change
from noise.recorded import Recorded
from noise.replay import Replayed
from pipelines import clock
from pipelines.cli import progress
from pipelines.cli.ledger import Ledger
from pipelines.cli.progress import BarProgress, PlainProgress, rate_text, showing_progress
from pipelines.cli.tables import MAX_CHANGES, MAX_TENANTS, replay_summary, share
from tests.factories import alert, mode_change
from tests.story import Story

RECORD = Recorded(0.0, None, "acme", "e", b"", "o")


def entered(*steps: Replayed) -> dict[str, Any]:
    ledger = Ledger()
    for step in steps:
        ledger.enter(step)
    return ledger.report()


# -- the books


def test_each_delivery_is_one_record_however_many_alerts_it_holds():
    story = Story()
    two = [story.push(0, alert(check="a")), story.push(0, alert(check="b"))]

    report = entered(Replayed(RECORD, two), Replayed(RECORD, [], SourceError("empty", "nothing")))

    assert report["records"] == {"read": 2, "decided": 1, "dead_letters": 1}
    assert report["alerts"]["raw"] == 2
    assert report["dead_letters"] == {"empty": 1}


def test_what_mode_earn_changed_is_counted_and_what_turned_is_told():
    turned = [mode_change(text=f"change {n}") for n in range(MAX_CHANGES + 1)]
    missed = mode_change(Change.RELEASED, text="a miss")
    ledger = Ledger()
    ledger.enter(Replayed(RECORD, [Story().push(0, alert())], changes=[*turned, missed]))

    report = ledger.report()
    lines = list(replay_summary({**report, "mode": "earn", "labels_given": 0}))

    assert report["mode_changes"] == {"promoted": 21, "demoted": 0, "released": 1, "asked": 0}
    assert len(report["mode_change_records"]) == 22
    assert "what mode earn changed: 21 promoted, 0 demoted, 1 released, 0 asked" in lines
    assert "  2026-05-28T20:26 acme: change 0" in lines
    assert "  and 1 more; --report has them" in lines
    assert not any("a miss" in line for line in lines)


def test_later_decisions_are_counted_apart():
    story = Story()
    story.push(0, alert())
    story.push(1, alert(state="cleared"))
    held = story.push(500, alert())
    report = entered(Replayed(RECORD, [held]), Replayed(None, story.pass_time(600)))

    assert report["alerts"] == {
        "raw": 1,
        "after_repeats": 1,
        "after_correlation": 1,
        "shown": 0,
        "suppressed": 1,
        "would_suppress": 1,
    }
    assert report["later_decisions"] == {"all": 1, "shown": 1}
    assert report["tenants"]["acme"]["shown_per_day"] == 1


def test_repeats_and_members_leave_the_funnel_one_after_the_other():
    story = Story()
    told = story.push(0, alert(severity="critical"))
    repeat = story.push(1, alert(severity="critical"))
    clear = story.push(2, alert(severity="critical", state="cleared"))

    report = entered(*[Replayed(RECORD, [one]) for one in (told, repeat, clear)])

    assert report["alerts"]["after_repeats"] == 2
    assert report["incidents"] == 1
    assert report["by_reason"]["repeat"] == 1


def test_days_are_those_of_the_decisions():
    story = Story()
    made = [story.push(minute, alert(severity="critical")) for minute in (0, 24 * 60)]

    report = entered(*[Replayed(RECORD, [one]) for one in made])

    by_day = report["tenants"]["acme"]["by_day"]
    assert [day["raw"] for day in by_day.values()] == [1, 1]
    assert list(by_day) == sorted(by_day)


# -- tables


def test_only_the_busiest_clients_are_shown():
    ledger = Ledger()
    story = Story()
    for number in range(MAX_TENANTS + 3):
        ledger.enter(Replayed(RECORD, [story.push(0, alert(f"client-{number}"))]))

    lines = list(replay_summary({**ledger.report(), "mode": "enforce", "labels_given": 0}))

    assert lines[-1] == "  and 3 more; --report has all of them"
    assert "would be (in mode enforce)" not in lines


def test_a_share_of_nothing_is_left_out():
    assert share(1, 0) == ""
    assert share(1, 8) == " 12.50 %"


# -- progress


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("done", "total", "seconds", "words"),
    [
        (0, None, 0.0, "0 alerts, 0/s"),
        (2_000, None, 2.0, "2,000 alerts, 1,000/s"),
        (2_000, 5_000, 2.0, "2,000 of 5,000 alerts, 1,000/s, 3 s left"),
        (6_000, 5_000, 2.0, "6,000 of 5,000 alerts, 3,000/s, 0 s left"),
        (0, 5_000, 2.0, "0 of 5,000 alerts, 0/s"),
    ],
)
def test_progress_in_words_has_counts_rate_and_time_left(
    done: int, total: int | None, seconds: float, words: str
):
    assert rate_text(done, total, seconds, "alerts") == words


def test_in_a_log_progress_speaks_every_ten_seconds(capsys: pytest.CaptureFixture[str]):
    watch = Watch()
    shown = PlainProgress(watch)
    shown.begin("deciding", 400, "alerts")
    for seconds in (5, 4, 1, 9, 1):
        watch.now += seconds
        shown.advance(20)

    assert capsys.readouterr().err.splitlines() == [
        "deciding: 60 of 400 alerts, 6/s, 57 s left",
        "deciding: 100 of 400 alerts, 5/s, 60 s left",
    ]


def test_away_from_a_terminal_progress_is_plain(capsys: pytest.CaptureFixture[str]):
    with showing_progress() as shown:
        shown.begin("deciding", 10, "alerts")
        shown.advance(10)

    assert isinstance(shown, PlainProgress)
    assert capsys.readouterr().err == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_progress_is_a_bar_that_vanishes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(progress.sys, "stderr", Terminal())
    with showing_progress() as shown:
        shown.begin("deciding", 10, "alerts")

    assert isinstance(shown, BarProgress)


def test_a_bar_shows_the_step_and_how_far_it_is():
    terminal = Terminal()
    console = Console(file=terminal, width=100, force_terminal=True)
    columns = (progress.TextColumn("{task.description}"), progress._RateColumn())
    with Progress(*columns, console=console, auto_refresh=False) as moving:
        shown = BarProgress(moving)
        shown.begin("reading", None, "bytes")
        shown.begin("deciding", 10, "alerts")
        shown.advance(5)

    assert "deciding 5 of 10 alerts" in terminal.getvalue()


# -- the clock


def test_the_clocks_agree_on_the_time_and_never_go_back():
    before = clock.elapsed()

    assert abs(clock.today().timestamp() - clock.wall()) < 60
    assert clock.today().utcoffset() is not None
    assert clock.elapsed() >= before
