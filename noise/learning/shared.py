"""What clients that share their answers teach each other: counts by check and class of device.

A client's part is made of its own lessons alone, and the model is the sum of the parts in the order
of their names. So without a client it is what it would be had that client never shared.

What leaves a client is a ``SharedLesson``: check, class of device and verdict; no device, site,
text or key of its. What comes back to all is a ``SharedModel``: only of what at least
``LEAST_CLIENTS`` clients have answered, each counting for ``CLIENT_SAYS`` answers at most, because
answers of one client are alike (the clients are the sample, as in partial pooling). All read the
same model: of a client that shares, its own part is in what it reads.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from hashlib import blake2b
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from noise.errors import LabelError, SnapshotError
from noise.label import Verdict
from noise.learning.features import MAX_NAME, kinds
from noise.learning.tallies import Tallies
from noise.settings import Sharing
from noise.state.answerable import Taught
from noise.state.facts import Facts

SCHEMA = 1
LEAST_CLIENTS = 3
CLIENT_SAYS = 5.0
MOST_KINDS = 4_000  # of the longest names in any script: 4 MiB, as much as a record may hold
MOST_OF_CLIENT = 5_000
NEARLY_FADED = 0.05  # what is left of one answer after more than four half-lives


_Name = Annotated[str, Meta(min_length=1, max_length=512)]
_Text = Annotated[str, Meta(max_length=MAX_NAME)]
_Moment = Annotated[float, Meta(ge=0, le=1e11)]


class SharedLesson(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of a client that shares, or, with ``is_undone``, one that is taken back.

    ``at`` is when it was learned or taken back, ``learned_at`` when it had been learned, both in
    epoch seconds of the client's stream; ``weight`` says how many answers it counts for.
    """

    tenant: _Name
    check: _Text
    device_class: _Text
    verdict: Verdict
    weight: Annotated[float, Meta(gt=0, le=1000)]
    at: _Moment
    learned_at: _Moment
    is_undone: bool = False
    schema: int = SCHEMA


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What clients hold of one kind of alert: answers, and how many clients gave them.

    ``found_real`` counts the clients that ever called one real, as far as answers have not faded.
    """

    noise: Annotated[float, Meta(ge=0)]
    actionable: Annotated[float, Meta(ge=0)]
    clients: Annotated[int, Meta(ge=LEAST_CLIENTS)]
    found_real: Annotated[int, Meta(ge=0)]

    @property
    def is_possible(self) -> bool:
        """Whether so many clients can have said so much."""
        most = CLIENT_SAYS * self.clients * (1.0 + 1e-6)
        return self.found_real <= self.clients and self.noise + self.actionable <= most


class SharedModel(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of each kind, as of ``counts_from`` (epoch seconds): engines change to it then.

    The keys are those of ``features.kinds``; ``version`` follows from time and content.
    """

    version: str
    counts_from: float
    said: dict[str, Said]
    schema: int = SCHEMA

    def about(self, known: Facts) -> Said | None:
        """Return what is said of the most particular kind that a case belongs to."""
        check, of_class = kinds(known.check, known.device_class)
        return self.said.get(of_class) or self.said.get(check)


class Exchange:
    """What goes between the tenants of an engine and others: lessons out, models in.

    Models come by slot; which of them counts follows from the time.
    """

    def __init__(self, sharing: Sharing) -> None:
        """Start with nothing; take who agreed to share."""
        self._sharing = frozenset(sharing.tenants)
        self._lessons: list[SharedLesson] = []
        self._by_slot: dict[str, SharedModel] = {}
        self._by_time: list[SharedModel] = []
        self._times: list[float] = []

    def offer(self, slot: str, model: SharedModel | None) -> None:
        """Take the model of a slot; None withdraws what was there."""
        if model is None:
            self._by_slot.pop(slot, None)
        else:
            self._by_slot[slot] = model
        self._by_time = sorted(self._by_slot.values(), key=lambda one: one.counts_from)
        self._times = [one.counts_from for one in self._by_time]

    def at(self, now: float) -> SharedModel | None:
        """Return the model that counts at ``now``, None if none does."""
        count = bisect_right(self._times, now)
        return self._by_time[count - 1] if count else None

    def teach(self, lesson: SharedLesson) -> None:
        """Have a lesson go out, if its client agreed to share."""
        if lesson.tenant in self._sharing:
            self._lessons.append(lesson)

    def take_lessons(self) -> list[SharedLesson]:
        """Take the lessons since the last call, in the order in which they were learned."""
        lessons, self._lessons = self._lessons, []
        return lessons


