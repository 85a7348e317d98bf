"""Every setting, declared once: type, default, bounds and a sentence for the reference.

Unknown keys fail. ``load_settings`` names the path of what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, inspect

from noise.alert import Severity
from noise.decision import Mode
from noise.errors import SettingsError
from noise.habits import HABITS, Habit, compile_habits
from noise.matcher import Matcher, compile_matchers

_WRONG_WORD = re.compile(r"^Invalid enum value .* - at `\$(.*)`$", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[")


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


def _says(
    sentence: str, ge: float | None = None, le: float | None = None, lt: float | None = None
) -> Meta:
    if lt is not None:
        return Meta(description=sentence, ge=ge, lt=lt)
    return Meta(description=sentence, ge=ge, le=le)


class Repeats(_Section, frozen=True, kw_only=True):
    """Repeats of a condition that is already known."""

    window_minutes: Annotated[
        int,
        _says(
            "A repeat within this many minutes of the first is folded into it; what goes on is "
            "judged again after so many, after 4 times as many, then after every 24 times as many; "
            "where the tool sends no clears, after every so many.",
            ge=1,
            le=1440,
        ),
    ] = 60


class Flapping(_Section, frozen=True, kw_only=True):
    """Conditions that come and go."""

    changes: Annotated[
        int, _says("So many raises within the window make a condition flapping.", ge=3, le=30)
    ] = 5
    window_minutes: Annotated[
        int, _says("The window in which raises are counted.", ge=5, le=1440)
    ] = 60


class Holding(_Section, frozen=True, kw_only=True):
    """How long alerts wait that no habit knows, or whose value goes further than is ordinary."""

    low_minutes: Annotated[
        int, _says("How long those of severity info and low are held.", ge=0, le=240)
    ] = 15
    medium_minutes: Annotated[
        int, _says("How long those of severity medium are held.", ge=0, le=240)
    ] = 10
    high_minutes: Annotated[
        int,
        _says("How long those of severity high are held; critical never is.", ge=0, le=240),
    ] = 0
    hopeless_share: Annotated[
        float,
        _says("A condition that cleared in time less often than this is not held.", ge=0, le=1),
    ] = 0.2
    hopeless_after: Annotated[
        int, _says("So many episodes must be known before that rule counts.", ge=1, le=1000)
    ] = 5


class Correlation(_Section, frozen=True, kw_only=True):
    """Which alerts become one incident."""

    device_minutes: Annotated[
        int, _says("Alerts of one device join within this many minutes.", ge=1, le=240)
    ] = 15
    check_minutes: Annotated[
        int, _says("Alerts of one check on several devices join within this.", ge=1, le=240)
    ] = 60
    max_minutes: Annotated[
        int, _says("No incident takes new members after this many minutes.", ge=5, le=1440)
    ] = 120
    max_members: Annotated[
        int, _says("No incident takes more members than this.", ge=2, le=10_000)
    ] = 500
    quiet_after_minutes: Annotated[
        int, _says("An incident without news for this long is called quiet.", ge=5, le=10_080)
    ] = 240


class Scoring(_Section, frozen=True, kw_only=True):
    """When the model's opinion hides an alert."""

    hide_above: Annotated[
        float, _says("Alerts that are noise with a higher probability are hidden.", ge=0.5, lt=1)
    ] = 0.9
    certain_above: Annotated[
        float,
        _says("The lower end of the interval must be above this as well.", ge=0, lt=1),
    ] = 0.3
    hide_above_if_real: Annotated[
        float,
        _says("What hide_above is for checks that were found real at this client.", ge=0.5, lt=1),
    ] = 0.985
    certain_above_if_real: Annotated[
        float,
        _says("What certain_above is for checks that were found real at this client.", ge=0, lt=1),
    ] = 0.7
    guard_labels: Annotated[
        int,
        _says("Answers that a check of a client needs before it may be hidden.", ge=1, le=1000),
    ] = 1
    guard_clients: Annotated[
        int,
        _says(
            "So many clients that share must have called a check noise, and none real, to stand in "
            "for such an answer; never of severity high or critical, or category security.",
            ge=3,
            le=1000,
        ),
    ] = 3
    half_life_days: Annotated[
        float, _says("After so many days an answer counts half.", ge=1, le=3650)
    ] = 60
    never_hide: Annotated[
        Severity, _says("The model alone never hides this severity or a higher one.")
    ] = Severity.CRITICAL
    challenger: Annotated[
        bool,
        _says(
            "Compare the model with an adaptive random forest that learns from the same answers "
            "and decides nothing; costs about a millisecond an answer, and memory."
        ),
    ] = False


