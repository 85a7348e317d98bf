from __future__ import annotations

import pytest

from noise.alert import Severity, State, utc
from noise.decision import Action, DecidedAlert, InForce, Mode, Reason, Role
from noise.engine import Engine
from noise.label import Verdict
from noise.settings import Settings, load_settings
from tests.factories import alert
from tests.story import Story, at, enforcing


def a_story_whose_tool_sends_clears(**tree: object) -> Story:
    """Nothing is held before the tool has shown that it sends clears."""
    story = Story(enforcing(**tree))
    story.push(-1000, alert(check="Ping", device="OTHER"))
    story.push(-999, alert(check="Ping", device="OTHER", state="cleared"))
    story.push(-998, alert(check="Disk", device="OTHER-2"))
    story.decided.clear()
    return story


def window(start: float, end: float) -> dict[str, object]:
    """Planned work on everything, from one minute to another."""
    return {
        "name": "patch night",
        "starts_at": utc(at(start)),
        "ends_at": utc(at(end)),
        "matchers": [{"field": "device", "op": "=~", "value": ".*"}],
    }


def test_the_first_alert_of_a_check_is_shown_as_novel():
    story = Story()

    first = story.push(0, alert(check="Disk"))

    assert first.decision.reason is Reason.NOVEL
    assert first.decision.action is Action.NOTIFY
    assert first.incident is not None
    assert first.incident.role is Role.ROOT


def test_what_an_open_condition_says_again_is_a_repeat_until_its_window_ends():
    story = Story()
    for minute in (0, 10, 59, 61):
        story.push(minute, alert(check="Disk"))

    assert story.reasons() == [Reason.NOVEL, Reason.REPEAT, Reason.REPEAT, Reason.INCIDENT_CHANGED]
    assert story.decided[2].repeat is not None
    assert story.decided[2].repeat.count == 3


def test_a_rise_in_severity_passes_through_the_repeat_window():
    story = Story()
    story.push(0, alert(severity="medium"))

    worse = story.push(1, alert(severity="critical"))
    again = story.push(2, alert(severity="critical"))

    assert worse.decision.reason is Reason.ESCALATION
    assert worse.decision.action is Action.UPDATE
    assert again.decision.reason is Reason.REPEAT


def test_a_medium_alert_is_held_and_its_clear_keeps_it_quiet():
    story = a_story_whose_tool_sends_clears()

    held = story.push(0, alert(check="Disk"))
    clear = story.push(4, alert(check="Disk", state="cleared"))
    story.pass_time(60)

    assert held.decision.reason is Reason.HOLDING
    assert held.decision.hold_until == utc(at(10))
    assert clear.decision.reason is Reason.CLEARED_WHILE_HELD
    assert story.told() == []


def test_a_held_alert_that_persists_is_told_with_its_own_time_however_late_the_tick():
    story = a_story_whose_tool_sends_clears()
    held = story.push(0, alert(check="Disk"))

    (told,) = story.pass_time(500)

    assert told.decision.reason is Reason.PERSISTED
    assert told.decision.decided_at == utc(at(10))
    assert told.decision.supersedes == held.decision.id
    assert told.decision.id != held.decision.id
    assert told.alert == held.alert


def test_a_tool_that_never_sent_a_clear_is_not_waited_for():
    story = Story()
    story.push(0, alert(check="Disk", device="A"))

    assert story.push(90, alert(check="Disk", device="B")).decision.action is Action.NOTIFY


def test_a_critical_alert_is_never_held():
    story = a_story_whose_tool_sends_clears()

    assert story.push(0, alert(check="Disk", severity="critical")).decision.action is Action.NOTIFY


def test_an_escalation_ends_the_waiting():
    story = a_story_whose_tool_sends_clears()
    story.push(0, alert(check="Disk", severity="medium"))

    worse = story.push(2, alert(check="Disk", severity="critical"))
    due = story.pass_time(60)

    assert worse.decision.reason is Reason.ESCALATION
    assert due == []


