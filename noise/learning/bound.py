"""The risk ledger: how often the engine was wrong, from answers, with bounds on what it hid.

Every sighting that was answered is in one of these cells, by what the engine meant to do with it
(``would_suppress``, or an audit sample or probe of what it hid) and by what technicians hold of it
on balance, as far as they spoke of it and not of its incident alone (``Answerable.found``):

                 answered noise          answered actionable
    shown        FP                      TP
    hidden       TN                      FN

Hidden sightings are answered because they were sampled. An audit answer stands for one over its
chance to be drawn (Horvitz and Thompson 1952); a probe, and what was hidden only in mode observe,
stands for itself. FN is at least the number of hidden ones that turned out real without being
sampled. What the owner ordered (``maintenance``, ``policy``) is no verdict of the engine and is
left out, and so is a sample that would have been shown in the end, since it lasted for longer than
it was to be hidden. Waiting (``holding``) is none either, as long as it may end in being shown; but
what was to wait, was seen instead, and cleared in time counts as hidden.

The cells fade by half in ``HALF_LIFE_DAYS``, in steps of six hours. Bounds follow from
``noise.learning.evidence``, which does not fade. Samples are assumed to be answered as often as
other shown alerts: nobody can tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from math import log
from typing import NamedTuple

import msgspec

from noise.decision import Reason
from noise.label import Verdict
from noise.learning.evidence import (
    CERTAIN,
    EPOCH_SECONDS,
    MAX_ALERT_CLASSES,
    OTHER,
    UNKNOWN,
    Evidence,
    Rate,
    hidden_real,
    level_of,
    missed_incidents,
)
from noise.state.answerable import Answerable

HALF_LIFE_DAYS = 14.0
ERROR = 0.05  # intervals hold with 95 % confidence, each by itself, over all readings of a window
BINS = 48
RECENT_ANSWERS = 20
USUAL_ANSWERS = 200
EDGE = 6.0  # log-odds at which the first and last bin are open

NOTHING = 1e-9

_DAY = 86_400.0
_STEP = 6 * 3600.0
_LEFT_OUT = frozenset({Reason.HOLDING, Reason.FLAPPING, Reason.MAINTENANCE, Reason.POLICY})


class Part(Enum):
    """What the engine meant to do with a sighting, and how its answer was come by."""

    LEFT_OUT = 0
    SHOWN = 1
    SAMPLED = 2
    PROBED = 3
    HIDDEN = 4


class Stratum(msgspec.Struct):
    """Faded counts of sightings, either first of their incident or in one that was told before.

    ``surfaced`` are hidden ones that turned out real without being sampled. The rest are cells.
    """

    surfaced: float = 0.0
    shown_noise: float = 0.0
    shown_real: float = 0.0
    hidden_noise: float = 0.0
    hidden_real: float = 0.0

    @property
    def missed(self) -> float:
        """FN: estimated from the samples, and at least what surfaced."""
        return max(self.hidden_real, self.surfaced)


class Cells(NamedTuple):
    """Faded numbers of answered sightings, as the table above names them."""

    shown_noise: float
    shown_real: float
    hidden_noise: float
    hidden_real: float


class Risk(NamedTuple):
    """What the ledger says now; formulas in the methods of ``Ledger``.

    ``drift`` is how much worse the model's recent scores were than its usual ones: the difference
    of two mean squared errors (Brier scores), None before the first answer.
    """

    false_positive_ratio: float | None
    false_discovery_ratio: float | None
    overturned_ratio: float | None
    missed_incident_ratio: Rate
    hidden_real_ratio: Rate
    label_delay_seconds: float | None
    auc: float | None
    drift: float | None
    cells: Cells


class Ledger(msgspec.Struct):
    """One tenant's books of right and wrong. ``at`` is the epoch second it has been faded to.

    ``delays`` first answers took ``delay_seconds`` in all. ``recent_error`` and ``usual_error`` are
    mean squared errors of about the last ``RECENT_ANSWERS`` and ``USUAL_ANSWERS``, ``errors`` their
    number. The scores are counts by bin. ``evidence`` has, for each class of alerts, that of the
    epoch before ``epoch`` and that of ``epoch`` itself, got with ``audit_share`` since ``since``.
    """

    at: float = 0.0
    first: Stratum = msgspec.field(default_factory=Stratum)
    member: Stratum = msgspec.field(default_factory=Stratum)
    delays: float = 0.0
    delay_seconds: float = 0.0
    errors: int = 0
    recent_error: float = 0.0
    usual_error: float = 0.0
    noise_scores: list[float] = msgspec.field(default_factory=lambda: [0.0] * BINS)
    real_scores: list[float] = msgspec.field(default_factory=lambda: [0.0] * BINS)
    epoch: int = 0
    audit_share: float = 0.0
    since: float = 0.0
    evidence: dict[str, list[Evidence]] = {}

    # -- entries

    def decided(
        self, new: Answerable, replaced: Answerable | None, now: float, audit_share: float
    ) -> None:
        """Enter a decision, and take out the earlier one on the same sighting."""
        self._pass_time(now, audit_share)
        if replaced is not None:
            self._book(replaced, replaced.found, -1)
            self._count_hidden(replaced, -1)
            self._book(new, new.found, 1)
        self._count_hidden(new, 1)

    def told_anyway(self, one: Answerable) -> None:
        """Enter, before its first answer, that a sample would have been shown in the end."""
        self._count_hidden(one, -1)
        one.told_anyway = True

    def became_known(self, one: Answerable) -> None:
        """Enter, before its first answer, that people were told of its incident meanwhile."""
        self._count_hidden(one, -1)
        one.told = True

    def heard(
        self,
        one: Answerable,
        before: Verdict | None,
        after: Verdict | None,
        now: float,
        audit_share: float,
    ) -> None:
        """Enter that what was found of a sighting went from ``before`` to ``after``."""
        self._pass_time(now, audit_share)
        self._book(one, before, -1)
        if one.booked_at == 0.0:
            self.delays += 1.0
            self.delay_seconds += max(0.0, now - one.decided_at)
            self._note_error(one.noise_probability, after)
        one.booked_at = self.at
        self._book(one, after, 1)

    def surfaced(
        self, alert_class: str, now: float, audit_share: float, *, is_missed: bool
    ) -> None:
        """Enter that something real came to light by itself, and whether its alerts were hidden."""
        self._pass_time(now, audit_share)
        known = self._of_class(alert_class)[1]
        known.surfaced += 1
        known.missed += is_missed

    def _note_error(self, noise_probability: float | None, verdict: Verdict | None) -> None:
        if noise_probability is None or verdict is None:
            return
        error = (noise_probability - (verdict is Verdict.NOISE)) ** 2
        self.errors += 1
        self.recent_error += (error - self.recent_error) / min(self.errors, RECENT_ANSWERS)
        self.usual_error += (error - self.usual_error) / min(self.errors, USUAL_ANSWERS)

    def _pass_time(self, now: float, audit_share: float) -> None:
        if audit_share != self.audit_share:  # samples of two shares are no one sample
            self.audit_share, self.evidence, self.since = audit_share, {}, now
        steps = int((now - self.at) / _STEP)
        if steps > 0:
            self._fade(steps)
            self._turn(int(self.at // EPOCH_SECONDS))

    def _fade(self, steps: int) -> None:
        left = 0.5 ** (steps * _STEP / (HALF_LIFE_DAYS * _DAY))
        self.at += steps * _STEP
        for stratum in (self.first, self.member):
            for name in stratum.__struct_fields__:
                setattr(stratum, name, getattr(stratum, name) * left)
        self.delays *= left
        self.delay_seconds *= left
        self.noise_scores = [count * left for count in self.noise_scores]
        self.real_scores = [count * left for count in self.real_scores]

    def _turn(self, epoch: int) -> None:
        passed = epoch - self.epoch
        self.epoch = epoch
        for _ in range(min(passed, 2)):
            known = {name: both[1] for name, both in self.evidence.items() if both[1] != Evidence()}
            self.evidence = {name: [last, Evidence()] for name, last in known.items()}

    def _left(self, since: float) -> float:
        return float(0.5 ** (max(0.0, self.at - since) / (HALF_LIFE_DAYS * _DAY)))

    def _book(self, one: Answerable, verdict: Verdict | None, sign: int) -> None:
        """Enter a verdict, or take it back as it was entered."""
        part, score = part_of(one), one.noise_probability
        if verdict is None or score is None or part is Part.LEFT_OUT:
            return
        amount = sign * self._left(one.booked_at)
        is_real = verdict is Verdict.ACTIONABLE
        self._fill(self.member if one.told else self.first, one, part, amount, is_real=is_real)
        self._score(score, is_real, amount)
        known = self._evidence(one, one.booked_at)
        if known is None:
            return
        level = level_of(1.0 if one.observed else one.inclusion, self.audit_share)
        if part is Part.SAMPLED and level is not None:
            known.draw(level, sign, is_real=is_real)
        elif part is Part.SHOWN and is_real:
            known.shown_real = max(0, known.shown_real + sign)
        elif part is Part.SHOWN:
            known.shown_noise = max(0, known.shown_noise + sign)

    def _fill(
        self, stratum: Stratum, one: Answerable, part: Part, amount: float, *, is_real: bool
    ) -> None:
        if part is Part.SHOWN:
            _add(stratum, "shown_real" if is_real else "shown_noise", amount)
        elif part is Part.HIDDEN:
            _add(stratum, "surfaced", amount if is_real else 0.0)
        else:
            stands_for = 1.0 if one.observed else 1.0 / one.inclusion
            _add(stratum, "hidden_real" if is_real else "hidden_noise", amount * stands_for)

    def _evidence(self, one: Answerable, at: float) -> Evidence | None:
        """Return where a sighting counts as of ``at``; nowhere if that is long ago."""
        place = int(at // EPOCH_SECONDS) - self.epoch + 1
        if one.told or place not in {0, 1}:
            return None
        return self._of_class(one.facts.category)[place]

    def _of_class(self, name: str) -> list[Evidence]:
        known = self.evidence.get(name)
        if known is not None:
            return known
        if len(self.evidence) >= MAX_ALERT_CLASSES:
            name = OTHER
        return self.evidence.setdefault(name, [Evidence(), Evidence()])

    def _score(self, noise_probability: float, is_real: bool, amount: float) -> None:
        scores = self.real_scores if is_real else self.noise_scores
        if not scores:  # nobody asks this ledger how well they rank
            return
        index = _bin(noise_probability)
        scores[index] = max(0.0, scores[index] + amount)

    def _count_hidden(self, one: Answerable, sign: int) -> None:
        part = part_of(one)
        if part not in {Part.SAMPLED, Part.HIDDEN}:
            return
        known = self._evidence(one, one.decided_at)
        if known is None:
            return
        if one.observed:
            known.watched = max(0, known.watched + sign)
            known.waited = max(0, known.waited + sign * one.cleared)
        else:
            known.hidden = max(0, known.hidden + sign)

    # -- what follows

    def risk(self) -> Risk:
        """Return all rates as of the last entry; read rarely."""
        cells = self.cells()
        wrong = cells.shown_noise + cells.hidden_real
        return Risk(
            false_positive_ratio=_share(cells.shown_noise, cells.hidden_noise),
            false_discovery_ratio=_share(cells.shown_noise, cells.shown_real),
            overturned_ratio=_share(wrong, cells.shown_real + cells.hidden_noise),
            missed_incident_ratio=self.missed_incidents(),
            hidden_real_ratio=self.hidden_real(),
            label_delay_seconds=self.delay_seconds / self.delays if self.delays > NOTHING else None,
            auc=self.auc(),
            drift=self.recent_error - self.usual_error if self.errors else None,
            cells=cells,
        )

    def cells(self) -> Cells:
        """Return the table, what was hidden being estimated from its samples."""
        return Cells(
            self._sum("shown_noise"),
            self._sum("shown_real"),
            self._sum("hidden_noise"),
            self.first.missed + self.member.missed,
        )

    def _sum(self, name: str) -> float:
        return float(getattr(self.first, name) + getattr(self.member, name))

    def known(self) -> Evidence:
        """Return the evidence of the present window, of all classes together."""
        total = Evidence()
        for _, one in self.evidence_of(self.epoch):
            total.add(one)
        return total

    def evidence_of(self, epoch: int) -> Iterator[tuple[str, Evidence]]:
        """Yield classes and what is known of them in ``epoch`` and the one before it."""
        passed = epoch - self.epoch
        for alert_class, both in self.evidence.items():
            for one in both[passed:]:
                yield alert_class, one

    def hidden_a_day(self, alert_class: str, now: float) -> float:
        """Return how many of a class were hidden a day, or would have been, in the window.

        What was to wait is left out: in shadow it must say what it would say if that was not seen.
        """
        known = self.evidence.get(alert_class) or self.evidence.get(OTHER)
        if known is None:
            return 0.0
        last, present = (one.hidden + one.watched - one.waited for one in known)
        began = max(self.since, (self.epoch - (last > 0)) * EPOCH_SECONDS)
        return (last + present) / max(1.0, (now - began) / _DAY)

    def missed_incidents(self) -> Rate:
        """Of the real, the share that was hidden, as ``evidence.missed_incidents`` defines it.

        Until anything comes to light by itself, the value is FN / (FN + TP) of the cells, firsts of
        incidents only: what joined an incident that people knew of is not missed.
        """
        rate = missed_incidents(self.known(), self.audit_share, ERROR)
        if rate.value is not None:
            return rate
        value = _share(self.first.missed, self.first.shown_real)
        if value is None and rate.upper is None:
            return UNKNOWN
        return Rate(value, max(value or 0.0, 1.0 if rate.upper is None else rate.upper), rate.lower)

    def hidden_real(self, but: int = 0) -> Rate:
        """Of the hidden, the share that was real, as ``evidence.hidden_real`` defines it.

        ``but``: so many of those that are real and were surely seen are left out.
        """
        known = self.known()
        known.draw(CERTAIN, -min(but, known.real[CERTAIN]), is_real=True)
        return hidden_real(known, self.audit_share, ERROR)

    def auc(self) -> float | None:
        """How often noise scored higher than what was real, ties counting half.

        Scores are those of the decisions, made before any answer (prequential), in ``BINS`` bins.
        """
        noise, real = sum(self.noise_scores), sum(self.real_scores)
        if noise < NOTHING or real < NOTHING:
            return None
        below = won = 0.0
        for noise_here, real_here in zip(self.noise_scores, self.real_scores, strict=True):
            won += noise_here * (below + real_here / 2)
            below += real_here
        return won / (noise * real)


def part_of(one: Answerable) -> Part:
    """Return what the engine meant to do with a sighting, by its last decision."""
    if one.noise_probability is None or (one.reason in _LEFT_OUT and not one.cleared):
        return Part.LEFT_OUT
    if one.told_anyway:
        return Part.SHOWN
    if one.reason is Reason.PROBE:
        return Part.PROBED
    if one.reason is Reason.AUDIT_SAMPLE:
        return Part.SAMPLED
    if one.would_suppress:
        return Part.SAMPLED if one.observed else Part.HIDDEN
    return Part.SHOWN


def _add(stratum: Stratum, name: str, amount: float) -> None:
    setattr(stratum, name, max(0.0, getattr(stratum, name) + amount))


def _share(part: float, rest: float) -> float | None:
    return part / (part + rest) if part + rest > NOTHING else None


def _bin(noise_probability: float) -> int:
    bounded = min(1.0 - 1e-9, max(1e-9, noise_probability))
    place = (log(bounded / (1.0 - bounded)) + EDGE) / (2 * EDGE)
    return min(BINS - 1, max(0, int(place * BINS)))
