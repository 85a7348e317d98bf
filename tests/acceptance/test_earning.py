"""A client earns that noise is hidden, and loses it again, with the evidence in the records."""

from __future__ import annotations

import pytest

from noise.alert import short_key, utc
from noise.decision import Action, DecidedAlert, InForce, Reason
from noise.engine import Engine
from noise.label import Outcome, Verdict
from noise.mode_change import Change, ModeChange, Scope
from noise.settings import Settings, load_settings
from noise.state.snapshot import decode_key
from noise.tenancy import Tenancy
from tests.factories import alert, label
from tests.story import Story, at

DAY = 1440
PRINTERS = 60


def toner(number: int) -> dict[str, str]:
    return {
        "device": f"PRN{number:02}",
        "check": f"toner {number}",
        "category": "printer",
        "severity": "low",
    }


class Client:
    """A client with printers that run out of toner every day, and now and then a full disk."""

    def __init__(self, settings: Settings) -> None:
        self.story = Story(settings)
        self.changes: list[ModeChange] = []
        self.day = 0

    def live(self, days: int) -> list[DecidedAlert]:
        """Let days pass on which everything that is shown is answered as it is."""
        before = len(self.story.decided)
        for _ in range(days):
            for number in range(PRINTERS):
                self._happen(self.day * DAY + 23 * number, Verdict.NOISE, **toner(number))
            disk = {"device": f"SRV{self.day:02}", "check": "disk", "category": "disk"}
            self._happen(self.day * DAY + 1420, Verdict.ACTIONABLE, **disk)
            self.day += 1
        return self.story.decided[before:]

    def _happen(self, minute: int, verdict: Verdict, **fields: str) -> None:
        shown = self.story.push(minute, alert(**fields))
        if shown.decision.action is not Action.SUPPRESS:
            self.story.answer(minute + 9, shown, verdict)
        self.changes += self.story.engine.mode_changes()

    def until_live(self) -> ModeChange:
        """Let days pass until something goes live."""
        while not self.changes:
            assert self.day < 90
            self.live(1)
        return self.changes[0]

    def call(self, device: str, minute: float) -> list[DecidedAlert]:
        """Have somebody call because of ``device``; return what is decided because of it."""
        outcome = Outcome(device, utc(at(minute)))
        told = self.story.engine.learn(
            label(verdict="actionable", at=at(minute), outcome=outcome), at(minute)
        )
        self.changes += self.story.engine.mode_changes()
        return told.decisions


def test_in_shadow_everything_is_shown_and_says_what_would_have_been_done():
    client = Client(load_settings({"mode": "earn"}))

    decided = client.live(10)

    would = [one.decision for one in decided if one.decision.would_suppress]
    assert len(would) > 100
    assert {decision.action for decision in would} <= {Action.NOTIFY, Action.UPDATE}
    assert {decision.reason for decision in would} == {Reason.OBSERVE_MODE}
    assert {decision.mode for decision in would} == {InForce.OBSERVE}
    assert {decision.cause for decision in would} == {Reason.LEARNED_NOISE}


def test_a_client_goes_live_with_the_evidence_in_the_record():
    client = Client(load_settings({"mode": "earn"}))

    went_live = client.until_live()
    live = client.live(1)

    assert (went_live.change, went_live.mode) == (Change.PROMOTED, InForce.ENFORCE)
    hidden, missed = went_live.evidence.hidden_real, went_live.evidence.missed_incidents
    assert went_live.evidence.answers >= 600
    assert (hidden.value, hidden.limit) == (0, 0.01)
    assert hidden.upper is not None
    assert hidden.upper <= 0.01
    assert (missed.value, missed.limit) == (0, 0.02)
    assert went_live.decisions
    assert "hidden from now on" in went_live.text
    assert "0.0 % were real, at most 1.0 % (limit 1.0 %)" in went_live.text
    hides = hidden_of(live)
    assert {one.decision.reason for one in hides} == {Reason.LEARNED_NOISE}
    assert {one.decision.mode for one in hides} == {InForce.ENFORCE}
    assert len(hides) > PRINTERS * 0.8


def hidden_of(decided: list[DecidedAlert]) -> list[DecidedAlert]:
    return [one for one in decided if one.decision.action is Action.SUPPRESS]