class Sharing(_Section, frozen=True, kw_only=True):
    """What clients teach each other: check, class of device and verdict of their answers."""

    tenants: Annotated[
        tuple[str, ...],
        _says(
            "Clients that agreed to share their answers; nobody else's leave them. Who is taken "
            "off is forgotten."
        ),
    ] = ()


class Sampling(_Section, frozen=True, kw_only=True):
    """Hidden alerts that are shown all the same, to keep the measure honest."""

    audit_share: Annotated[
        float,
        _says(
            "The share of hidden alerts shown as an audit sample; more of what the model is less "
            "sure of and of classes of which little is hidden, up to 16 times as many; less of "
            "what joins an incident that people know of.",
            ge=0,
            le=1,
        ),
    ] = 0.003
    probe_hours: Annotated[
        int,
        _says(
            "What the model hides though it was real before, or has a value, is shown once in so "
            "many hours, at a random phase.",
            ge=1,
        ),
    ] = 24
    salt: Annotated[
        str, _says("A secret text; with it nobody can foresee what will be sampled.")
    ] = "noise"


class Earn(_Section, frozen=True, kw_only=True):
    """When mode earn hides what the engine judged to be noise, and when it stops again."""

    hidden_real: Annotated[
        float,
        _says(
            "Of what is hidden, the share that may have been real. Goes live when the upper bound "
            "in shadow is not above it, falls back when the lower bound is; 0 never hides.",
            ge=0,
            le=1,
        ),
    ] = 0.01
    missed_incidents: Annotated[
        float,
        _says(
            "Of the real incidents, the share that may be hidden: what is known of it counts, "
            "before and after going live; 0 never hides.",
            ge=0,
            le=1,
        ),
    ] = 0.02
    prove_missed_incidents: Annotated[
        bool,
        _says(
            "Whether the upper bound of that counts as well; to prove 2 % takes about 150 real "
            "incidents of the client, none of them hidden."
        ),
    ] = False
    answers: Annotated[
        int,
        _says("So many answers on what would be hidden are needed at least.", ge=1, le=100_000),
    ] = 100
    valid_days: Annotated[
        int, _says("What was proven in shadow counts for so long; then it starts again.", ge=1)
    ] = 90
    wait_hours: Annotated[
        int,
        _says(
            "So long it stays in shadow at least, so that what is proven holds for more than a few "
            "quiet days: what is real comes in bursts, weeks apart. Twice as long after it fell "
            "back.",
            ge=0,
            le=720,
        ),
    ] = 336


class Limits(_Section, frozen=True, kw_only=True):
    """Bounds of what is remembered for each client."""

    conditions: Annotated[int, _says("Conditions kept per client.", ge=100, le=1_000_000)] = 20_000
    incidents: Annotated[int, _says("Incidents kept per client.", ge=10, le=100_000)] = 2_000
    unanswered: Annotated[
        int, _says("Decisions per client that can still be labelled exactly.", ge=100, le=1_000_000)
    ] = 5_000
    days: Annotated[
        int, _says("What did not speak for so many days is forgotten.", ge=1, le=3650)
    ] = 35


