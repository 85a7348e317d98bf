"""What every stage promises, whatever it rules on."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noise.alert import Severity
from noise.decision import HIDDEN, SHOWN, Action, Reason
from noise.engine import Stage
from noise.stages import stages_after_hold, stages_for_arrivals
from noise.stages.member import Member
from noise.state.snapshot import all_pieces
from tests.cases import random_case
from tests.contracts.events import restless

STAGES = stages_for_arrivals(restless())
bounded = settings(max_examples=60, deadline=None, derandomize=True)
each_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: type(stage).__name__)


@each_stage
@bounded
@given(seed=st.integers(0, 10**6))
def test_judging_twice_says_the_same_and_changes_nothing(stage: Stage, seed):
    case = random_case(seed)
    before, changed = list(all_pieces(case.tenant)), set(case.tenant.changed)

    first, second = stage.judge(case), stage.judge(case)

    assert first == second
    assert list(all_pieces(case.tenant)) == before
    assert case.tenant.changed == changed


@each_stage
@bounded
@given(seed=st.integers(0, 10**6))
def test_labels_that_nobody_asked_for_change_no_ruling(stage: Stage, seed):
    case = random_case(seed)
    plain = stage.judge(case)

    labels = {"": "x", "severity": "critical", "labels.env": "\ud800", "check": "vip"}
    case.alert = msgspec.structs.replace(case.alert, labels=labels)

    assert stage.judge(case) == plain


@each_stage
@bounded
@given(seed=st.integers(0, 10**6))
def test_the_reason_fits_the_action_and_what_waits_is_hidden_for_a_time(stage: Stage, seed):
    case = random_case(seed)
    ruling = stage.judge(case)
    if ruling is None:
        return

    assert ruling.reason in (HIDDEN if ruling.action is Action.SUPPRESS else SHOWN)
    assert ruling.text
    if ruling.hold_until is not None:
        assert ruling.action is Action.SUPPRESS
        assert ruling.hold_until > case.now


@bounded
@given(seed=st.integers(0, 10**6))
def test_no_opinion_of_the_model_hides_the_highest_severity(seed):
    case = random_case(seed)
    case.alert = msgspec.structs.replace(case.alert, severity=Severity.CRITICAL)

    rulings = [stage.judge(case) for stage in STAGES]

    assert all(one is None or one.reason is not Reason.LEARNED_NOISE for one in rulings)
    assert all(one is None or one.reason is not Reason.HOLDING for one in rulings)


def test_after_waiting_nothing_asks_for_more_of_the_same():
    kinds = {type(stage).__name__ for stage in stages_after_hold(restless())}

    assert kinds == {"Maintenance", "Policy", "Learned", "Member"}
    assert isinstance(stages_after_hold(restless())[-1], Member)
