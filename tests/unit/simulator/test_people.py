from __future__ import annotations

from noise.label import Verdict
from noise.simulator import Technicians
from noise.simulator.people import Technician

NOON = 1_780_272_000.0 + 12 * 3600
NIGHT = 1_780_272_000.0 + 2 * 3600


def answers(truth: Verdict, at: float = NOON, team: Technicians | None = None) -> list:
    team = team or Technicians(1)
    return [team.answer(f"e{n}", 0, truth, "acme", at) for n in range(2000)]


def test_the_same_alert_meets_the_same_opinion():
    assert answers(Verdict.NOISE) == answers(Verdict.NOISE)
    assert answers(Verdict.NOISE) != answers(Verdict.NOISE, team=Technicians(2))


def test_not_everything_is_answered_and_some_answers_are_wrong():
    for truth in Verdict:
        given = [answer for answer in answers(truth) if answer is not None]
        wrong = sum(answer.verdict is not truth for answer in given)

        assert 0.5 < len(given) / 2000 < 0.9
        assert 0.005 < wrong / len(given) < 0.12


def test_at_night_many_answers_wait_for_the_morning():
    def median(at: float) -> float:
        given = sorted(a.delay_seconds for a in answers(Verdict.NOISE, at) if a is not None)
        return given[len(given) // 2]

    assert median(NOON) < 3600
    assert median(NIGHT) > 4 * 3600


def test_a_person_who_never_errs_tells_the_truth():
    team = Technicians(1, (Technician("eve", 1.0, 0.0, 0.0),))

    given = answers(Verdict.ACTIONABLE, team=team)

    assert {answer.verdict for answer in given} == {Verdict.ACTIONABLE}
    assert {answer.technician for answer in given} == {"eve"}