def test_the_last_clear_of_a_told_incident_resolves_it_and_earlier_ones_do_not():
    story = Story()
    story.push(0, alert(check="Disk", severity="critical"))
    story.push(1, alert(check="Memory", severity="critical"))

    first = story.push(5, alert(check="Disk", state="cleared"))
    last = story.push(6, alert(check="Memory", state="cleared"))

    assert first.decision.reason is Reason.CLEARED
    assert last.decision.reason is Reason.RESOLVED
    assert last.decision.action is Action.UPDATE
    assert first.incident is not None
    assert last.incident is not None
    assert first.incident.id == last.incident.id


def test_a_clear_without_a_raise_is_hidden_and_opens_nothing():
    story = Story()

    clear = story.push(0, alert(state="cleared"))

    assert clear.decision.reason is Reason.CLEARED
    assert clear.incident is None
    assert story.engine.incidents() == []


def test_a_clear_finds_its_raise_by_alert_key_when_the_condition_key_differs():
    story = Story()
    story.push(0, alert(check="Disk", alert_key="uid-1"))

    clear = story.push(5, alert(check="Disk is fine", alert_key="uid-1", state="cleared"))

    assert clear.decision.reason is Reason.RESOLVED


def test_a_raise_that_arrives_after_its_own_clear_is_not_shown():
    story = Story()
    story.push(0, alert(check="Disk", alert_key="u0", device="B"))
    story.push(9, alert(alert_key="u1", check="Disk", state="cleared", occurred_at=utc(at(8))))

    late = story.push(10, alert(alert_key="u1", check="Disk", occurred_at=utc(at(1))))

    assert late.decision.reason is Reason.CLEARED
    assert late.decision.action is Action.SUPPRESS


def test_the_clear_of_an_earlier_raise_does_not_close_a_newer_one():
    story = Story()
    story.push(10, alert(alert_key="u2", occurred_at=utc(at(9)), severity="critical"))

    old = story.push(11, alert(alert_key="u1", state="cleared", occurred_at=utc(at(5))))
    own = story.push(12, alert(alert_key="u2", state="cleared", occurred_at=utc(at(12))))

    assert old.decision.reason is Reason.CLEARED
    assert own.decision.reason is Reason.RESOLVED


def test_an_acknowledgement_of_an_open_condition_is_no_new_trouble():
    story = Story()
    story.push(0, alert())

    noted = story.push(1, alert(state="acknowledged"))

    assert noted.decision.reason is Reason.INCIDENT_MEMBER


def test_an_acknowledgement_whose_raise_was_lost_is_shown():
    assert Story().push(0, alert(state="acknowledged")).decision.action is Action.NOTIFY


def test_a_flapping_condition_is_hidden_once_people_were_told():
    story = Story(enforcing(flapping={"changes": 3, "window_minutes": 60}))
    for minute in range(0, 20, 4):
        story.push(minute, alert(severity="critical"))
        story.push(minute + 1, alert(severity="critical", state="cleared"))

    raises = [one.decision.reason for one in story.decided if one.alert.state is State.RAISED]
    assert raises[-1] is Reason.FLAPPING
    assert Reason.FLAPPING not in raises[:3]


def test_a_flapping_condition_is_told_again_when_its_window_has_passed():
    story = Story(enforcing(flapping={"changes": 3, "window_minutes": 30}))
    for minute in range(0, 64, 2):
        story.push(minute, alert(severity="critical"))
        story.push(minute + 1, alert(severity="critical", state="cleared"))

    told = [minute for minute, _ in story.told()]
    assert any(minute > 30 for minute in told)


def test_maintenance_hides_an_alert_until_the_window_ends_and_then_tells_what_is_left():
    window = {
        "name": "patch night",
        "starts_at": utc(at(0)),
        "ends_at": utc(at(120)),
        "matchers": [{"field": "device", "value": "SRV-1"}],
    }
    story = Story(enforcing(maintenance=[window]))

    hidden = story.push(5, alert(device="SRV-1", severity="critical"))
    again = story.push(100, alert(device="SRV-1", severity="critical"))
    other = story.push(6, alert(device="SRV-2", check="Other"))
    (left,) = story.pass_time(121)

    assert hidden.decision.reason is Reason.MAINTENANCE
    assert again.decision.reason is Reason.MAINTENANCE
    assert other.decision.action is Action.NOTIFY
    assert left.decision.reason is Reason.PERSISTED
    assert left.decision.supersedes == hidden.decision.id


