from __future__ import annotations

import pytest

from noise.errors import SettingsError
from noise.matcher import Matcher, Operator, compile_matchers
from tests.factories import alert


@pytest.mark.parametrize(
    ("op", "value", "fits"),
    [
        (Operator.IS, "SRV-1", True),
        (Operator.IS, "SRV-2", False),
        (Operator.IS_NOT, "SRV-2", True),
        (Operator.MATCHES, "SRV-.*", True),
        (Operator.MATCHES, "RV", False),
        (Operator.MATCHES_NOT, "LAB-.*", True),
    ],
)
def test_an_operator_compares_the_whole_field(op, value, fits):
    assert compile_matchers([Matcher("device", value, op)])(alert(device="SRV-1")) is fits


def test_all_matchers_must_fit():
    both = compile_matchers([Matcher("device", "A"), Matcher("severity", "high")])

    assert both(alert(device="A", severity="high"))
    assert not both(alert(device="A", severity="low"))


def test_a_label_is_matched_by_its_name_and_a_missing_field_is_empty_text():
    assert compile_matchers([Matcher("labels.env", "dev")])(alert(labels={"env": "dev"}))
    assert compile_matchers([Matcher("labels.env", "")])(alert())
    assert compile_matchers([Matcher("object", "")])(alert())


def test_an_unknown_field_is_refused_with_the_fields_there_are():
    with pytest.raises(SettingsError, match=r"no alert has a field 'hostname'; use .*device"):
        compile_matchers([Matcher("hostname", "x")])


def test_a_pattern_that_does_not_compile_is_refused():
    with pytest.raises(SettingsError, match="not a regular expression"):
        compile_matchers([Matcher("device", "(", Operator.MATCHES)])
