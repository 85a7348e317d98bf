"""People who answer late, not always, and not always rightly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from noise.label import Verdict
from noise.recorded import Answer
from noise.simulator import Technicians
from tests.unit.simulator.worlds import DAY, MONDAY

NOON = MONDAY + DAY + 12 * 3600
NIGHT = MONDAY + DAY + 23 * 3600


def answers(
    truth: Verdict = Verdict.NOISE, at: float = NOON, count: int = 3000, errors: float = 1.0
) -> Iterator[Answer]:
    people = Technicians(3, error_factor=errors)
    for number in range(count):
        said = people.answer(f"e{number}", 0, truth, f"c{number % 20}", at)
        if said is not None:
            yield said


def wrong(truth: Verdict) -> dict[str, float]:
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    for said in answers(truth, count=6000):
        verdicts[said.technician].append(said.verdict)
    return {
        name: sum(one is not truth for one in all_) / len(all_) for name, all_ in verdicts.items()
    }


def test_the_same_alert_always_gets_the_same_answer() -> None:
    assert list(answers()) == list(answers())


def test_alerts_of_one_body_are_answered_one_by_one() -> None:
    people = Technicians(3)
    each = [people.answer("e1", number, Verdict.ACTIONABLE, "c1", NOON) for number in range(9)]

    assert len({str(one) for one in each}) > 3


def test_most_people_err_in_three_to_ten_per_cent_and_one_calls_everything_noise() -> None:
    overlooked, feared = wrong(Verdict.ACTIONABLE), wrong(Verdict.NOISE)

    assert overlooked.pop("greg") > 0.4
    assert feared.pop("greg") < 0.03
    assert len(overlooked) == 4
    assert all(0.02 < share < 0.13 for share in (*overlooked.values(), *feared.values()))


def test_somebody_else_is_asked_each_time_until_nobody_is_left() -> None:
    people = Technicians(3)
    for number in range(200):
        asked = (f"e{number}", 0, Verdict.NOISE, f"c{number % 20}", NOON)
        opinions = [people.second_opinion(*asked, number=nth) for nth in range(1, 6)]
        said = [one.technician for one in (people.answer(*asked), *opinions) if one is not None]
        assert len(said) == len(set(said))
        assert opinions[0] is not None
        assert opinions[-1] is None


def test_without_errors_everybody_tells_the_truth() -> None:
    said = answers(Verdict.ACTIONABLE, errors=0)

    assert {one.verdict for one in said} == {Verdict.ACTIONABLE}


def test_noise_is_answered_less_often_than_what_is_real() -> None:
    assert len(list(answers(Verdict.NOISE))) < 0.85 * len(list(answers(Verdict.ACTIONABLE)))


def test_somebody_leaves_some_clients_to_the_others() -> None:
    people = Technicians(3)
    by_client = defaultdict(set)
    for number in range(4000):
        tenant = f"c{number % 20}"
        said = people.answer(f"e{number}", 0, Verdict.ACTIONABLE, tenant, NOON)
        by_client[tenant].add(said.technician if said else None)

    served = sum("owen" in names for names in by_client.values())
    assert 5 < served < 19


def test_at_noon_answers_take_minutes_and_at_night_mostly_until_the_morning() -> None:
    noon = sorted(one.delay_seconds for one in answers(at=NOON))
    night = sorted(one.delay_seconds for one in answers(at=NIGHT))

    assert 5 * 60 < noon[len(noon) // 2] < 40 * 60
    assert night[len(night) // 2] > 6 * 3600
    assert night[len(night) // 10] < 3600  # somebody is on call


def test_before_opening_the_desk_waits_for_seven_and_over_the_weekend_for_monday() -> None:
    early = [one.delay_seconds for one in answers(at=MONDAY + 3 * 3600)]
    saturday = [one.delay_seconds for one in answers(at=MONDAY + 5 * DAY + 9 * 3600)]

    assert sum(delay > 4 * 3600 for delay in early) > len(early) / 2
    assert max(early) < 12 * 3600
    assert sum(delay > 45 * 3600 for delay in saturday) > len(saturday) / 2


def test_the_desk_keeps_the_hours_of_its_own_zone() -> None:
    here, far = Technicians(3), Technicians(3, utc_offset_hours=-11)
    events = [f"e{number}" for number in range(200)]

    def patient(people: Technicians) -> int:
        said = [people.answer(event, 0, Verdict.ACTIONABLE, "c1", NOON) for event in events]
        return sum(one is not None and one.delay_seconds > 4 * 3600 for one in said)

    assert patient(here) < 20 < patient(far)
