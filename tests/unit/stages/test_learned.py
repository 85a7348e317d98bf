from __future__ import annotations

import msgspec
import pytest

from noise.decision import Reason
from noise.settings import Scoring
from noise.stages.learned import Learned
from noise.state.case import Case
from noise.state.tenant import TenantState
from tests.cases import NOW, case_of, clear_it, hold_it, incident, raise_it, scored
from tests.factories import alert

MINUTE = 60.0
LEARNED = Learned(
    Scoring(
        guard_labels=2,
        hide_above=0.9,
        certain_above=0.7,
        hide_above_if_real=0.98,
        certain_above_if_real=0.85,
    ),
    most_waiting=3,
)


def answered(noise: float = 0.95, low: float = 0.8, severity: str = "high") -> Case:
    case = case_of(alert(severity=severity), score=scored(noise, low))
    case.check.noise_answers = 2
    return case


def test_what_is_surely_noise_is_hidden_and_says_from_how_many_answers():
    ruling = LEARNED.judge(answered())

    assert ruling is not None
    assert ruling.reason is Reason.LEARNED_NOISE
    assert ruling.text == "95% likely to be noise, from 2 answers"


@pytest.mark.parametrize(("noise", "low"), [(0.89, 0.8), (0.95, 0.69)])
def test_both_the_probability_and_its_low_end_must_be_high(noise, low):
    assert LEARNED.judge(answered(noise, low)) is None


def test_before_enough_answers_nothing_is_hidden():
    case = answered()
    case.check.noise_answers = 1

    assert LEARNED.judge(case) is None


def vouched(clients: int, noise: int = 0, real: int = 0, **fields: object) -> Case:
    score = msgspec.structs.replace(scored(0.95, 0.8), vouchers=clients)
    case = case_of(alert(**fields), score=score)
    case.check.noise_answers, case.check.actionable_answers = noise, real
    return case


def test_enough_other_clients_that_agree_stand_in_for_own_answers():
    ruling = LEARNED.judge(vouched(3))

    assert ruling is not None
    assert ruling.text == "95% likely to be noise, from answers at 3 clients that share"
    assert LEARNED.judge(vouched(2)) is None


def test_other_clients_do_not_stand_in_for_what_was_found_real_here():
    assert LEARNED.judge(vouched(30, noise=1)) is not None
    assert LEARNED.judge(vouched(30, real=1)) is None


@pytest.mark.parametrize(
    "grave", [{"severity": "high"}, {"severity": "low", "category": "security"}]
)
def test_other_clients_alone_never_hide_what_is_grave(grave):
    assert LEARNED.judge(vouched(30, **grave)) is None
    assert LEARNED.judge(vouched(30, noise=2, **grave)) is not None


def test_the_severity_that_the_owner_protects_is_not_hidden():
    assert LEARNED.judge(answered(severity="critical")) is None


def test_what_was_ever_real_here_needs_to_be_surer():
    case = answered(0.97)
    case.check.actionable_answers = 1
    assert LEARNED.judge(case) is None

    surer = answered(0.99, 0.9)
    surer.check.actionable_answers = 1
    assert LEARNED.judge(surer) is not None


def test_a_stray_answer_among_many_does_not_make_a_check_real_unless_values_tell_cases_apart():
    many = answered()
    many.check.noise_answers, many.check.actionable_answers = 40, 1
    assert LEARNED.judge(many) is not None

    one = alert(value=91.0, threshold=100.0, bad_when="above")
    measured = case_of(one, score=scored(0.95, 0.8))
    measured.check.noise_answers, measured.check.actionable_answers = 40, 1
    measured.check.noise_excess = 0.5
    assert LEARNED.judge(measured) is None

    measured.tenant.core.slips = 0.05  # its technicians were seen to slip so often
    assert LEARNED.judge(measured) is not None


def test_a_value_worse_than_all_that_was_called_noise_is_not_hidden():
    def judged(value: float) -> object:
        one = alert(value=value, threshold=100.0, bad_when="above")
        case = case_of(one, score=scored(0.95, 0.8))
        case.check.noise_answers, case.check.noise_excess = 2, 0.5
        return LEARNED.judge(case)

    assert judged(155.0) is not None
    assert judged(170.0) is None


