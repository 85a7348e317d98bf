"""Mode earn: what the engine judges to be noise is hidden only where that is known to be safe.

Each scope of ``books`` starts in shadow: everything is shown, and every answer to what would have
been hidden counts as an audited one. It goes live when the ledger's upper bound of the hidden that
were real is not above the owner's limit. What is hidden is audited so thinly that it cannot prove
this again and again: from then on it is watched for signs of the contrary, which are known misses
above the limit and a lower bound above it, and after some time it has to prove itself anew.

A class goes live by itself, or with all classes of the client together, once something is known of
it alone: nobody's answers speak for another class. Then it falls back by itself as soon as what is
known of it is above the limit. One of which too much was real stands aside: it does not keep the
others from going live, and does not go with them. Repeats, clears, further alerts of an incident
that people were told of, and what the owner ordered need not be earned: people know of them.

Who calls real what was judged noise may have slipped: two more people are asked, one after the
other. Until they have answered, for a day at most after each answer, nothing falls back because of
that alone, and it does not stand in the way of going live; unanswered, it counts as real.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from noise.alert import Severity, short_key, utc
from noise.decision import InForce, Reason, Ruling
from noise.errors import SnapshotError
from noise.label import Verdict
from noise.learning.books import Books
from noise.learning.bound import Ledger, Risk
from noise.learning.evidence import FOUND
from noise.learning.standing import Standing, is_asked, was_judged_noise
from noise.mode_change import Change, Evidence, Measure, ModeChange, Scope, with_released
from noise.settings import RiskLimit, Settings
from noise.state.answerable import Answerable, Answerables
from noise.state.case import Case
from noise.state.scope import ALL, class_of, in_words

EARNED = frozenset({Reason.LEARNED_NOISE, Reason.HOLDING})
REVIEW_SECONDS = 6 * 3600.0
FEW_ANSWERS = 20  # from so many on, a class is known well enough to go live with all, and to stop
TIMES_AFTER_A_FALL = 2.0

VERSION = b"1"
_HOUR, _DAY = 3_600.0, 86_400.0


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Standing)


class Earning:
    """What one tenant's scopes have earned. Only ``review`` changes what is in force."""

    def __init__(
        self, tenant: str, settings: Settings, books: Books, answerables: Answerables
    ) -> None:
        """Start in shadow; ``books`` hold what is known, ``answerables`` what was said of what."""
        self.standings: dict[str, Standing] = {}
        self.changed: set[str] = set()
        self._tenant = tenant
        self._settings = settings
        self._books = books
        self._answerables = answerables

    # -- what is in force

    def in_force(self, case: Case, ruling: Ruling, scope: str) -> InForce:
        """Say whether ``ruling`` is carried out, if it hides; or what it would be if it did."""
        if ruling.hides and ruling.reason not in EARNED:
            return InForce.ENFORCE
        return InForce.ENFORCE if self._may_hide(case.alert.severity, scope) else InForce.OBSERVE

    def _may_hide(self, severity: Severity, scope: str) -> bool:
        return severity.rank < self._settings.scoring.never_hide.rank and self.is_live(scope)

    def is_live(self, scope: str) -> bool:
        """Say whether what is judged noise in this scope is hidden."""
        standing = self.standings.get(scope)
        return standing is not None and (standing.live or self._is_carried(standing))

    def _is_carried(self, standing: Standing) -> bool:
        return (
            self._is_all_live()
            and standing.known
            and not standing.stopped
            and not standing.aside
            and self._limit(standing.scope).alert_class is None
        )

    def _limit(self, scope: str) -> RiskLimit:
        return self._settings.risk_limit_of(self._tenant, class_of(scope))

    # -- what must survive

    def changed_pieces(self) -> Iterator[tuple[str, bytes]]:
        """Take the standings that changed since the last call, by scope."""
        changed, self.changed = self.changed, set()
        for scope in sorted(changed):
            yield scope, VERSION + _encoder.encode(self.standings[scope])

    def all_pieces(self) -> Iterator[tuple[str, bytes]]:
        """Return all standings by scope; ``load`` of each restores them."""
        for scope, standing in self.standings.items():
            yield scope, VERSION + _encoder.encode(standing)

    def load(self, scope: str, value: bytes) -> None:
        """Put one back. Raises SnapshotError."""
        if value[:1] != VERSION:
            raise SnapshotError(f"the standing of {scope!r} was saved by an unknown version")
        try:
            standing = _decoder.decode(value[1:])
            utc(standing.since)
        except (msgspec.MsgspecError, ValueError, OverflowError, OSError) as exc:
            raise SnapshotError(f"the standing of {scope!r} cannot be read: {exc}") from exc
        self.standings[scope] = standing
        if standing.aside:
            self._books.aside.add(scope)

    # -- what is known

    def decided(self, scope: str, now: float) -> None:
        """Note that a decision was made in ``scope``."""
        for name in self._books.counted_in(scope):
            if name not in self.standings:
                self.standings[name] = Standing(name, now)
                self.changed.add(name)

    def heard(self, one: Answerable, before: Verdict | None, after: Verdict | None) -> None:
        """Note an answer to what was or would have been hidden."""
        if not was_judged_noise(one):
            return
        for scope in self._books.counting(one):
            standing = self.standings.get(scope)
            if standing is not None:
                standing.note(one, before, after)
                self.changed.add(scope)

    def is_miss(self, one: Answerable, after: Verdict | None) -> bool:
        """Say whether something real was judged noise in a scope that is live."""
        return after is Verdict.ACTIONABLE and was_judged_noise(one) and self.is_live(one.scope)

    def is_in_doubt(self, one: Answerable) -> bool:
        """Say whether too few people call real what was judged noise, and it counts here."""
        counts = one.scope in self.standings and was_judged_noise(one)
        return counts and one.doubted_since is not None

    # -- going live and falling back

    def review(self, now: float) -> list[ModeChange]:
        """Go through all scopes and change what the evidence asks for."""
        standings = [self.standings[scope] for scope in sorted(self.standings)]
        asked = self._count_asked(now)
        risks = {
            standing.scope: _risk(ledger, asked[standing.scope])
            for standing in standings
            if (ledger := self._books.ledgers.get(standing.scope)) is not None
        }
        for standing in standings:
            if standing.scope != ALL:
                self._get_to_know(standing, risks.get(standing.scope))
        changes = [
            self._judge(one, risks[one.scope], now) for one in standings if one.scope in risks
        ]
        return [change for change in changes if change is not None]

    def _count_asked(self, now: float) -> Counter[str]:
        """Return of how much somebody else is still asked, by scope."""
        return Counter(
            scope
            for one in self._answerables
            if one.answers and one.observed and was_judged_noise(one) and is_asked(one, now)
            for scope in self._books.counting(one)
        )

    def _get_to_know(self, standing: Standing, risk: Risk | None) -> None:
        if standing.answers >= FEW_ANSWERS and not standing.known:
            standing.known = True
            self.changed.add(standing.scope)
        if risk is None or self.is_live(standing.scope):
            return
        found = self._evidence(standing, risk)
        aside = standing.stopped or _is_hopeless(standing, found.hidden_real)
        if aside is not standing.aside and (aside or not self._is_all_live()):
            self._put_aside(standing, aside=aside)

    def _put_aside(self, standing: Standing, *, aside: bool) -> None:
        if aside:
            standing.aside = True
            self._books.aside.add(standing.scope)
        else:
            standing.join()
            self._books.aside.discard(standing.scope)
        self.changed.add(standing.scope)

    def _is_all_live(self) -> bool:
        together = self.standings.get(ALL)
        return together is not None and together.live

    def live_scopes(self) -> set[str]:
        """Return the scopes in which what is judged noise is hidden."""
        return {scope for scope in self.standings if self.is_live(scope)}

    def _judge(self, standing: Standing, risk: Risk, now: float) -> ModeChange | None:
        found = self._evidence(standing, risk)
        if self.is_live(standing.scope):
            against = self._against(standing, found, now)
            if not against or self._may_be_slips(standing, now):
                return None
            return self._demote(standing, found, against, now)
        if now - standing.since < self._wait(standing) or not self._is_enough(standing, found):
            return None
        return self._promote(standing, found, now)

    def _wait(self, standing: Standing) -> float:
        times = TIMES_AFTER_A_FALL if standing.falls else 1.0
        return self._settings.earn.wait_hours * _HOUR * times

    def _evidence(self, standing: Standing, risk: Risk) -> Evidence:
        limit = self._limit(standing.scope)
        hidden, missed = risk.hidden_real_ratio, risk.missed_incident_ratio
        return Evidence(
            answers=standing.answers,
            since=utc(standing.since),
            hidden_real=Measure(*hidden, limit=limit.hidden_real),
            missed_incidents=Measure(*missed, limit=limit.missed_incidents),
        )

    def _is_enough(self, standing: Standing, found: Evidence) -> bool:
        if standing.answers < self._settings.earn.answers:
            return False
        limits = (found.hidden_real.limit, found.missed_incidents.limit)
        upper = found.hidden_real.upper
        if 0.0 in limits or upper is None or upper > found.hidden_real.limit:
            return False
        missed = found.missed_incidents
        return _is_under(missed.value, missed.limit) and self._is_missing_little()

    def _is_missing_little(self) -> bool:
        """Say whether the second limit is proven for all of the client, if that is asked for."""
        if not self._settings.earn.prove_missed_incidents:
            return True
        ledger = self._books.ledgers.get(ALL)
        upper = None if ledger is None else ledger.missed_incidents().upper
        return upper is not None and upper <= self._limit(ALL).missed_incidents

    def _against(self, standing: Standing, found: Evidence, now: float) -> str:
        """Return what speaks against staying live, empty if nothing does."""
        if not standing.live:
            return _against_carried(standing, found.hidden_real)
        hidden, missed = found.hidden_real, found.missed_incidents
        if not _is_under(hidden.lower, hidden.limit):
            return f"at least {_percent(hidden.lower)} of what is hidden is real"
        if not _is_under(missed.value, missed.limit):
            return f"{_percent(missed.value)} of its real incidents were hidden"
        if not self._is_missing_little():
            return "it is no longer proven how few real incidents are hidden"
        days = self._settings.earn.valid_days
        return f"it was proven {days} days ago" if now - standing.since >= days * _DAY else ""

    def _may_be_slips(self, standing: Standing, now: float) -> bool:
        """Say whether all misses are such that somebody else is still asked about."""
        missed = [self._answerables.get(miss) for miss in standing.misses]
        return bool(missed) and all(one is not None and is_asked(one, now) for one in missed)

    def _promote(self, standing: Standing, found: Evidence, now: float) -> ModeChange:
        text = (
            f"{in_words(standing.scope)}: what is judged noise is hidden from now on. Of "
            f"{found.answers} answers on what would have been hidden, {_measure(found)}"
        )
        return self._change(standing, found, Change.PROMOTED, text, now)

    def _demote(self, standing: Standing, found: Evidence, against: str, now: float) -> ModeChange:
        standing.falls += 1
        text = (
            f"{in_words(standing.scope)}: nothing is hidden as noise any more, because {against}. "
            f"Of what was or would have been hidden lately, {_measure(found)}"
        )
        return self._change(standing, found, Change.DEMOTED, text, now)

    def _change(
        self, standing: Standing, found: Evidence, change: Change, text: str, now: float
    ) -> ModeChange:
        made = self._record(standing, found, change, text=text, now=now)
        standing.live = change is Change.PROMOTED
        standing.stopped = change is Change.DEMOTED and standing.scope != ALL
        standing.begin(now)
        self.changed.add(standing.scope)
        return made

    def missed(self, one: Answerable, now: float, released: Iterable[str]) -> ModeChange:
        """Return the record of a miss, and of what was shown because of it."""
        shown = tuple(released)
        text = f"was judged noise and was real; {len(shown)} like it were hidden and are shown"
        return with_released(self._about(one, Change.RELEASED, text, now), shown)

    def asked(self, one: Answerable, now: float) -> ModeChange:
        """Return the record of a question to somebody who has not answered yet."""
        text = "was judged noise and is called real, which may be a slip: somebody else is asked"
        return self._about(one, Change.ASKED, text, now)

    def _about(self, one: Answerable, change: Change, text: str, now: float) -> ModeChange:
        standing, asked = self.standings[one.scope], self._count_asked(now)
        ledger = self._books.ledgers[one.scope]  # an answer was entered there
        found = self._evidence(standing, _risk(ledger, asked[one.scope]))
        where = f" on {one.device}" if one.device else ""
        text = f"{one.check}{where} {text}"
        return self._record(standing, found, change, text=text, now=now, miss=one.decision_id)

    def _record(
        self,
        standing: Standing,
        found: Evidence,
        change: Change,
        *,
        text: str,
        now: float,
        miss: str | None = None,
    ) -> ModeChange:
        scope, hides = standing.scope, self.is_live(standing.scope)
        if change in {Change.PROMOTED, Change.DEMOTED}:
            hides = change is Change.PROMOTED
        named = (*standing.misses, *standing.answered) if miss is None else (miss,)
        alert_class = class_of(scope)
        return ModeChange(
            id=f"m-{short_key(chr(0).join((self._tenant, scope, change, repr(now), miss or '')))}",
            tenant=self._tenant,
            at=utc(now),
            change=change,
            scope=Scope(scope) if alert_class is None else Scope.CLASS,
            alert_class=alert_class,
            mode=InForce.ENFORCE if hides else InForce.OBSERVE,
            held_since=utc(standing.since),
            text=text,
            evidence=found,
            decisions=tuple(dict.fromkeys(named)),
        )


