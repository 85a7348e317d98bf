"""A live run and a replay of it make the same shared models, and follow them at the same times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count

import msgspec

from noise.decision import Action, ModelInfo, decode_decision_record
from noise.directory import Directory
from noise.engine import Engine
from noise.label import Verdict
from noise.learning.shared import SharedModel, decode_model
from noise.learning.trainer import Trainer
from noise.recorded import Recorded
from noise.replay import Replay, TrueAnswers
from noise.settings import Settings
from pipelines.agents import PartitionFold
from pipelines.agents.sharing import TRAINER, ModelShelf, SharedFold
from pipelines.app import build_metrics
from pipelines.arrival import parser
from pipelines.topics import partition_for
from pipelines.transport import Output
from tests.factories import label, record
from tests.pipelines.test_agents_partition import NAMES, PARTITIONS, Wall, tenant_of
from tests.story import START
from tests.unit.test_replay import recorded
from tests.unit.test_sharing import Handing, sharing

MINUTE = 60.0
DELAY_SECONDS = 1_800.0
SHARING = [tenant_of(partition) for partition in range(3)]
NEWCOMER = tenant_of(3)

Told = dict[str, tuple[str, str]]


class Live:
    """All partitions of one worker while a day goes by, with people who answer."""

    def __init__(self, settings: Settings) -> None:
        self.wall = Wall()
        self.models: list[SharedModel] = []
        self.told: Told = {}
        self._shelf = ModelShelf()
        self._metrics = build_metrics(settings)
        self._folds = [self._fold(settings, number) for number in range(PARTITIONS)]
        self._offsets: defaultdict[tuple[str, int], count[int]] = defaultdict(count)
        self._answers: list[tuple[float, str, str, Verdict]] = []
        self._truth: dict[str, Verdict] = {}

    def _fold(self, settings: Settings, number: int) -> PartitionFold:
        engine = Engine(settings)
        self._shelf.introduce(engine)
        return PartitionFold(
            number,
            topics=NAMES,
            engine=engine,
            parse=parser(Directory()),
            metrics=self._metrics,
            wall=self.wall,
            behind=lambda _: 0,
            shared=SharedFold(NAMES, Trainer(settings), self.wall) if number == TRAINER else None,
        )

    def run(self, deliveries: list[Recorded]) -> None:
        for one in deliveries:
            self._wait(one.at)
            assert one.tenant is not None
            assert one.truth is not None
            self._truth[one.event] = one.truth
            headers = {"event_key": one.event.encode()}
            self._give(NAMES.raw.name, one.body, partition_for(one.tenant, PARTITIONS), headers)
        self._wait(deliveries[-1].at)

    def _wait(self, until: float) -> None:
        while self.wall.now < until:
            due = self._answers[0][0] if self._answers else until
            self.wall.now = min(until, due, self.wall.now + MINUTE)
            for fold in self._folds:
                self._carry(fold.tick())
            while self._answers and self._answers[0][0] <= self.wall.now:
                at, decision_id, tenant, verdict = heappop(self._answers)
                said = label(decision_id, verdict, at=at, tenant=tenant)
                value = msgspec.json.encode(said)
                self._give(NAMES.feedback.name, value, partition_for(tenant, PARTITIONS))

    def _give(
        self, topic: str, value: bytes | None, number: int, headers: dict[str, bytes] | None = None
    ) -> None:
        offset = next(self._offsets[topic, number])
        timestamp = round(self.wall.now * 1000)
        one = record(
            topic, value, headers=headers, partition=number, offset=offset, timestamp=timestamp
        )
        self._carry(self._folds[number].fold(topic, [one]))

    def _carry(self, produced: Iterable[Output]) -> None:
        for output in list(produced):
            self._deliver(output)

    def _deliver(self, output: Output) -> None:
        if output.topic == NAMES.lessons.name:
            self._give(output.topic, output.value, TRAINER)
        elif output.topic == NAMES.models.name:
            assert output.key is not None
            self.models.append(decode_model(output.value or b""))
            self._shelf.put(output.key, output.value)
        elif output.topic in {NAMES.enriched.name, NAMES.suppressed.name}:
            self._see(output)

    def _see(self, output: Output) -> None:
        one = decode_decision_record(output.value or b"")
        note(self.told, one.event_key, one.decision.action, one.decision.model)
        if one.decision.action is not Action.SUPPRESS:
            at = one.decision.decided_at.timestamp() + DELAY_SECONDS
            said = (at, one.decision.id, one.tenant, self._truth[one.event_key])
            heappush(self._answers, said)


def note(told: Told, event: str, action: Action, model: ModelInfo | None) -> None:
    """Keep the first decision on an alert, and the time from which its shared model counts."""
    version = "" if model is None else model.version.partition("+")[2]
    told.setdefault(event, (action, version.rpartition("-")[0]))


def days() -> list[Recorded]:
    """Three clients that share, each with noise and something real, and one that comes later."""
    made = [
        recorded(
            hour * 60 + 7 * number + 1,
            f"{tenant}-{hour}",
            Verdict.ACTIONABLE if hour % 9 == 5 else Verdict.NOISE,
            tenant,
            device=f"srv{hour}",
            check="raid" if hour % 9 == 5 else "fan",
        )
        for number, tenant in enumerate(SHARING)
        for hour in range(30)
    ]
    made += [
        recorded(24 * 60 + 40 * number + 3, f"new-{number}", Verdict.NOISE, NEWCOMER, check=check)
        for number, check in enumerate(("fan", "raid", "fan", "raid", "fan", "raid"))
    ]
    return sorted(made, key=lambda one: one.at)


def roughly(models: list[SharedModel]) -> list[tuple[float, dict[str, object]]]:
    """Models but for the seconds by which an answer is heard earlier."""
    return [
        (
            one.counts_from,
            {
                kind: (round(said.noise, 3), round(said.actionable, 3), said.clients)
                for kind, said in one.said.items()
            },
        )
        for one in models
    ]


def test_a_live_run_makes_the_models_of_a_replay_and_follows_them_at_the_same_times():
    settings = sharing(*SHARING)
    live, trainer, told = Live(settings), Handing(settings), Told()
    live.wall.now = START
    technicians = TrueAnswers(DELAY_SECONDS, 0.0, 0)
    replay = Replay(Engine(settings), Directory(), technicians, trainer)

    for step in replay.run(days()):
        for one in step.decided:
            note(told, one.alert.event_key, one.decision.action, one.decision.model)
    live.run(days())

    made = [handed_out.model for handed_out in trainer.handed_out if handed_out.model is not None]
    assert len(made) > 5
    assert roughly(live.models) == roughly(made)
    assert live.told == told
    assert len({version for _, version in told.values()}) > 5
