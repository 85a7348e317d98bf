"""Decisions that can still be answered, with the facts they were made from.

A *sighting* is one raise of a condition and all that was decided about it: the first decision and
those that supersede it. People answer any of them, or a repeat, and mean the sighting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

import msgspec

from noise.decision import Decision, Drawn, InForce, Reason
from noise.label import Verdict
from noise.settings import Limits
from noise.state.case import Case
from noise.state.facts import Facts
from noise.state.tenant import IncidentMemory

DAY = 86_400.0
EVEN = 1e-9  # a balance closer to zero is none
TRUSTED = 0.75  # so much an answer "noise" must weigh to speak against those that say real
CLAIMS = 3  # so many people are no longer in doubt together: three slips in a row hardly happen
SAMPLES = frozenset({Reason.AUDIT_SAMPLE, Reason.PROBE})

_Age = tuple[float, str]


class Answer(msgspec.Struct, array_like=True, gc=False):
    """What one technician holds of one sighting; times in epoch seconds.

    ``share`` is how much of the answer is for this sighting, ``weight`` how much of that counts,
    by how often the technician erred until then. ``met`` is the bin of what was expected when it
    was held against the others, -1 before that, and ``credit`` how much it counted then.
    ``is_second``: somebody else was in doubt, so it says nothing of how often its technician errs.
    """

    technician: str
    verdict: Verdict
    label_id: str
    said_at: float
    weight: float = 1.0
    share: float = 1.0
    is_outcome: bool = False
    met: int = -1
    credit: float = 0.0
    is_second: bool = False


class Taught(msgspec.Struct, array_like=True, gc=False):
    """What a model learned from a sighting at ``at``; ``weight`` is below zero for actionable.

    ``step`` is how far the regression went then, so that it can go the same way back.
    """

    weight: float
    at: float
    step: float = 0.0


class Answerable(msgspec.Struct, kw_only=True, gc=False):
    """The last decision on a sighting.

    ``told``: its incident had been told of before, or by the time of its first answer.
    ``observed``: nothing was hidden then, so it was seen whatever was decided.
    ``noise_probability`` is None for a condition that is answered without any decision.
    ``booked_at``: as of when the ledger counts its verdict. ``scope`` is what it counts for in mode
    earn, empty for nothing.

    Of a sample, ``inclusion`` is the chance with which it was drawn, and ``hidden_until`` when it
    would have been shown after all, 0 for never; ``told_anyway``: it lasted until then.
    ``surfaced``: what happened came to light by itself. ``cleared``: it was to wait, was seen all
    the same, and cleared before anybody would have been told. ``unseen``: it cleared likewise, and
    nobody saw it. ``alone``: it counts for its own class of alerts only.
    """

    decision_id: str
    condition: str
    check: str
    device: str | None
    incident: str | None
    reason: Reason
    would_suppress: bool
    observed: bool
    told: bool
    noise_probability: float | None
    decided_at: float
    facts: Facts
    answers: list[Answer] = []
    taught: list[Taught] = []
    booked_at: float = 0.0
    inclusion: float = 1.0
    hidden_until: float = 0.0
    told_anyway: bool = False
    surfaced: bool = False
    cleared: bool = False
    scope: str = ""
    unseen: bool = False
    alone: bool = False

    @property
    def sighting(self) -> str:
        """The name under which all decisions on this raise are kept."""
        return sighting_of(self.decision_id)

    @property
    def likely_noise(self) -> float:
        """The model's probability of noise, even where it was never asked."""
        return 0.5 if self.noise_probability is None else self.noise_probability

    @property
    def verdict(self) -> Verdict | None:
        """What technicians hold of it on balance; None without answers, or if they are even."""
        if not self.answers:
            return None
        balance = self.balance
        if abs(balance) < EVEN:
            return None
        return Verdict.NOISE if balance > 0 else Verdict.ACTIONABLE

    @property
    def found(self) -> Verdict | None:
        """The verdict as far as it was said of this sighting itself.

        Of an answer "real" on an incident, that is those that were the most suspicious in it: the
        others may have been there by chance. It is whole, too, of what came to light by itself.
        Of what was judged noise an answer "real" counts until somebody who is trusted, and did not
        give it, says noise: then ``CLAIMS`` of them must say real, and most.
        """
        verdict = self.verdict
        if self.is_judged_noise and (noise := self._denials):
            real = self._claims
            if real and not any(answer.is_outcome for answer in real):
                return Verdict.ACTIONABLE if len(real) >= max(CLAIMS, noise + 1) else Verdict.NOISE
        if verdict is Verdict.ACTIONABLE and not any(map(_is_own_real, self.answers)):
            return None
        return verdict

    @property
    def is_judged_noise(self) -> bool:
        """Whether it was to be hidden, or was drawn from that."""
        return self.would_suppress or self.reason in SAMPLES

    @property
    def doubted_since(self) -> float | None:
        """When it was last called real, if it was judged noise and too few say so; else None."""
        real = self._claims if self.is_judged_noise else []
        if not 0 < len(real) < CLAIMS or self._denials:
            return None
        if any(answer.is_outcome for answer in real):
            return None
        return max(answer.said_at for answer in real)

    def is_second_opinion(self, technician: str) -> bool:
        """Say whether what ``technician`` says now is about the claim of somebody else."""
        is_own = any(answer.technician == technician for answer in self._claims)
        return self.doubted_since is not None and not is_own

    @property
    def _claims(self) -> list[Answer]:
        return [answer for answer in self.answers if _is_own_real(answer)]

    @property
    def _denials(self) -> int:
        return sum(a.verdict is Verdict.NOISE and a.weight >= TRUSTED for a in self.answers)

    @property
    def balance(self) -> float:
        """Answers that say noise minus answers that say actionable."""
        return sum(a.weight if a.verdict is Verdict.NOISE else -a.weight for a in self.answers)


