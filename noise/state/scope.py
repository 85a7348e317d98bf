"""What goes live together in mode earn.

``class/disk`` is what was judged of disk alerts, ``all`` all classes of a client together.
"""

from __future__ import annotations

from noise.mode_change import ModeChange

ALL = "all"
CLASS = "class/"
OTHER = "other"


def scope_of_class(alert_class: str | None) -> str:
    """Return the scope of alerts of one class; None stands for those without one."""
    return CLASS + (alert_class or OTHER)


def class_of(scope: str) -> str | None:
    """Return the class of alerts that a scope stands for, None if it is none."""
    return scope.removeprefix(CLASS) if scope.startswith(CLASS) else None


def scope_in(change: ModeChange) -> str:
    """Return the scope that a change is about."""
    return change.scope if change.alert_class is None else scope_of_class(change.alert_class)


def in_words(scope: str) -> str:
    """Return what people call a scope."""
    alert_class = class_of(scope)
    return "all classes of alerts together" if alert_class is None else f"{alert_class} alerts"