def test_what_was_called_noise_of_the_condition_itself_counts_before_that_of_its_check():
    def judged(value: float) -> object:
        one = alert(value=value, threshold=100.0, bad_when="above")
        case = case_of(one, score=scored(0.95, 0.8))
        case.check.noise_answers, case.check.noise_excess = 2, 0.5
        case.condition.noise_excess = 0.1
        return LEARNED.judge(case)

    assert judged(115.0) is not None
    assert judged(130.0) is None


def test_a_value_of_which_none_was_ever_called_noise_is_not_hidden():
    case = case_of(alert(value=91.0, threshold=90.0), score=scored(0.95, 0.8))
    case.check.noise_answers = 2

    assert LEARNED.judge(case) is None


def test_in_a_surge_of_never_seen_kinds_nothing_is_hidden():
    case = answered()
    case.tenant.core.surge.usual = 0.0
    case.tenant.core.surge.add(NOW, 3.0)
    assert LEARNED.judge(case) is None

    case.now = NOW + 3600
    assert LEARNED.judge(case) is not None


def lasting(tenant: TenantState, minutes: float, times: int = 6, **fields: object) -> None:
    """Have the same condition come and go so often, each time for so long."""
    for number in range(times):
        began = NOW - (times - number) * 300_000
        raise_it(tenant, began, **fields)
        clear_it(tenant, began + minutes * MINUTE, **fields)


def hidden_until(tenant: TenantState, now: float = NOW, **fields: object) -> float | None:
    case = case_of(alert(**fields), tenant, now, score=scored(0.95, 0.8))
    case.check.noise_answers = 2
    ruling = LEARNED.judge(case)
    assert ruling is not None
    return ruling.hold_until


def test_what_is_hidden_is_shown_after_all_when_such_noise_would_long_have_cleared():
    tenant = TenantState("acme")
    lasting(tenant, 40)

    assert hidden_until(tenant) == NOW + 60 * MINUTE


def test_short_noise_and_noise_of_which_little_is_known_gets_half_an_hour_at_most():
    short, unknown = TenantState("acme"), TenantState("acme")
    lasting(short, 2)
    lasting(unknown, 300, times=2)

    assert hidden_until(short) == hidden_until(unknown) == NOW + 25 * MINUTE


def test_a_new_device_has_the_patience_of_its_class():
    tenant = TenantState("acme")
    lasting(tenant, 40, device_class="server")
    lasting(tenant, 200, device="pc1", device_class="laptop")

    assert hidden_until(tenant, device="srv9", device_class="server") == NOW + 60 * MINUTE
    assert hidden_until(tenant, device="pc9", device_class="laptop") == NOW + 240 * MINUTE


def test_what_mostly_lasts_for_days_or_never_clears_is_hidden_without_an_end():
    days, never = TenantState("acme"), TenantState("acme")
    lasting(days, 3000)
    raise_it(never)

    assert hidden_until(days) is None
    assert hidden_until(never) is None


def test_when_too_much_waits_already_what_should_be_shown_later_is_not_hidden_at_all():
    tenant = TenantState("acme")
    lasting(tenant, 40)
    for number in range(3):
        hold_it(tenant, NOW + 9, NOW - 7200, check=f"C{number}")
    case = case_of(alert(), tenant, score=scored(0.95, 0.8))
    case.check.noise_answers = 2

    assert LEARNED.judge(case) is None


def test_what_has_lasted_too_long_is_no_longer_hidden():
    tenant = TenantState("acme")
    lasting(tenant, 40)
    raise_it(tenant, NOW)

    def judged(minutes: float) -> object:
        case = case_of(alert(), tenant, NOW + minutes * MINUTE, score=scored(0.95, 0.8))
        case.check.noise_answers = 2
        return LEARNED.judge(case)

    assert judged(10) is not None
    assert judged(61) is None


