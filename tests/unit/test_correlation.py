from __future__ import annotations

import msgspec

from noise.alert import Severity
from noise.decision import Action, Reason, Role
from noise.incident import Incident, IncidentState, encode_incident
from tests.factories import alert
from tests.story import Story, enforcing


def incident_of(story: Story, incident_id: str) -> Incident:
    """The last record of an incident among the news."""
    return [one for one in story.engine.incidents() if one.id == incident_id][-1]


def test_a_device_joins_its_own_incident_before_that_of_its_check():
    story = Story()
    on_device = story.push(0, alert(check="Ping", device="A"))
    story.push(1, alert(check="Disk", device="B"))

    joined = story.push(2, alert(check="Disk", device="A"))

    assert joined.incident is not None
    assert on_device.incident is not None
    assert joined.incident.id == on_device.incident.id
    assert joined.incident.role is Role.MEMBER


def test_an_alert_without_a_device_joins_by_its_check_alone():
    story = Story()
    first = story.push(0, alert(check="Backup", device=None))

    second = story.push(1, alert(check="Backup", device=None, object="job 2"))

    assert first.incident is not None
    assert second.incident is not None
    assert second.incident.id == first.incident.id
    assert first.incident.title == "Backup is bad"


def test_an_incident_that_is_too_old_takes_no_more_members():
    story = Story(enforcing(correlation={"max_minutes": 30}))
    ids = [story.push(minute, alert(check=f"C{minute}")).incident for minute in (0, 14, 28, 42)]

    assert len({one.id for one in ids[:3] if one}) == 1
    assert ids[3] is not None
    assert ids[3].role is Role.ROOT


def test_an_incident_that_is_full_takes_no_more_members():
    story = Story(enforcing(correlation={"max_members": 3}))
    for number in range(4):
        last = story.push(number / 10, alert(check="Agent offline", device=f"D{number}"))

    assert last.incident is not None
    assert last.incident.size == 1


def test_many_devices_are_named_in_the_title_by_their_number():
    story = Story()
    first = story.push(0, alert(check="Agent offline", device="D0", title="offline"))
    for number in (1, 2):
        story.push(number, alert(check="Agent offline", device=f"D{number}", title="offline"))

    assert first.incident is not None
    record = incident_of(story, first.incident.id)
    assert record.title == "offline on D0 and 2 more devices"
    assert record.devices == ("D0", "D1", "D2")
    assert record.member_count == len(record.members) == 3


def test_what_was_told_and_comes_back_within_a_day_is_news_of_the_same_incident():
    story = Story()
    first = story.push(0, alert(check="Disk", severity="critical"))
    story.push(10, alert(check="Disk", state="cleared"))
    later = story.push(23 * 60, alert(check="Disk", severity="critical"))
    story.push(23 * 60 + 10, alert(check="Disk", state="cleared"))
    next_day = story.push(61 * 60, alert(check="Disk", severity="critical"))

    assert first.incident is not None
    assert later.incident is not None
    assert next_day.incident is not None
    assert later.incident.id == first.incident.id
    assert (later.decision.action, later.decision.reason) == (
        Action.UPDATE,
        Reason.INCIDENT_CHANGED,
    )
    assert "came back" in later.decision.explanation[0].text
    assert next_day.incident.id != first.incident.id
    assert next_day.decision.action is Action.NOTIFY
    states = [one.state for one in story.engine.incidents()]
    assert states == [IncidentState.RESOLVED, IncidentState.OPEN]


def test_what_comes_back_every_day_is_one_matter_for_a_week():
    story = Story()
    ids = []
    for day in range(9):
        told = story.push(day * 25 * 60, alert(check="Disk", severity="critical"))
        story.push(day * 25 * 60 + 10, alert(check="Disk", state="cleared"))
        assert told.incident is not None
        ids.append(told.incident.id)

    assert ids == [ids[0]] * 7 + [ids[7]] * 2
    assert ids[7] != ids[0]


