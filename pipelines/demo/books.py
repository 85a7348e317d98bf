"""What became of every raw record, counted from Kafka alone."""

from __future__ import annotations

import re
from collections import Counter

from noise.decision import Action, DecisionRecord, Reason
from noise.label import LabelSource, Verdict

Place = tuple[int, int]  # partition and offset of a raw record


class Books:
    """Every raw record ends once: decided, in the dead letters, or handed on as another record.

    The topics are read side by side, so an end may be seen before its record.
    """

    def __init__(self, raw_topic: str) -> None:
        """Start empty; decisions are named after where their record lies on ``raw_topic``."""
        self._name = re.compile(re.escape(raw_topic) + r"-(\d+)-(\d+)-(\d+)")
        self.raw = 0
        self.decided = 0
        self.forwarded = 0
        self.dead_letters: Counter[str] = Counter()
        self.first: Counter[tuple[Action, Reason]] = Counter()
        self.later: Counter[tuple[Action, Reason]] = Counter()
        self.labels: Counter[tuple[Verdict, LabelSource]] = Counter()
        self._open: set[Place] = set()
        self._unknown: set[Place] = set()

    def enter_raw(self, place: Place, *, is_forwarded: bool = False) -> None:
        """Enter a raw record."""
        self.raw += 1
        self.forwarded += is_forwarded
        if place in self._unknown:
            self._unknown.discard(place)
        else:
            self._open.add(place)

    def enter_dead_letter(self, place: Place, reason: str) -> None:
        """Enter the end of a raw record that could not be read."""
        self.dead_letters[reason] += 1
        self._end(place)

    def enter_decision(self, record: DecisionRecord) -> Place | None:
        """Enter a decision; the first one on the first alert ends its raw record, which returns."""
        verdict = record.decision
        if verdict.supersedes is not None:
            self.later[verdict.action, verdict.reason] += 1
            return None
        self.first[verdict.action, verdict.reason] += 1
        named = self._name.match(verdict.id)
        if named is None or int(named[3]) > 0:
            return None
        place = (int(named[1]), int(named[2]))
        self.decided += 1
        self._end(place)
        return place

    def _end(self, place: Place) -> None:
        if place in self._open:
            self._open.discard(place)
        else:
            self._unknown.add(place)

    @property
    def waiting(self) -> int:
        """Return how many raw records have not ended; forwarding leaves no mark on the first."""
        return len(self._open) - self.forwarded

    @property
    def balance(self) -> bool:
        """True when no record ended twice or came from nowhere, and none is missing."""
        ended = self.decided + self.dead_letters.total() + self.forwarded
        return not self._unknown and self.waiting >= 0 and self.raw == ended + self.waiting

    @property
    def shown(self) -> int:
        """Return how many decisions showed something, later ones too."""
        return self.count(Action.NOTIFY) + self.count(Action.UPDATE)

    @property
    def shown_later(self) -> int:
        """Return how many decisions showed what an earlier one had hidden."""
        return sum(n for (action, _), n in self.later.items() if action is not Action.SUPPRESS)

    @property
    def suppressed(self) -> int:
        """Return how many alerts were hidden at first; some of them were shown later."""
        return sum(n for (action, _), n in self.first.items() if action is Action.SUPPRESS)

    def count(self, action: Action) -> int:
        """Return how many decisions had this action, later ones too."""
        return sum(n for (each, _), n in (self.first + self.later).items() if each is action)