def test_what_comes_in_more_company_than_what_was_called_noise_is_not_hidden():
    def judged(**calm: float) -> object:
        tenant = TenantState("acme")
        for number in range(4):
            raise_it(tenant, check="disk", object=f"V{number}")
        case = case_of(tenant=tenant, score=scored(0.95, 0.8))
        case.check.noise_answers = 2
        case.check.noise_crowd = calm.get("crowd", 9.0)
        case.check.noise_company = calm.get("company", 9.0)
        case.check.noise_beside = int(calm.get("beside", 9))
        return LEARNED.judge(case)

    assert judged() is not None
    assert judged(crowd=1.0) is None
    assert judged(company=1.0) is None
    assert judged(beside=3) is None


def test_an_alert_without_a_device_has_the_company_of_its_kind_alone():
    case = case_of(alert(device=None), score=scored(0.95, 0.8))
    case.check.noise_answers = 2

    assert LEARNED.judge(case) is not None


def test_a_certificate_that_runs_out_is_not_hidden_though_its_reminders_were_noise():
    def judged(days: float) -> object:
        one = alert(check="expiry", category="certificate", value=days, unit="d")
        case = case_of(one, score=scored(0.99, 0.9))
        case.check.noise_answers = 5
        return LEARNED.judge(case)

    assert judged(30.0) is not None
    assert judged(3.0) is None


def service(tenant: TenantState, since: float, **fields: object) -> Case:
    kind = {"check": "spooler", "category": "service", "severity": "high"} | fields
    raise_it(tenant, since, **kind)
    case = case_of(alert(**kind), tenant, NOW, score=scored(0.95, 0.8))
    case.check.noise_answers = 2
    case.check.noise_crowd = case.check.noise_company = 9.0
    case.check.noise_beside = 9
    return case


def test_a_crowd_is_not_hidden_once_it_lasts_longer_than_harmless_ones_do():
    def judged(minutes: float, devices: int) -> object:
        case = service(TenantState("acme"), NOW - minutes * MINUTE)
        for number in range(devices):
            case.check.activity.add(NOW, 2.0)
            case.incident = incident(device_count=number + 1)
        return LEARNED.judge(case)

    assert judged(11, 1) is not None
    assert judged(11, 2) is None
    assert judged(9, 2) is not None


def test_two_troubles_of_a_device_that_both_last_too_long_are_not_hidden():
    def judged(minutes: float, *, both: bool) -> object:
        tenant = TenantState("acme")
        if both:
            raise_it(tenant, NOW - minutes * MINUTE, check="cpu", category="cpu")
        return LEARNED.judge(service(tenant, NOW - minutes * MINUTE))

    assert judged(16, both=True) is None
    assert judged(16, both=False) is not None
    assert judged(14, both=True) is not None


DAY = 86_400.0


def on_day(tenant: TenantState, day: int, after: float = 0.0) -> Case:
    """What comes each day at the same time, judged ``after`` seconds on that day."""
    started = NOW + day * DAY
    for earlier in range(day):
        raise_it(tenant, NOW + earlier * DAY, check="memory")
        clear_it(tenant, NOW + earlier * DAY + 3600, check="memory")
    if after:
        raise_it(tenant, started, check="memory")
    case = case_of(
        alert(check="memory", severity="high"), tenant, started + after, score=scored(0.95, 0.8)
    )
    case.check.noise_answers = 2
    return case


@pytest.mark.parametrize("after", [0.0, 600.0])
def test_what_clears_but_comes_for_the_third_day_is_shown_even_after_it_waited(after):
    assert LEARNED.judge(on_day(TenantState("acme"), 1, after)) is not None
    assert LEARNED.judge(on_day(TenantState("acme"), 2, after)) is None
    assert LEARNED.judge(on_day(TenantState("acme"), 3, after)) is not None


def test_of_what_people_were_told_today_the_third_day_is_no_news():
    case = on_day(TenantState("acme"), 2)
    case.condition.told_at = NOW + DAY + 3600

    assert LEARNED.judge(case) is not None