def test_what_goes_on_for_another_window_stays_in_the_incident_that_people_know():
    story = Story()
    first = story.push(0, alert(check="Disk", severity="critical"))
    second = story.push(65, alert(check="Disk", severity="critical"))

    assert first.incident is not None
    assert second.incident is not None
    assert second.incident.id == first.incident.id
    assert second.decision.action is Action.UPDATE


def test_of_a_low_severity_the_devices_of_a_check_are_one_matter_for_a_day():
    story = Story()
    first = story.push(0, alert(check="Toner", severity="low", device="P1"))
    same = story.push(300, alert(check="Toner", severity="low", device="P2"))
    other = story.push(600, alert(check="Toner", severity="medium", device="P3"))

    assert first.incident is not None
    assert same.incident is not None
    assert same.incident.id == first.incident.id
    assert same.decision.action is Action.UPDATE
    assert other.decision.action is Action.NOTIFY


def test_what_is_hidden_opens_an_incident_of_its_own_though_its_like_was_told():
    story = Story()
    story.push(-2, alert(check="Ping", state="raised", device="other"))
    story.push(-1, alert(check="Ping", state="cleared", device="other"))
    first = story.push(0, alert(check="Disk", severity="critical"))
    story.push(1, alert(check="Disk", state="cleared"))
    held = story.push(300, alert(check="Disk"))
    (told,) = story.pass_time(310)

    assert first.incident is not None
    assert held.incident is not None
    assert told.incident is not None
    assert held.decision.reason is Reason.HOLDING
    assert held.incident.id != first.incident.id
    assert told.incident.id == first.incident.id
    assert told.decision.action is Action.UPDATE


def test_a_repeat_stays_in_the_incident_of_its_first_alert():
    story = Story()
    first = story.push(0, alert())
    repeat = story.push(50, alert())

    assert first.incident is not None
    assert repeat.incident is not None
    assert repeat.incident.id == first.incident.id
    assert repeat.incident.size == 1


def test_a_quiet_incident_that_is_joined_is_open_again_and_becomes_quiet_again():
    story = Story(enforcing(correlation={"quiet_after_minutes": 5, "device_minutes": 60}))
    first = story.push(0, alert(check="Disk"))
    assert first.incident is not None
    story.pass_time(6)
    assert incident_of(story, first.incident.id).state is IncidentState.QUIET

    story.push(20, alert(check="Memory"))
    assert incident_of(story, first.incident.id).state is IncidentState.OPEN

    story.pass_time(30)
    assert incident_of(story, first.incident.id).state is IncidentState.QUIET


def test_what_gets_worse_in_a_quiet_incident_opens_it_again():
    story = Story(enforcing(correlation={"quiet_after_minutes": 5}))
    first = story.push(0, alert(severity="low"))
    story.pass_time(6)
    story.engine.incidents()

    worse = story.push(20, alert(severity="critical"))

    assert first.incident is not None
    assert worse.decision.action is Action.UPDATE
    assert incident_of(story, first.incident.id).state is IncidentState.OPEN


def test_an_incident_is_as_severe_as_the_worst_that_was_told_of_it():
    story = Story()
    first = story.push(0, alert(severity="low"))
    story.push(1, alert(severity="critical"))

    assert first.incident is not None
    assert incident_of(story, first.incident.id).severity is Severity.CRITICAL


def test_a_check_is_news_once_however_many_checks_an_incident_has():
    story = Story()
    for number in range(20):
        story.push(number / 100, alert(check=f"C{number}"))

    again = story.push(1, alert(check="C19", object="other"))

    assert story.decided[19].decision.action is not Action.SUPPRESS
    assert again.decision.reason is Reason.INCIDENT_MEMBER


def test_an_incident_record_survives_the_wire():
    story = Story()
    story.push(0, alert())
    (record,) = story.engine.incidents()

    assert msgspec.json.decode(encode_incident(record), type=Incident) == record