def test_maintenance_never_hides_a_security_alert():
    story = Story(enforcing(maintenance=[window(0, 120)]))

    assert story.push(5, alert(category="security")).decision.action is Action.NOTIFY


def test_a_policy_hides_what_fits_and_another_always_shows():
    story = Story(
        enforcing(
            policies=[
                {"name": "lab", "matchers": [{"field": "device", "op": "=~", "value": "LAB-.*"}]},
                {
                    "name": "vip",
                    "show": True,
                    "matchers": [{"field": "device", "value": "VIP"}],
                },
            ]
        )
    )

    lab = story.push(0, alert(device="LAB-7", severity="critical"))
    vip = story.push(1, alert(device="VIP"))
    repeat = story.push(2, alert(device="VIP"))

    assert lab.decision.reason is Reason.POLICY
    assert vip.decision.action is Action.NOTIFY
    assert repeat.decision.reason is Reason.REPEAT


def test_further_devices_of_the_same_check_are_told_at_milestones_of_one_incident():
    story = Story()
    story.push(0, alert(check="Agent offline", device="D1"))

    joined = [story.push(n, alert(check="Agent offline", device=f"D{n}")) for n in range(2, 12)]

    told = [one.incident.size for one in joined if one.decision.action is Action.UPDATE]
    assert told == [2, 3, 5, 10]
    assert {one.decision.reason for one in joined} == {
        Reason.INCIDENT_CHANGED,
        Reason.INCIDENT_MEMBER,
    }
    assert {one.incident.role for one in joined} == {Role.MEMBER}


def test_a_new_kind_of_alert_that_joins_a_told_incident_is_an_update():
    story = Story()
    story.push(0, alert(check="Disk", device="OTHER"))
    story.push(70, alert(check="Ping", device="A"))

    joined = story.push(71, alert(check="Disk", device="A"))

    assert joined.decision.reason is Reason.INCIDENT_CHANGED
    assert joined.decision.action is Action.UPDATE


def test_a_more_severe_member_is_an_update():
    story = Story()
    story.push(0, alert(check="Agent offline", device="A", severity="low"))

    joined = story.push(1, alert(check="Agent offline", device="B", severity="high"))

    assert joined.decision.reason is Reason.INCIDENT_CHANGED


def test_a_resolved_incident_takes_no_new_members():
    story = Story()
    first = story.push(0, alert(severity="critical"))
    story.push(1, alert(severity="critical", state="cleared"))

    second = story.push(2, alert(check="Memory", severity="critical"))

    assert first.incident is not None
    assert second.incident is not None
    assert second.incident.id != first.incident.id


def test_what_technicians_called_noise_is_hidden_after_enough_answers():
    story = Story()
    for day in range(30):
        shown = story.push(day * 1440, alert(check="Printer toner", severity="low"))
        if shown.decision.action is not Action.SUPPRESS:
            story.answer(day * 1440 + 30, shown, Verdict.NOISE)

    last = story.push(31 * 1440, alert(check="Printer toner", severity="low"))

    assert last.decision.reason is Reason.LEARNED_NOISE
    assert last.decision.noise_probability is not None
    assert last.decision.noise_probability > 0.9
    assert last.decision.model is not None
    assert last.decision.model.labels_seen > 2


def test_the_model_alone_never_hides_the_highest_severity():
    story = Story()
    for day in range(40):
        shown = story.push(day * 1440, alert(severity="critical"))
        story.answer(day * 1440 + 30, shown, Verdict.NOISE)

    assert story.push(50 * 1440, alert(severity="critical")).decision.action is not Action.SUPPRESS