def _is_own_real(answer: Answer) -> bool:
    is_own = answer.is_outcome or answer.share >= 1.0
    return answer.verdict is Verdict.ACTIONABLE and answer.weight > 0.0 and is_own


def sighting_of(decision_id: str) -> str:
    """Return the first decision's id: later ones end with + and a number."""
    if "+" not in decision_id:
        return decision_id
    origin, dot, rest = decision_id.rpartition(".")  # an origin may hold a + of its own
    return origin + dot + rest.partition("+")[0]


def condition_key_of(decision_id: str) -> str:
    """Return the short key of the condition that a decision is about, with which its id ends.

    A repeat, or a clear, is another decision about the same one.
    """
    return sighting_of(decision_id).rpartition(".")[2]


def answerable(
    case: Case,
    decision: Decision,
    facts: Facts,
    incident: IncidentMemory | None,
    *,
    drawn: Drawn | None = None,
    scope: str = "",
) -> Answerable:
    """Return what must be kept of a decision; ``facts`` are those that it was made from.

    Its probability is what the model said, where the decision's own allows for what clears.
    """
    score = case.known_score
    return Answerable(
        decision_id=decision.id,
        condition=case.condition.key,
        check=case.alert.check,
        device=case.alert.device,
        incident=incident.id if incident is not None else None,
        reason=decision.cause,
        would_suppress=decision.would_suppress,
        observed=decision.mode is InForce.OBSERVE,
        told=_was_told(case, decision.cause, incident),
        noise_probability=score.noise_probability if score else decision.noise_probability,
        decided_at=case.now,
        facts=facts,
        inclusion=drawn.inclusion if drawn else 1.0,
        hidden_until=(drawn.hidden_until or 0.0) if drawn else 0.0,
        scope=scope,
    )


def _was_told(case: Case, cause: Reason, incident: IncidentMemory | None) -> bool:
    if incident is None or not incident.told_at:
        return False
    # Its own telling is of the same second; what is folded into an incident was told before.
    return cause is Reason.INCIDENT_MEMBER or incident.told_at < case.now