class MaintenanceWindow(_Section, frozen=True, kw_only=True):
    """A time in which fitting alerts are hidden; security alerts never are."""

    name: Annotated[str, _says("Stands in the explanation.")]
    starts_at: Annotated[datetime, _says("Start, with a time zone.")]
    ends_at: Annotated[datetime, _says("End, with a time zone.")]
    matchers: Annotated[tuple[Matcher, ...], _says("All must fit.")]


class Policy(_Section, frozen=True, kw_only=True):
    """A standing rule of the owner: fitting alerts are always hidden or always shown."""

    name: Annotated[str, _says("Stands in the explanation.")]
    show: Annotated[bool, _says("True shows what fits at once, false hides it.")] = False
    matchers: Annotated[tuple[Matcher, ...], _says("All must fit.")]


class RiskLimit(_Section, frozen=True, kw_only=True):
    """Limits, those of classes first; the first that fits counts before those of earn."""

    tenant: Annotated[str | None, _says("The client; none stands for all.")] = None
    alert_class: Annotated[
        str | None,
        _says("The category of the alerts, which then must earn it alone; none stands for all."),
    ] = None
    hidden_real: Annotated[float, _says("As in earn.", ge=0, le=1)]
    missed_incidents: Annotated[float, _says("As in earn.", ge=0, le=1)]

    @property
    def fits(self) -> str:
        """What it is for, in words."""
        alerts = "all alerts" if self.alert_class is None else f"{self.alert_class} alerts"
        return f"{alerts} of {'all clients' if self.tenant is None else self.tenant}"

    def hides(self, later: RiskLimit) -> bool:
        """Say whether this row, which stands first, takes from ``later`` what that one is for.

        That is all that it fits, or a class of alerts of some client.
        """
        if self.alert_class is None and later.alert_class is not None:
            return self.tenant in {None, later.tenant} or later.tenant is None
        return self.tenant in {None, later.tenant} and self.alert_class == later.alert_class


class Kafka(_Section, frozen=True, kw_only=True):
    """Where the records are."""

    bootstrap: Annotated[
        str | None, _says("Broker as host:port; none starts a local broker where one is needed.")
    ] = None
    prefix: Annotated[
        str, Meta(description="First part of all topic names.", pattern=r"^[a-zA-Z0-9._-]{1,100}$")
    ] = "noise"
    partitions: Annotated[
        int, _says("Partitions of the alert, feedback and incident topics.", ge=1, le=1024)
    ] = 4
    replication: Annotated[int, _says("Copies of each topic.", ge=1, le=7)] = 1
    retention_days: Annotated[
        int, _says("How long raw alerts, decisions and dead letters are kept.", ge=1, le=3650)
    ] = 30
    session_seconds: Annotated[
        float, _says("A worker silent for so long loses its partitions.", ge=6, le=300)
    ] = 10


class Metrics(_Section, frozen=True, kw_only=True):
    """The page for Prometheus."""

    port: Annotated[int, _says("Port of /metrics; 0 takes a free one.", ge=0, le=65535)] = 9464
    address: Annotated[str, _says("Address that it listens on.")] = "127.0.0.1"
    tenants: Annotated[
        int, _says("So many clients get series of their own; 0 switches them off.", ge=0, le=10_000)
    ] = 500