def test_after_a_miss_beyond_the_limit_it_falls_back_and_what_was_hidden_is_shown():
    client = Client(load_settings({"mode": "earn"}))
    went_live = client.until_live()
    hides = hidden_of(client.live(1))
    victim = hides[-1]

    shown = client.call(str(victim.alert.device), client.day * DAY)

    fell, missed = client.changes[-2:]
    assert (fell.change, fell.mode) == (Change.DEMOTED, InForce.OBSERVE)
    assert fell.held_since == went_live.at
    assert fell.evidence.missed_incidents.value is not None
    assert fell.evidence.missed_incidents.value > 0.02
    assert victim.decision.id in fell.decisions
    assert "nothing is hidden as noise any more" in fell.text
    assert "Of what was or would have been hidden lately" in fell.text
    assert (missed.change, missed.decisions) == (Change.RELEASED, (victim.decision.id,))
    later = {one.decision.supersedes: one.decision for one in shown}
    assert set(later) == {one.decision.id for one in hides}
    assert {decision.action for decision in later.values()} == {Action.NOTIFY}
    assert {decision.reason for decision in later.values()} == {Reason.INCIDENT_CHANGED}
    assert all("ago; shown because" in d.explanation[0].text for d in later.values())
    told_first, *released = shown
    assert "something real happened on PRN" in told_first.decision.explanation[0].text
    assert fell.released_count == len(released)
    assert set(fell.released) == {one.decision.id for one in released}
    assert hidden_of(client.live(1)) == []


def test_a_miss_under_the_limits_shows_its_like_and_changes_nothing_else():
    wide = {"hidden_real": 0.2, "missed_incidents": 0.5}
    client = Client(load_settings({"mode": "earn", "earn": wide}))
    client.until_live()
    for day in range(client.day):
        client.call(f"SRV{day:02}", day * DAY + 1425)
    hides = hidden_of(client.live(1))
    victim = hides[-1]
    twin = {"device": "PRN99", "check": victim.alert.check, "category": "printer"}
    client.story.push(client.day * DAY, alert(**twin, severity="low"))
    before = len(client.changes)

    shown = client.call(str(victim.alert.device), client.day * DAY)

    (missed,) = client.changes[before:]
    assert missed.change is Change.RELEASED
    assert missed.mode is InForce.ENFORCE
    assert [one.alert.device for one in shown] == [victim.alert.device, "PRN99"]
    assert missed.released == (shown[1].decision.id,)
    assert f"{victim.alert.check} on {victim.alert.device} was judged noise" in missed.text


def test_what_a_miss_frees_is_handed_back_though_an_error_comes_next(monkeypatch):
    wide = {"hidden_real": 0.2, "missed_incidents": 0.5}
    client = Client(load_settings({"mode": "earn", "earn": wide}))
    client.until_live()
    for day in range(client.day):
        client.call(f"SRV{day:02}", day * DAY + 1425)
    victim = hidden_of(client.live(1))[-1]
    twin = {"device": "PRN99", "check": victim.alert.check, "category": "printer"}
    client.story.push(client.day * DAY, alert(**twin, severity="low"))

    def fail(*_: object) -> None:
        raise ArithmeticError

    with monkeypatch.context() as patched:
        patched.setattr(Tenancy, "missed", fail)
        with pytest.raises(ArithmeticError):
            client.call(str(victim.alert.device), client.day * DAY)

    later = client.story.engine.tick(at(client.day * DAY + 1))
    assert [one.alert.device for one in later] == [victim.alert.device, "PRN99"]


def test_where_what_a_class_earned_cannot_be_read_back_nothing_of_it_is_hidden():
    client = Client(load_settings({"mode": "earn"}))
    client.until_live()
    victim = hidden_of(client.live(1))[-1]
    restored = Engine(load_settings({"mode": "earn"}))
    for key, value in client.story.engine.export():
        is_printers = decode_key(key).kind == "e" and decode_key(key).name == "class/printer"
        restored.load(key, b"9" if is_printers else value)
    client.story.engine = restored

    client.call(str(victim.alert.device), client.day * DAY)

    assert restored.unreadable == 1
    assert hidden_of(client.live(1)) == []