def test_observe_mode_hides_nothing_and_says_what_it_would_have_done():
    story = Story(load_settings({"mode": "observe"}))
    story.push(0, alert())

    repeat = story.push(1, alert())

    assert repeat.decision.action is Action.NOTIFY
    assert repeat.decision.reason is Reason.OBSERVE_MODE
    assert repeat.decision.would_suppress
    assert repeat.decision.mode is InForce.OBSERVE
    assert repeat.decision.explanation[0].feature == Reason.REPEAT


def test_a_tenant_can_run_in_a_mode_of_its_own():
    settings = enforcing(tenant_modes={"careful": "observe"})
    story = Story(settings)
    for tenant in ("careful", "bold"):
        story.push(0, alert(tenant=tenant))
        story.push(1, alert(tenant=tenant))

    actions = [(d.alert.tenant, d.decision.action) for d in story.decided]
    assert actions[1] == ("careful", Action.NOTIFY)
    assert actions[3] == ("bold", Action.SUPPRESS)


def test_the_clock_of_a_tenant_never_runs_backwards():
    story = Story()
    story.push(10, alert(check="A"))

    earlier = story.push(5, alert(check="B"))

    assert earlier.decision.decided_at == utc(at(10))


def test_an_incident_without_news_becomes_quiet():
    story = Story(enforcing(correlation={"quiet_after_minutes": 60}))
    story.push(0, alert())
    story.push(30, alert())
    story.engine.incidents()

    story.pass_time(80)
    assert story.engine.incidents() == []

    story.pass_time(91)
    assert [incident.state for incident in story.engine.incidents()] == ["quiet"]