class Settings(_Section, frozen=True, kw_only=True):
    """The whole configuration."""

    mode: Annotated[
        Mode,
        _says(
            "observe shows everything and says what it would hide; enforce hides; earn hides what "
            "was shown to be under the owner's limits."
        ),
    ] = Mode.EARN
    tenant_modes: Annotated[
        dict[str, Mode], _says("The mode of single clients, where it differs.")
    ] = {}
    tenants_file: Annotated[
        str | None, _says("A YAML or JSON file with what is known of the clients.")
    ] = None
    repeats: Repeats = Repeats()
    flapping: Flapping = Flapping()
    holding: Holding = Holding()
    habits: Annotated[
        dict[str, Habit],
        _says("How alerts behave when they are harmless, by name; the first that fits counts."),
    ] = msgspec.field(default_factory=lambda: dict(HABITS))
    correlation: Correlation = Correlation()
    scoring: Scoring = Scoring()
    sharing: Sharing = Sharing()
    sampling: Sampling = Sampling()
    earn: Earn = Earn()
    risk_limits: tuple[RiskLimit, ...] = ()
    limits: Limits = Limits()
    maintenance: tuple[MaintenanceWindow, ...] = ()
    policies: tuple[Policy, ...] = ()
    kafka: Kafka = Kafka()
    metrics: Metrics = Metrics()

    def mode_of(self, tenant: str) -> Mode:
        """Return the mode in which ``tenant`` runs."""
        return self.tenant_modes.get(tenant, self.mode)

    def risk_limit_of(self, tenant: str, alert_class: str | None) -> RiskLimit:
        """Return the first limit that fits a client and a class of alerts; None means all classes.

        One that names the class has its ``alert_class`` set.
        """
        for limit in self.risk_limits:
            if limit.tenant in {None, tenant} and limit.alert_class in {None, alert_class}:
                return limit
        return RiskLimit(
            hidden_real=self.earn.hidden_real, missed_incidents=self.earn.missed_incidents
        )


def load_settings(tree: Mapping[str, Any]) -> Settings:
    """Check a tree of plain values, as read from YAML, against the declarations.

    Raises SettingsError with the path of the first value that does not fit.
    """
    try:
        settings = msgspec.convert(_with_known_habits(tree), Settings)
    except msgspec.ValidationError as exc:
        raise SettingsError(f"{exc}{_choice(str(exc))}") from exc
    compile_habits(settings.habits)
    _check_order(settings.risk_limits)
    for window in settings.maintenance:
        _check_window(window)
    rules: list[MaintenanceWindow | Policy] = [*settings.maintenance, *settings.policies]
    for rule in rules:
        compile_matchers(rule.matchers)
        if not rule.matchers:
            raise SettingsError(f"{rule.name!r} has no matchers and would fit everything")
    return settings


def _with_known_habits(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    """Complete the rows that are changed in part; what is new is tried before what is known."""
    given = tree.get("habits")
    if not isinstance(given, Mapping):
        return tree
    known = msgspec.to_builtins(dict(HABITS))
    new = {name: row for name, row in given.items() if name not in known}
    for name, row in known.items():
        change = given.get(name, {})
        new[name] = row | change if isinstance(change, Mapping) else change
    return {**tree, "habits": new}


def _check_order(limits: Sequence[RiskLimit]) -> None:
    """Refuse a row that one before it hides."""
    for place, limit in enumerate(limits):
        for before in limits[:place]:
            if before.hides(limit):
                raise SettingsError(
                    f"risk_limits: the row for {limit.fits} is hidden by the one for "
                    f"{before.fits}, which fits first: put it before that one, or leave one out"
                )


def _check_window(window: MaintenanceWindow) -> None:
    if window.starts_at.tzinfo is None or window.ends_at.tzinfo is None:
        raise SettingsError(f"maintenance {window.name!r}: times need a zone, such as Z or +01:00")
    if window.ends_at <= window.starts_at:
        raise SettingsError(f"maintenance {window.name!r}: ends_at is not after starts_at")


def _choice(error: str) -> str:
    """Return which words are allowed where ``error`` says that a word is not."""
    found = _WRONG_WORD.search(error)
    if found is None:
        return ""
    kind: Any = inspect.type_info(Settings)
    for name in _STEP.findall(found.group(1)):
        if isinstance(kind, inspect.StructType):
            kind = next(field.type for field in kind.fields if field.encode_name == name)
        else:
            kind = kind.value_type if isinstance(kind, inspect.DictType) else kind.item_type
        if isinstance(kind, inspect.Metadata):
            kind = kind.type
    return f": use one of {', '.join(kind.cls)}"