def test_an_answer_that_comes_before_its_alert_can_be_a_miss_too():
    client = Client(load_settings({"mode": "earn"}))
    client.until_live()
    client.live(1)
    one, minute = alert(**toner(7) | {"device": "PRN99"}), client.day * DAY
    decision_id = f"early.{short_key(one.condition_key)}"
    early = label(decision_id, "actionable", at=at(minute))
    assert client.story.engine.learn(early, at(minute)).outcome == "unknown_target"
    before = len(client.changes)

    *_, own = client.story.engine.handle(one, at(minute), "early")

    assert own.decision.id == decision_id
    client.changes += client.story.engine.mode_changes()
    missed = client.changes[before:][-1]
    assert (missed.change, missed.decisions) == (Change.RELEASED, (decision_id,))


def test_what_is_shown_again_has_an_incident_even_where_its_own_was_forgotten():
    client = Client(load_settings({"mode": "earn", "limits": {"incidents": 10}}))
    client.until_live()
    hides = hidden_of(client.live(1))

    shown = client.call(str(hides[-1].alert.device), client.day * DAY)

    assert len(shown) > 10
    assert all(one.incident is not None for one in shown)


def test_a_class_with_a_limit_of_its_own_must_earn_it_alone_and_a_limit_of_zero_never_does():
    strict = [{"alert_class": "printer", "hidden_real": 0, "missed_incidents": 0}]
    client = Client(load_settings({"mode": "earn", "risk_limits": strict}))

    decided = client.live(40)

    assert client.changes == []
    assert all(one.decision.action is not Action.SUPPRESS for one in decided)


def test_what_is_critical_is_shown_however_much_was_earned():
    client = Client(load_settings({"mode": "earn"}))
    client.until_live()
    client.live(1)

    (first, second) = (
        client.story.push(client.day * DAY + minute, alert(device="SRV99", severity="critical"))
        for minute in (0, 200)
    )

    assert first.decision.action is not Action.SUPPRESS
    assert second.decision.action is not Action.SUPPRESS


def test_what_was_earned_survives_a_restart():
    client = Client(load_settings({"mode": "earn"}))
    client.until_live()
    restored = Engine(load_settings({"mode": "earn"}))
    for key, value in client.story.engine.export():
        restored.load(key, value)

    assert next(restored.reports()).live == next(client.story.engine.reports()).live > 0
    assert dict(restored.export()) == dict(client.story.engine.export())


def test_all_classes_together_or_one_class_alone_can_go_live():
    together = Client(load_settings({"mode": "earn"})).until_live()
    alone = [{"alert_class": "printer", "hidden_real": 0.01, "missed_incidents": 0.02}]
    by_itself = Client(load_settings({"mode": "earn", "risk_limits": alone})).until_live()

    assert together.scope is Scope.ALL
    assert (by_itself.scope, by_itself.alert_class) == (Scope.CLASS, "printer")


class RestlessServers(Client):
    """The same client, whose servers go offline for some minutes, of which a part is real."""

    def live(self, days: int) -> list[DecidedAlert]:
        """Let days pass, each with five servers that are back before anybody is told."""
        before = len(self.story.decided)
        for _ in range(days):
            start = self.day * DAY + 1425
            super().live(1)
            for number in range(5):
                verdict = Verdict.ACTIONABLE if number < 1 + self.day % 2 else Verdict.NOISE
                offline = alert(device=f"SRV-{number}", **OFFLINE)
                shown = self.story.push(start + number, offline)
                if self.day % 2 and shown.decision.action is not Action.SUPPRESS:
                    self.story.answer(start + number + 1, shown, verdict)
                self.story.push(start + number + 6, alert(**OFFLINE, **back(number)))
                if not self.day % 2 and shown.decision.action is not Action.SUPPRESS:
                    self.story.answer(start + number + 9, shown, verdict)
            self.changes += self.story.engine.mode_changes()
        return self.story.decided[before:]


OFFLINE = {
    "check": "server offline",
    "category": "availability",
    "severity": "high",
    "device_class": "server",
}


def back(number: int) -> dict[str, str]:
    return {"device": f"SRV-{number}", "state": "cleared"}