def _risk(ledger: Ledger, asked: int) -> Risk:
    """Return what is known; ``asked``: so much that is called real is still asked about."""
    risk = ledger.risk()
    return risk._replace(hidden_real_ratio=ledger.hidden_real(but=asked)) if asked else risk


def _against_carried(standing: Standing, hidden: Measure) -> str:
    """Return what is known against one class of those that are live together."""
    if standing.answers < FEW_ANSWERS or _is_under(hidden.value, hidden.limit):
        return ""
    return f"{_percent(hidden.value)} of what was hidden of it alone was real"


def _is_hopeless(standing: Standing, hidden: Measure) -> bool:
    """Say whether no number of further answers like these would prove it."""
    return standing.answers >= FEW_ANSWERS and not _is_under(hidden.value, hidden.limit * FOUND)


def _is_under(value: float | None, limit: float) -> bool:
    return value is None or value <= limit


def _measure(found: Evidence) -> str:
    hidden, missed = found.hidden_real, found.missed_incidents
    known = (
        ""
        if missed.value is None
        else (
            f"; of the real incidents {_percent(missed.value)} are known to be hidden, at most "
            f"{_percent(missed.upper)} (limit {_percent(missed.limit)})"
        )
    )
    return (
        f"{_percent(hidden.value)} were real, at most {_percent(hidden.upper)} "
        f"(limit {_percent(hidden.limit)}){known}"
    )


def _percent(share: float | None) -> str:
    return "an unknown share" if share is None else f"{100 * share:.1f} %"
