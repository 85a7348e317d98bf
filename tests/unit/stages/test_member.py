from __future__ import annotations

import pytest

from noise.decision import Action, Reason
from noise.stages.member import Member
from tests.cases import NOW, case_of, incident, scored
from tests.factories import alert

TOLD = {"told_at": NOW, "told_severity": 2, "told_noise": 0.6, "checks": ["disk"]}


def test_what_adds_nothing_to_a_told_incident_is_hidden():
    ruling = Member().judge(case_of(incident=incident(**TOLD)))

    assert ruling is not None
    assert ruling.reason is Reason.INCIDENT_MEMBER
    assert "disk is bad" in ruling.text


@pytest.mark.parametrize(
    ("fields", "noise", "news"),
    [
        ({"severity": "high"}, 0.6, "more severe"),
        ({"check": "cpu"}, 0.6, "a new kind"),
        ({}, 0.4, "more likely to be real"),
    ],
)
def test_news_of_a_told_incident_is_an_update(fields, noise, news):
    ruling = Member().judge(
        case_of(alert(**fields), incident=incident(**TOLD), score=scored(noise))
    )

    assert ruling is not None
    assert (ruling.action, ruling.reason) == (Action.UPDATE, Reason.INCIDENT_CHANGED)
    assert news in ruling.text


def test_of_an_incident_that_nobody_was_told_of_nothing_is_hidden():
    assert Member().judge(case_of(incident=incident())) is None
    assert Member().judge(case_of()) is None