class Answerables:
    """One tenant's sightings, bounded in number and age; the oldest are forgotten first."""

    def __init__(self, limits: Limits) -> None:
        """Start with none."""
        self._limit = limits.unanswered
        self._seconds = limits.days * DAY
        self._sightings: dict[str, Answerable] = {}
        self._ages: list[_Age] = []
        self._by_condition: dict[str, str] = {}
        self._by_device: dict[str, set[str]] = {}
        self._by_incident: dict[str, set[str]] = {}
        self._changed: set[str] = set()

    def __len__(self) -> int:
        """Return how many sightings are kept."""
        return len(self._sightings)

    def __iter__(self) -> Iterator[Answerable]:
        """Go through all sightings."""
        return iter(self._sightings.values())

    def remember(self, new: Answerable) -> Answerable | None:
        """Keep ``new``; return the earlier decision on the same sighting, whose answers it takes.

        What is too old, or too much, is forgotten.
        """
        sighting = new.sighting
        replaced = self._sightings.get(sighting)
        if replaced is not None:
            new.answers, new.taught = replaced.answers, replaced.taught
            new.booked_at, new.surfaced = replaced.booked_at, replaced.surfaced
            self._unlink(replaced)
        self._link(sighting, new)
        self._changed.add(sighting)
        self._keep_within(new.decided_at)
        return replaced

    def load(self, saved: Answerable) -> None:
        """Put a saved sighting back."""
        self._link(saved.sighting, saved)

    def _link(self, sighting: str, one: Answerable) -> None:
        age = _age(one)
        self._sightings[sighting] = one
        heappush(self._ages, age)
        latest = self.latest(one.condition)
        if latest is None or _age(latest) <= age:
            self._by_condition[one.condition] = sighting
        _collect(self._by_device, one.device, sighting)
        _collect(self._by_incident, one.incident, sighting)

    def forgets_before(self, now: float) -> float:
        """Return the epoch second before which nothing is kept at ``now``."""
        return now - self._seconds

    def get(self, decision_id: str) -> Answerable | None:
        """Return the sighting that a decision belongs to."""
        return self._sightings.get(sighting_of(decision_id))

    def latest(self, condition: str) -> Answerable | None:
        """Return the last sighting of a condition, by its short key."""
        return self._sightings.get(self._by_condition.get(condition, ""))

    def of_incident(self, incident: str) -> list[Answerable]:
        """Return the last sighting of each check in an incident, in order of the checks."""
        return last_of_each_check(self.all_of_incident(incident))

    def all_of_incident(self, incident: str) -> list[Answerable]:
        """Return all sightings in an incident, the oldest first."""
        return self._sorted(self._by_incident.get(incident, set()))

    def of_device(self, device: str) -> list[Answerable]:
        """Return all sightings on a device, the oldest first."""
        return self._sorted(self._by_device.get(device, set()))

    def _sorted(self, sightings: set[str]) -> list[Answerable]:
        return sorted((self._sightings[sighting] for sighting in sightings), key=_age)

    def mark(self, changed: Answerable) -> None:
        """Note that a sighting changed and must be saved."""
        self._changed.add(changed.sighting)

    def take_changed(self) -> list[tuple[str, Answerable | None]]:
        """Take what changed since the last call, None for what was forgotten."""
        changed, self._changed = self._changed, set()
        return [(sighting, self._sightings.get(sighting)) for sighting in sorted(changed)]

    def _keep_within(self, now: float) -> None:
        # By age alone, whatever was swept before: a restored engine must forget the same ones.
        before, ages = now - self._seconds, self._ages
        while len(self._sightings) > self._limit or ages[0][0] < before:
            decided_at, decision_id = heappop(ages)
            oldest = self.get(decision_id)
            if oldest is not None and _age(oldest) == (decided_at, decision_id):
                self._unlink(oldest)
                self.mark(oldest)

    def _unlink(self, gone: Answerable) -> None:
        sighting = gone.sighting
        del self._sightings[sighting]
        if self._by_condition.get(gone.condition) == sighting:
            del self._by_condition[gone.condition]
        _discard(self._by_device, gone.device, sighting)
        _discard(self._by_incident, gone.incident, sighting)


def last_of_each_check(sightings: Iterable[Answerable]) -> list[Answerable]:
    """Return the last sighting of each check, in order of the checks."""
    by_check = {one.check: one for one in sorted(sightings, key=_age)}
    return [by_check[check] for check in sorted(by_check)]


def _age(one: Answerable) -> _Age:
    return (one.decided_at, one.decision_id)


def _collect(index: dict[str, set[str]], key: str | None, sighting: str) -> None:
    if key is None:
        return
    known = index.get(key)
    if known is None:
        index[key] = {sighting}
    else:
        known.add(sighting)


def _discard(index: dict[str, set[str]], key: str | None, sighting: str) -> None:
    if key is None:
        return
    index[key].discard(sighting)
    if not index[key]:
        del index[key]