class Others(NamedTuple):
    """All clients that share, as ``tenant`` meets them by ``exchange``; it may be one of them."""

    tenant: str
    exchange: Exchange

    def model(self, now: float) -> SharedModel | None:
        """Return what they teach at ``now``, None while they teach nothing."""
        return self.exchange.at(now)

    def hear(self, known: Facts, taught: Taught, now: float, *, is_undone: bool) -> None:
        """Tell them what was learned or taken back at ``now``, if this tenant shares."""
        self.exchange.teach(
            SharedLesson(
                tenant=self.tenant,
                check=known.check,
                device_class=known.device_class,
                verdict=Verdict.NOISE if taught.weight > 0 else Verdict.ACTIONABLE,
                weight=abs(taught.weight),
                at=now,
                learned_at=taught.at,
                is_undone=is_undone,
            )
        )


class Part(Tallies):
    """What one client has said, by the keys of ``features.kinds``."""

    def __init__(self, half_life_days: float) -> None:
        """Start with nothing said; after ``half_life_days`` an answer counts half."""
        super().__init__(half_life_days, MOST_OF_CLIENT)

    def take(self, lesson: SharedLesson) -> None:
        """Enter a lesson."""
        keys = kinds(lesson.check, lesson.device_class)
        if lesson.is_undone:
            self.take_back(keys, lesson.verdict, lesson.learned_at, lesson.at, lesson.weight)
        else:
            self.add(keys, lesson.verdict, lesson.at, lesson.weight)


class _Sum:
    __slots__ = ("actionable", "clients", "found_real", "noise")

    def __init__(self) -> None:
        self.noise = self.actionable = 0.0
        self.clients = self.found_real = 0

    def add(self, noise: float, actionable: float) -> None:
        total = noise + actionable
        share = min(1.0, CLIENT_SAYS / total)
        self.noise += noise * share
        self.actionable += actionable * share
        self.clients += 1
        self.found_real += actionable > NEARLY_FADED


def added_up(parts: Mapping[str, Part], at: float, counts_from: float) -> SharedModel:
    """Return the model of all ``parts``, by client, as of ``at``; times in epoch seconds.

    It is one for all readers: nothing is taken out for a reader whose part is among them.
    """
    sums: dict[str, _Sum] = {}
    for _, part in sorted(parts.items()):
        for key, tally in part.tallies.items():
            noise, actionable = part.aged(tally, at)
            if noise + actionable > NEARLY_FADED:
                sums.setdefault(key, _Sum()).add(noise, actionable)
    known = [(key, one) for key, one in sums.items() if one.clients >= LEAST_CLIENTS]
    known.sort(key=lambda item: (-item[1].clients, item[0]))
    said = {
        key: Said(one.noise, one.actionable, one.clients, one.found_real)
        for key, one in sorted(known[:MOST_KINDS])
    }
    return SharedModel(version=_version(said, counts_from), counts_from=counts_from, said=said)


def _version(said: Mapping[str, Said], counts_from: float) -> str:
    digest = blake2b(msgspec.msgpack.encode(said), digest_size=4).hexdigest()
    return f"shared-{counts_from:.0f}-{digest}"


_encoder = msgspec.json.Encoder()
_lesson_decoder = msgspec.json.Decoder(SharedLesson)
_model_decoder = msgspec.json.Decoder(SharedModel)


def encode_shared(record: SharedLesson | SharedModel) -> bytes:
    """Return the JSON of a lesson or a model."""
    return _encoder.encode(record)


def decode_lesson(value: bytes) -> SharedLesson:
    """Read a lesson. Raises LabelError with the path of the wrong field."""
    try:
        return _lesson_decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise LabelError(str(exc)) from exc


def decode_model(value: bytes) -> SharedModel:
    """Read a model. Raises SnapshotError for one that cannot be read or is of another form."""
    try:
        model = _model_decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise SnapshotError(f"a shared model cannot be read: {exc}") from exc
    if model.schema != SCHEMA:
        raise SnapshotError(f"a shared model has the unknown form {model.schema}")
    for kind, said in model.said.items():
        if not said.is_possible:
            raise SnapshotError(f"a shared model says more of {kind[:80]!r} than clients can")
    return model
