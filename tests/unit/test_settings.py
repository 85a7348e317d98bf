from __future__ import annotations

import pytest

from noise.decision import Mode
from noise.errors import SettingsError
from noise.settings import Settings, load_settings

WINDOW = {
    "name": "patch",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2026-01-01T04:00:00Z",
    "matchers": [{"field": "site", "value": "HQ"}],
}


def test_an_empty_tree_gives_the_defaults():
    assert load_settings({}) == Settings()


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"repeats": {"window_minutes": 0}}, r"Expected `int` >= 1 - at `\$.repeats"),
        ({"repeat": {}}, "unknown field `repeat`"),
        ({"mode": "hide"}, "Invalid enum value 'hide'"),
        ({"scoring": {"hide_above": 1.0}}, "hide_above"),
        ({"tenant_modes": {"acme": "on"}}, r"'on' - at `\$.tenant_modes.*: use one of observe, en"),
        ({"policies": [{"name": "p", "matchers": [{"op": "?"}]}]}, "op`: use one of =, !=, =~, !~"),
        ({"maintenance": [WINDOW | {"ends_at": "2025-01-01T00:00:00Z"}]}, "not after"),
        ({"maintenance": [WINDOW | {"starts_at": "2026-01-01T00:00:00"}]}, "need a zone"),
        ({"maintenance": [WINDOW | {"matchers": []}]}, "would fit everything"),
        ({"policies": [{"name": "p", "matchers": [{"field": "x", "value": ""}]}]}, "no alert has"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(tree, message):
    with pytest.raises(SettingsError, match=message):
        load_settings(tree)


def test_a_tenants_own_mode_wins():
    settings = load_settings({"mode": "observe", "tenant_modes": {"acme": "enforce"}})

    assert settings.mode_of("acme") is Mode.ENFORCE
    assert settings.mode_of("other") is Mode.OBSERVE


def test_a_maintenance_window_is_read_with_its_zone():
    (window,) = load_settings({"maintenance": [WINDOW]}).maintenance

    assert window.ends_at.timestamp() - window.starts_at.timestamp() == 4 * 3600


EVERY = {"hidden_real": 0.01, "missed_incidents": 0.02}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"tenant": "acme"}, {"alert_class": "backup"}),
        ({"tenant": "acme"}, {"alert_class": "backup", "tenant": "acme"}),
        ({}, {"alert_class": "backup"}),
        ({}, {"tenant": "acme"}),
        ({"alert_class": "backup"}, {"alert_class": "backup", "tenant": "acme"}),
        ({"alert_class": "backup"}, {"alert_class": "backup"}),
    ],
)
def test_a_limit_that_an_earlier_one_hides_is_refused(first, second):
    with pytest.raises(SettingsError, match=r"is hidden by the one for .*put it before that one"):
        load_settings({"risk_limits": [first | EVERY, second | EVERY]})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"alert_class": "backup"}, {"tenant": "acme"}),
        ({"tenant": "acme"}, {"tenant": "other"}),
        ({"tenant": "acme"}, {"tenant": "other", "alert_class": "backup"}),
        ({"alert_class": "backup", "tenant": "acme"}, {"alert_class": "backup"}),
        ({"alert_class": "backup"}, {"alert_class": "disk"}),
        ({"tenant": "acme"}, {}),
    ],
)
def test_limits_of_which_each_counts_somewhere_are_taken(first, second):
    taken = load_settings({"risk_limits": [first | EVERY, second | EVERY]}).risk_limits

    assert len(taken) == 2