def test_a_class_does_not_go_live_where_what_clears_while_it_waits_is_real_too_often():
    client = RestlessServers(load_settings({"mode": "earn"}))

    decided = client.live(17)

    live = [change for change in client.changes if change.change is Change.PROMOTED]
    assert {change.alert_class for change in live} == {"printer"}
    waits = [one.decision for one in decided if one.decision.cause is Reason.HOLDING]
    assert len(waits) > 40
    assert {decision.mode for decision in waits} == {InForce.OBSERVE}
    ledger = client.story.engine.ledgers()["acme"]
    known = [one for name, one in ledger.evidence_of(ledger.epoch) if name == "availability"]
    assert sum(one.watched for one in known) > 40
    assert sum(sum(one.real) for one in known) > 4


class Slipping(Client):
    """The same client, of whose noise every 25th is called real; others know better, if asked."""

    def __init__(self, settings: Settings, *, others: bool) -> None:
        super().__init__(settings)
        self._others = others
        self._answered = 0
        self.asked: list[ModeChange] = []

    def _happen(self, minute: int, verdict: Verdict, **fields: str) -> None:
        self._answered += 1
        slips = verdict is Verdict.NOISE and self._answered % 25 == 0
        super()._happen(minute, Verdict.ACTIONABLE if slips else verdict, **fields)
        questions = [change for change in self.changes if change.change is Change.ASKED]
        self.changes = [change for change in self.changes if change.change is not Change.ASKED]
        self.asked += questions
        for question in questions if self._others else ():
            said = label(question.decisions[0], "noise", by="tom", at=at(minute + 20))
            self.story.engine.learn(said, at(minute + 20))


def test_where_people_slip_it_goes_live_once_others_overruled_them():
    client = Slipping(load_settings({"mode": "earn"}), others=True)

    went_live = client.until_live()

    assert went_live.change is Change.PROMOTED
    assert len(client.asked) > 4
    assert {question.mode for question in client.asked} == {InForce.OBSERVE}
    assert "somebody else is asked" in client.asked[0].text


def test_what_nobody_overrules_counts_as_real():
    client = Slipping(load_settings({"mode": "earn"}), others=False)

    client.live(30)

    assert len(client.asked) > 20
    assert client.changes == []


def test_one_slip_shows_its_like_and_makes_nothing_fall_back_before_others_were_asked():
    client = Client(load_settings({"mode": "earn", "sampling": {"audit_share": 0.1}}))
    client.until_live()
    client.live(3)
    samples = [one for one in client.story.decided if one.decision.reason is Reason.AUDIT_SAMPLE]
    before = len(client.changes)

    slip = label(samples[-1].decision.id, "actionable", by="tom", at=at(client.day * DAY))
    client.story.engine.learn(slip, at(client.day * DAY))
    own = label(samples[-1].decision.id, "noise", by="ann", at=at(client.day * DAY + 60))
    client.story.engine.learn(own, at(client.day * DAY + 60))
    client.changes += client.story.engine.mode_changes()
    client.live(2)

    assert {change.change for change in client.changes[before:]} <= {Change.ASKED, Change.RELEASED}


def test_what_cleared_while_it_waited_in_a_live_class_and_was_real_makes_it_fall_back():
    client = Client(load_settings({"mode": "earn"}))
    for minute in (-3000, -2990):
        state = "raised" if minute < -2995 else "cleared"
        client.story.push(minute, alert(**toner(1) | {"device": "PRN99"}, state=state))
    client.until_live()
    client.live(1)
    start, before = client.day * DAY, len(client.changes)
    printer = {"device": "PRN98", "check": "paper jam", "category": "printer", "severity": "low"}
    for day in range(3):
        client.story.push(start + day * DAY, alert(**printer))
        client.story.push(start + day * DAY + 5, alert(**printer, state="cleared"))
    waited = [one.decision for one in client.story.decided if one.decision.reason is Reason.HOLDING]

    client.call("PRN98", start + 2 * DAY + 60)
    client.story.pass_time(start + 2 * DAY + 60 + 360)
    client.changes += client.story.engine.mode_changes()

    assert waited
    assert {change.change for change in client.changes[before:]} == {Change.DEMOTED}