@pytest.mark.parametrize("broken", ["stage", "scorer"])
def test_a_stage_or_scorer_that_fails_shows_the_alert(broken, monkeypatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    targets = {"stage": "noise.stages.novel.Novel.judge", "scorer": "noise.tenancy.Tenancy.score"}
    monkeypatch.setattr(targets[broken], fail)
    story = Story()

    shown = story.push(0, alert())

    assert shown.decision.reason is Reason.FAIL_OPEN
    assert shown.decision.action is Action.NOTIFY
    assert "ZeroDivisionError" in shown.decision.explanation[0].text


def test_the_unknown_severity_ranks_are_ordered():
    assert Severity.CRITICAL.rank > Severity.HIGH.rank > Severity.INFO.rank


def test_a_state_record_that_cannot_be_read_is_counted_and_left_out():
    engine = Engine(Settings())

    engine.load(b"not a key", b"1")
    engine.load(b"acme\0c\0abc", b"9whatever")
    engine.load(b"acme\0c\0abc", b"1\xff\xff")
    engine.load(b"acme\0?\0abc", b"1")

    assert engine.unreadable == 4


def test_a_plus_in_the_name_of_a_delivery_is_no_number():
    story = a_story_whose_tool_sends_clears()
    (held,) = story.engine.handle(alert(check="Disk"), at(0), "a+b.jsonl:1-0")

    (told,) = story.pass_time(10)

    assert told.decision.supersedes == held.decision.id
    assert told.decision.id == f"{held.decision.id}+1"
    assert story.answer(11, told, Verdict.NOISE) == "learned"


def flap(story: Story, minutes: list[int], **fields: str) -> None:
    for minute in minutes:
        story.push(minute, alert(**fields))
        story.push(minute + 1, alert(state="cleared", **fields))


def test_what_flapped_and_then_stays_is_told_when_the_window_ends():
    story = Story(enforcing(flapping={"changes": 3, "window_minutes": 60}))
    flap(story, [0, 4, 8], severity="critical")

    hidden = story.push(12, alert(severity="critical"))
    (told,) = story.pass_time(200)

    assert hidden.decision.reason is Reason.FLAPPING
    assert hidden.decision.hold_until == utc(at(68))
    assert told.decision.action is Action.UPDATE
    assert told.decision.decided_at == utc(at(68))
    assert told.decision.supersedes == hidden.decision.id


def test_a_flapping_condition_that_comes_back_worse_is_told():
    story = Story(enforcing(flapping={"changes": 3, "window_minutes": 60}))
    flap(story, [0, 4, 8, 12], severity="high")

    assert story.push(16, alert(severity="high")).decision.reason is Reason.FLAPPING
    story.push(17, alert(severity="high", state="cleared"))
    assert story.push(18, alert(severity="critical")).decision.action is not Action.SUPPRESS


def test_a_held_member_that_clears_last_resolves_the_incident_that_people_know_of():
    story = a_story_whose_tool_sends_clears()
    told = story.push(0, alert(check="Ping", severity="critical"))
    held = story.push(1, alert(check="Disk"))
    first = story.push(2, alert(check="Ping", state="cleared"))
    last = story.push(3, alert(check="Disk", state="cleared"))

    assert told.incident is not None
    assert held.decision.reason is Reason.HOLDING
    assert first.decision.reason is Reason.CLEARED
    assert last.decision.reason is Reason.RESOLVED
    assert story.pass_time(100) == []


def test_what_was_told_and_goes_on_for_another_window_is_not_held_again():
    story = a_story_whose_tool_sends_clears()
    story.push(0, alert(check="Disk"))
    story.pass_time(10)

    again = story.push(61, alert(check="Disk"))

    assert again.decision.action is Action.UPDATE


def test_what_becomes_worse_in_a_maintenance_window_is_told_when_it_ends():
    # Escalation does not pass through planned work: a server that reboots is expected to get
    # worse. But it waits for the end, even where people knew of the milder trouble before.
    story = Story(enforcing(maintenance=[window(30, 50)]))
    story.push(20, alert(severity="low"))

    worse = story.push(40, alert(severity="critical"))
    again = story.push(45, alert(severity="critical"))
    (told,) = story.pass_time(100)

    assert worse.decision.reason is Reason.MAINTENANCE
    assert again.decision.reason is Reason.MAINTENANCE
    assert told.decision.supersedes == worse.decision.id
    assert told.decision.decided_at == utc(at(50))
    assert told.alert.severity is Severity.CRITICAL


def test_what_clears_within_its_maintenance_window_is_never_told():
    story = Story(enforcing(maintenance=[window(0, 50)]))
    story.push(20, alert(severity="critical"))

    clear = story.push(40, alert(state="cleared"))

    assert clear.decision.reason is Reason.CLEARED_WHILE_HELD
    assert story.pass_time(100) == []


def test_a_maintenance_window_that_follows_another_goes_on_hiding():
    story = Story(enforcing(maintenance=[window(0, 50), window(50, 80)]))
    first = story.push(20, alert(severity="critical"))

    second, told = story.pass_time(100)

    assert second.decision.reason is Reason.MAINTENANCE
    assert second.decision.supersedes == first.decision.id
    assert told.decision.supersedes == second.decision.id
    assert told.decision.id == f"{first.decision.id}+2"


def test_a_policy_that_hides_hides_what_gets_worse_as_well():
    # The owner's standing order is not a guess of ours that new evidence could overturn.
    hide = {"name": "lab", "matchers": [{"field": "check", "value": "disk"}]}
    story = Story(enforcing(policies=[hide]))
    story.push(0, alert(severity="low"))

    assert story.push(1, alert(severity="critical")).decision.reason is Reason.POLICY


def test_when_too_much_waits_already_what_comes_is_told_at_once():
    story = Story(enforcing(maintenance=[window(0, 500)], limits={"conditions": 100}))
    for number in range(60):
        story.push(number / 10, alert(device=f"D{number}", check=f"C{number}"))

    reasons = story.reasons()
    assert reasons[:50] == [Reason.MAINTENANCE] * 50
    assert Reason.MAINTENANCE not in reasons[50:]
    assert len(story.pass_time(600)) == 50


def test_a_clear_of_an_alert_that_came_late_and_out_of_order_leaves_the_newer_one_open():
    story = a_story_whose_tool_sends_clears()
    newer = story.push(0, alert(check="Disk", alert_key="u2", occurred_at=utc(at(-1))))
    story.push(1, alert(check="Disk", alert_key="u1", occurred_at=utc(at(-9))))
    story.push(2, alert(check="Disk", alert_key="u1", state="cleared", occurred_at=utc(at(-5))))

    (told,) = story.pass_time(60)

    assert newer.decision.reason is Reason.HOLDING
    assert told.decision.supersedes == newer.decision.id


def test_what_comes_back_at_the_very_second_of_its_clear_is_shown():
    story = Story()
    story.push(0, alert(severity="critical"))
    story.push(5, alert(state="cleared", occurred_at=utc(at(5))))

    back = story.push(6, alert(severity="critical", occurred_at=utc(at(5))))

    assert back.decision.action is Action.UPDATE


def test_a_clear_from_a_clock_that_runs_ahead_does_not_hide_what_comes_after_it():
    story = Story()
    story.push(0, alert(severity="critical"))
    story.push(5, alert(state="cleared", occurred_at=utc(at(9999))))

    back = story.push(60, alert(severity="critical", occurred_at=utc(at(59))))

    assert back.decision.action is Action.UPDATE


def test_an_alert_key_that_two_conditions_share_belongs_to_the_one_that_spoke_last():
    story = Story()
    story.push(0, alert(check="Disk C 91 %", alert_key="u1", severity="critical"))
    story.push(20, alert(check="Disk C 92 %", alert_key="u1", severity="critical"))

    clear = story.push(21, alert(check="Disk C", alert_key="u1", state="cleared"))
    again = story.push(22, alert(check="Disk C", alert_key="u1", state="cleared"))

    assert clear.decision.reason is Reason.RESOLVED
    assert clear.decision.id.endswith(story.decided[1].decision.id.rpartition(".")[2])
    assert "known to be open" in again.decision.explanation[0].text


def test_an_acknowledgement_is_no_sample_and_leaves_nothing_to_answer():
    story = Story(enforcing(sampling={"audit_share": 1.0}))
    story.push(0, alert())
    story.pass_time(70)

    noted = story.push(70, alert(state="acknowledged"))

    assert noted.decision.action is Action.SUPPRESS
    assert noted.decision.noise_probability is None


def test_a_held_alert_whose_incident_was_forgotten_meanwhile_opens_one_of_its_own():
    story = a_story_whose_tool_sends_clears(limits={"incidents": 10})
    story.push(-50, alert(check="Disk", device="C", severity="critical"))
    held = story.push(0, alert(check="Disk", device="B"))
    for number in range(20):
        story.push(1 + number / 10, alert(check=f"C{number}", device=f"D{number}"))

    (told,) = story.pass_time(10)
    clear = story.push(12, alert(check="Disk", device="B", state="cleared"))

    assert held.incident is not None
    assert told.incident is not None
    assert told.incident.id != held.incident.id
    assert told.incident.size == 1
    assert clear.decision.reason is Reason.RESOLVED


def test_what_gets_worse_after_its_incident_was_forgotten_opens_one_that_can_be_resolved():
    story = Story(enforcing(limits={"incidents": 10}))
    first = story.push(0, alert(severity="low"))
    for number in range(20):
        story.push(1 + number / 10, alert(check=f"C{number}", device=f"D{number}"))

    worse = story.push(5, alert(severity="critical"))
    clear = story.push(6, alert(state="cleared"))

    assert first.incident is not None
    assert worse.incident is not None
    assert worse.incident.id != first.incident.id
    assert worse.incident.size == 1
    assert clear.decision.reason is Reason.RESOLVED


def test_an_error_on_one_alert_loses_nothing_that_fell_due_before_it(monkeypatch):
    story = a_story_whose_tool_sends_clears()
    held = story.push(0, alert(check="Disk"))
    with monkeypatch.context() as broken:
        broken.setattr("noise.state.recording.raised", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            story.push(60, alert(check="Memory", device="other"))

    (told,) = story.pass_time(61)

    assert told.decision.supersedes == held.decision.id
    assert told.decision.decided_at == utc(at(10))


def test_clients_fall_due_in_the_order_of_their_names():
    story = a_story_whose_tool_sends_clears()
    for tenant in ("zeta", "alpha"):
        story.push(-9, alert(tenant=tenant, check="Ping"))
        story.push(-8, alert(tenant=tenant, check="Ping", state="cleared"))
        story.push(-7, alert(tenant=tenant, check="Disk", device="other"))
        story.push(0, alert(tenant=tenant, check="Disk"))

    assert [one.alert.tenant for one in story.pass_time(60)] == ["alpha", "zeta"]


def test_how_each_client_fares_is_reported_with_its_mode_and_its_last_alert():
    story = Story(enforcing(tenant_modes={"careful": "observe"}))
    shown = story.push(0, alert(tenant="bold"))
    story.push(5, alert(tenant="careful"))
    story.answer(9, shown, Verdict.ACTIONABLE)

    bold, careful = story.engine.reports()

    assert (bold.tenant, bold.mode, bold.spoke_at) == ("bold", Mode.ENFORCE, at(0))
    assert (careful.mode, careful.spoke_at) == (Mode.OBSERVE, at(5))
    assert bold.risk.cells.shown_real == 1


def test_changes_and_news_that_nobody_will_save_can_be_dropped():
    story = Story()
    story.push(0, alert())

    story.engine.forget_changes()

    assert list(story.engine.changes()) == []
    assert story.engine.incidents() == []


def test_what_a_failing_stage_leaves_unjudged_after_a_wait_is_shown(monkeypatch):
    story = a_story_whose_tool_sends_clears()
    held = story.push(0, alert(check="Disk"))
    monkeypatch.setattr("noise.stages.learned.Learned.judge", lambda *_: 1 / 0)

    (shown,) = story.pass_time(60)

    assert held.decision.reason is Reason.HOLDING
    assert shown.decision.reason is Reason.FAIL_OPEN
    assert shown.decision.supersedes == held.decision.id


def test_what_the_model_would_hide_after_its_wait_stays_hidden_and_is_not_told():
    story = a_story_whose_tool_sends_clears(
        scoring={"guard_labels": 1, "hide_above": 0.5, "certain_above": 0.0},
        holding={"hopeless_share": 0.0},
    )
    shown = story.push(-900, alert(check="Disk", device="other"))
    story.pass_time(-800)
    held = story.push(0, alert(check="Disk"))
    for number in range(6):
        story.answer(1, shown, Verdict.NOISE, by=f"t{number}")

    (hidden,) = story.pass_time(60)

    assert held.decision.reason is Reason.HOLDING
    assert hidden.decision.reason is Reason.LEARNED_NOISE
    assert hidden.decision.supersedes == held.decision.id


DAY = 1440


def a_client_that_calls_cpu_noise() -> Story:
    """After some days in which technicians called the same check noise."""
    story = Story()
    for day in range(8):
        shown = story.push(day * DAY, alert(check="CPU", severity="low"))
        if shown.decision.action is not Action.SUPPRESS:
            story.answer(day * DAY + 30, shown, Verdict.NOISE)
    return story


def never_seen(story: Story, minute: float, count: int) -> list[DecidedAlert]:
    return [
        story.push(minute + number / 60, alert(check=f"New {number}", device=f"N{number}"))
        for number in range(count)
    ]


def test_what_was_hidden_shortly_before_a_surge_of_never_seen_kinds_is_shown_with_it():
    story = a_client_that_calls_cpu_noise()
    hidden = story.push(9 * DAY, alert(check="CPU", severity="low"))
    assert hidden.decision.reason is Reason.LEARNED_NOISE

    never_seen(story, 9 * DAY + 10, 3)

    (released,) = [d for d in story.decided if d.decision.supersedes == hidden.decision.id]
    assert released.decision.action is Action.UPDATE
    assert released.decision.reason is Reason.INCIDENT_CHANGED
    assert "hidden 10 minutes ago" in released.decision.explanation[0].text
    assert released.incident is not None
    assert released.incident.id == story.decided[-1].incident.id  # type: ignore[union-attr]


def a_client_whose_noise_clears() -> Story:
    """The same, but what was called noise was gone after a minute each time."""
    story = Story()
    for day in range(8):
        shown = story.push(day * DAY, alert(check="CPU", severity="high"))
        story.push(day * DAY + 1, alert(check="CPU", severity="high", state="cleared"))
        if shown.decision.action is not Action.SUPPRESS:
            story.answer(day * DAY + 30, shown, Verdict.NOISE)
    return story


def test_what_was_hidden_for_a_time_is_shown_once_when_a_surge_comes_before_its_end():
    story = a_client_whose_noise_clears()
    hidden = story.push(9 * DAY, alert(check="CPU", severity="high"))
    assert hidden.decision.reason is Reason.LEARNED_NOISE
    assert hidden.decision.hold_until is not None

    never_seen(story, 9 * DAY + 10, 3)
    story.pass_time(9 * DAY + 60)

    (later,) = [d for d in story.decided if d.decision.supersedes == hidden.decision.id]
    assert later.decision.reason is Reason.INCIDENT_CHANGED
    assert later.decision.action is Action.UPDATE


def test_what_was_shown_at_its_end_is_not_shown_again_by_a_surge():
    story = a_client_whose_noise_clears()
    hidden = story.push(9 * DAY, alert(check="CPU", severity="high"))

    story.pass_time(9 * DAY + 26)
    never_seen(story, 9 * DAY + 27, 4)

    (later,) = [d for d in story.decided if d.decision.supersedes == hidden.decision.id]
    assert later.decision.reason is Reason.PERSISTED


def test_what_was_hidden_long_before_a_surge_or_has_cleared_stays_hidden():
    story = a_client_that_calls_cpu_noise()
    story.push(9 * DAY - 60, alert(check="CPU", severity="low"))
    story.push(9 * DAY, alert(check="CPU", severity="low", state="cleared"))

    never_seen(story, 9 * DAY + 10, 4)

    assert [d for d in story.decided if d.decision.supersedes] == []


def test_in_a_surge_everything_joins_one_incident_and_is_told():
    story = a_client_that_calls_cpu_noise()
    new = never_seen(story, 9 * DAY, 5)

    joined = story.push(9 * DAY + 5, alert(check="CPU", severity="low"))

    assert joined.decision.action is Action.UPDATE
    assert joined.incident is not None
    assert new[-1].incident is not None
    assert joined.incident.id == new[-1].incident.id


def test_what_stays_open_is_said_again_after_one_then_four_then_every_24_hours():
    story = a_story_whose_tool_sends_clears(correlation={"check_minutes": 5})
    for minute in range(0, 72 * 60, 30):
        story.push(minute, alert(check="Disk", severity="high"))

    assert [minute / 60 for minute, _ in story.told()] == [0, 1, 5, 29, 53]


def test_a_worse_value_passes_through_the_repeats():
    story = Story()
    story.push(0, alert(value=110.0, threshold=100.0, bad_when="above"))

    same = story.push(1, alert(value=115.0, threshold=100.0, bad_when="above"))
    worse = story.push(2, alert(value=190.0, threshold=100.0, bad_when="above"))
    again = story.push(3, alert(value=190.0, threshold=100.0, bad_when="above"))

    assert same.decision.reason is Reason.REPEAT
    assert worse.decision.reason is Reason.ESCALATION
    assert again.decision.reason is Reason.REPEAT


def test_what_waits_says_how_likely_it_clears_within_the_interval_of_its_number():
    story = a_story_whose_tool_sends_clears()

    decision = story.push(0, alert(check="Disk")).decision

    assert decision.reason is Reason.HOLDING
    assert decision.noise_probability is not None
    assert decision.noise_probability > 0.85
    assert decision.confidence is not None
    assert decision.confidence.low <= decision.noise_probability <= decision.confidence.high
    of_clearing, *of_the_model = decision.explanation[1:]
    assert of_clearing.text == (
        "90% of such alerts are expected to clear by then, nearly all of them noise"
    )
    assert of_clearing.effect > 0
    assert of_the_model
