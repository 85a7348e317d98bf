"""How alerts behave when they are harmless: what a senior technician knows on day one, as data.

Each row says what it is about, how long such a thing may go on before somebody must be told, how
far a value ordinarily goes, and why. The configuration may change each row and add others. The
numbers are from common practice of monitoring, such as how long a restart or a backup takes, and
not from any recording.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from noise.alert import Alert
from noise.category import CATEGORIES, category_of
from noise.errors import SettingsError

HOUR = 60
DAY = 24 * HOUR
WHOLE = 100.0
EVEN = 50.0
UNBOUNDED = float("inf")

_DESKS = "workstation|laptop|desktop|notebook|tablet|pc|client"
_NUMBERS = re.compile(r"[\d.]+")


def _says(sentence: str) -> Meta:
    return Meta(description=sentence)


Minutes = Annotated[int, Meta(ge=0, le=14 * DAY)]
Share = Annotated[float, Meta(ge=0)]


class Habit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one kind of alert behaves when it is harmless. The first row that fits counts."""

    reason: Annotated[str, Meta(description="Why a technician would say so.", min_length=10)]
    category: Annotated[str, _says("A regular expression for the whole category.")] = ".*"
    device_class: Annotated[str, _says("One for the whole class of the device, in lower case.")] = (
        ".*"
    )
    words: Annotated[str, _says("One for a part of check or title, whatever the case.")] = ""
    minutes: Annotated[
        Minutes | None,
        _says("So long it may go on before somebody is told; null leaves that to the severity."),
    ] = None
    ordinary: Annotated[
        Share | None,
        _says("So far beyond its limit, as a share of it, a value is ordinary; null: none is."),
    ] = None
    limit_from: Annotated[
        float | None, _says("What is ordinary holds for no limit lower than this.")
    ] = None
    limit_to: Annotated[
        float | None, _says("What is ordinary holds for no limit higher than this.")
    ] = None
    of_hundred: Annotated[
        bool,
        _says(
            "The value is what is left of a hundred; where it is said how much is used, with a "
            "limit above 50, what is left below that counts."
        ),
    ] = False
    days_left: Annotated[
        Share | None, _says("Where the value counts days that are left: told with so many left.")
    ] = None
    crowd_minutes: Annotated[
        Minutes | None, _says("So long it may go on where several devices say it at once.")
    ] = None
    crowd: Annotated[
        int, Meta(ge=1, description="So many other devices that say it at once are a crowd.")
    ] = 3
    company: Annotated[
        int, Meta(ge=1, description="So many troubles that begin beside it make it urgent.")
    ] = 2
    nights: Annotated[
        int, Meta(ge=0, description="Told on this day in a row, whatever else; 0 for never.")
    ] = 0

    def is_ordinary(self, excess: float, limit: float) -> bool:
        """Say whether a value ``excess`` beyond ``limit``, as a share of it, is nothing unusual."""
        if self.ordinary is None or self.beyond(excess, limit) > self.ordinary:
            return False
        if self._counts_rest(limit):
            limit = WHOLE - limit
        low = -UNBOUNDED if self.limit_from is None else self.limit_from
        return low <= limit <= (UNBOUNDED if self.limit_to is None else self.limit_to)

    def beyond(self, excess: float, limit: float) -> float:
        """Return ``excess`` as a share of what is left of a hundred, where that is what counts."""
        return excess * limit / (WHOLE - limit) if self._counts_rest(limit) else excess

    def _counts_rest(self, limit: float) -> bool:
        return self.of_hundred and EVEN < limit < WHOLE


HABITS: Mapping[str, Habit] = {
    "expiry": Habit(
        words="(?:licen[cs]e|subscription|warranty|contract|domain|password|token).*expir",
        minutes=DAY,
        days_left=14,
        reason="what runs out on a date is renewed in time by whoever holds it; two weeks before "
        "somebody should ask",
    ),
    "agent_silent": Habit(
        category="availability|offline|host|device|agent|heartbeat|uptime|web|http",
        words="check-?in|last seen|agent status",
        minutes=2 * HOUR,
        reason="agents restart, or lose their vendor's cloud, while the device is well",
    ),
    "web_check": Habit(
        category="availability|offline|host|device|agent|heartbeat|uptime|web|http",
        words="http|web|url|probe",
        minutes=10,
        reason="a site stutters for some minutes when it is published anew or its pool restarts",
    ),
    "always_on": Habit(
        category="availability|offline|host|device|agent|heartbeat|uptime|web|http",
        words=r"(?:\b|[\d_])(?:pos|till|kasse|kiosk|cnc|plc|scada|hmi|signage|nvr|dvr|cctv)(?:\b|[\d_])",
        minutes=15,
        crowd_minutes=5,
        reason="tills, kiosks, machine controls and recorders run all day: nobody switches them "
        "off, and work stands still without them",
    ),
    "desk_offline": Habit(
        category="availability|offline|host|device|agent|heartbeat|uptime|web|http",
        device_class=_DESKS,
        minutes=3 * DAY,
        crowd_minutes=5,
        reason="people close lids and switch off, over night and over weekends; many desks that "
        "go at once hang on one switch or one fuse",
    ),
    "printer_offline": Habit(
        category="availability|offline|host|device|agent|heartbeat|uptime|web|http",
        device_class="printer",
        minutes=DAY,
        reason="printers sleep, and who needs one knows where it stands",
    ),
    "line_offline": Habit(
        category="availability|offline|host|device|agent|heartbeat|uptime|web|http",
        minutes=5,
        crowd_minutes=5,
        device_class="firewall|router|gateway|switch|access.?point|network",
        reason="lines are renewed and firmware restarts within minutes; after that a site is "
        "cut off",
    ),
    "offline": Habit(
        category="availability|offline|host|device|agent|heartbeat|uptime|web|http",
        minutes=15,
        crowd_minutes=5,
        reason="a restart with updates takes up to a quarter of an hour; several servers at "
        "once seldom restart together",
    ),
    "busy_disk": Habit(
        category="disk.*|storage|volume|performance",
        words=r"queue|\biops|i/o|iostat|disk.?(?:time|latency)|physicaldisk",
        minutes=2 * HOUR,
        ordinary=3.0,
        reason="backups, scans and reports keep disks busy for an hour or two, at some times what "
        "is usual",
    ),
    "desk_processor": Habit(
        category="cpu|processor|load|performance",
        device_class=_DESKS,
        words="cpu|processor|load",
        minutes=4 * HOUR,
        ordinary=0.25,
        limit_from=75,
        reason="whoever sits there knows what runs; a scan or an update takes hours at most",
    ),
    "processor": Habit(
        category="cpu|processor|load|performance",
        words="cpu|processor|load",
        minutes=90,
        ordinary=0.25,
        limit_from=75,
        reason="backups, scans and reports keep a processor busy for an hour; a processor that "
        "may be busy at all can be fully busy",
    ),
    "desk_memory": Habit(
        category="memory|ram|swap|performance",
        device_class=_DESKS,
        minutes=DAY,
        ordinary=0.7,
        limit_to=25,
        of_hundred=True,
        reason="memory in use is what memory is for; at night it is given back",
    ),
    "memory": Habit(
        category="memory|ram|swap|performance",
        minutes=4 * HOUR,
        ordinary=0.7,
        limit_to=25,
        of_hundred=True,
        reason="a server fills its memory for a job and gives it back; a leak does not",
    ),
    "desk_space": Habit(
        category="disk.*|storage|volume|file.?system|space",
        device_class=_DESKS,
        minutes=DAY,
        ordinary=0.25,
        limit_to=25,
        of_hundred=True,
        reason="a desk lives with a full disk for days; near its limit it hops over it",
    ),
    "space": Habit(
        category="disk.*|storage|volume|file.?system|space",
        minutes=4 * HOUR,
        ordinary=0.25,
        limit_to=25,
        of_hundred=True,
        reason="space that is just below its limit comes and goes with logs and dumps; a quarter "
        "of what must stay free being gone is another matter",
    ),
    "desk_service": Habit(
        category="service|process|application",
        device_class=_DESKS,
        minutes=HOUR,
        crowd_minutes=10,
        crowd=2,
        reason="services stop and start with every update; on many desks at once somebody or "
        "something stops them",
    ),
    "service": Habit(
        category="service|process|application",
        minutes=15,
        crowd_minutes=10,
        crowd=2,
        reason="an update or a watchdog starts it again within minutes",
    ),
    "backup": Habit(
        category="backups?|restore|replica",
        minutes=26 * HOUR,
        nights=3,
        reason="a failed run is tried again, and the next night mostly mends it; one that fails "
        "through the next night as well, or for three nights, does not mend itself",
    ),
    "certificate": Habit(
        category="certificates?|ssl|tls",
        minutes=DAY,
        days_left=7,
        reason="certificates are renewed from a month on before they end, mostly by themselves; "
        "with a week left somebody has to",
    ),
    "update": Habit(
        category="updates?|patch.*|reboot",
        minutes=3 * DAY,
        reason="updates fail today and succeed tomorrow; a restart waits for its evening",
    ),
    "printer": Habit(
        category="print.*",
        minutes=DAY,
        ordinary=1.0,
        reason="people fill paper and toner when it is empty; a fault shows in several parts",
    ),
    "line_quality": Habit(
        category="network|interface|link|line|wan|bandwidth|connectivity|vpn",
        words="loss|latency|jitter|ping",
        minutes=HOUR,
        ordinary=5.0,
        limit_to=10,
        reason="lines lose packets while somebody uploads; for an hour nobody does",
    ),
    "port": Habit(
        category="network|interface|link|line|wan|bandwidth|connectivity|vpn",
        device_class="(?!firewall|router|gateway).*",
        words=r"interface|port\b|link|\bif",
        minutes=3 * DAY,
        company=4,
        reason="a port goes dark with the desk behind it; a failing switch loses many at once",
    ),
    "network": Habit(
        category="network|interface|link|line|wan|bandwidth|connectivity|vpn",
        minutes=15,
        reason="links come back before anybody looks",
    ),
    "queue": Habit(
        category="queue|mail",
        minutes=45,
        ordinary=5.0,
        reason="a newsletter fills a queue to some times its limit and drains within the hour",
    ),
    "directory": Habit(
        category="directory|dns|domain",
        minutes=45,
        reason="a missed replication or a slow look-up is mended by the next round",
    ),
    "temperature": Habit(
        category="hardware|power|environment|temperature|ups|raid|smart",
        words="temp",
        minutes=4 * HOUR,
        ordinary=0.12,
        limit_to=45,
        crowd_minutes=10,
        reason="a room some degrees above its limit on a warm afternoon cools in the evening; "
        "where several devices say so at once, its cooling has failed",
    ),
    "mains": Habit(
        category="hardware|power|environment|temperature|ups|raid|smart",
        words=r"\bups|battery|power",
        minutes=10,
        reason="supplies test themselves and carry short cuts; after that it is a power cut",
    ),
    "wear": Habit(
        category="hardware|power|environment|temperature|ups|raid|smart",
        words="smart|sector|disk health|predict",
        minutes=12 * HOUR,
        reason="a disk wears out over days; a single bad sector is replaced and forgotten",
    ),
    "hardware": Habit(
        category="hardware|power|environment|temperature|ups|raid|smart",
        minutes=0,
        reason="broken parts do not mend themselves",
    ),
    "desk_login": Habit(
        category="security|antivirus|av|malware|intrusion|login|authentication",
        device_class=_DESKS,
        words="failed log|log.?on fail|4625",
        minutes=30,
        reason="people mistype a password at their desk, after it was changed for a morning",
    ),
    "security": Habit(
        category="security|antivirus|av|malware|intrusion|login|authentication",
        minutes=0,
        reason="seldom real, but the one that is must be seen",
    ),
    "event_log": Habit(
        category="event.?log|log",
        minutes=DAY,
        reason="a line in a log is over when it was written; what matters is told by other checks",
    ),
}
UNKNOWN = Habit(reason="nobody has written down how such alerts behave")


class Habits:
    """Finds the row that an alert belongs to."""

    def __init__(self, rows: Mapping[str, Habit]) -> None:
        """Take the rows by name, in the order in which they are tried."""
        self._rows = compile_habits(rows)
        self._find = lru_cache(maxsize=16_384)(self._first)

    def of(self, alert: Alert) -> Habit:
        """Return the first row that fits, ``UNKNOWN`` if none does.

        Where no row knows the category, its words tell what is meant.
        """
        # Values would make every title another one.
        text = f"{alert.check} {_NUMBERS.sub('', alert.title)}"
        return self._find(alert.category or "", (alert.device_class or "").lower(), text)

    def _first(self, category: str, device_class: str, text: str) -> Habit:
        fitting = (row.habit for row in self._rows if row.fits(category, device_class, text))
        habit = next(fitting, UNKNOWN)
        if habit is not UNKNOWN or not category or category in CATEGORIES:
            return habit
        meant = category_of(category)
        return UNKNOWN if meant is None else self._first(meant, device_class, text)


class Row(NamedTuple):
    """A habit with its patterns compiled."""

    category: re.Pattern[str]
    device_class: re.Pattern[str]
    words: re.Pattern[str]
    habit: Habit

    def fits(self, category: str, device_class: str, text: str) -> bool:
        """Say whether all three patterns fit."""
        return (
            self.category.fullmatch(category) is not None
            and self.device_class.fullmatch(device_class) is not None
            and self.words.search(text) is not None
        )


def compile_habits(rows: Mapping[str, Habit]) -> list[Row]:
    """Return the rows with their patterns compiled. Raises SettingsError."""
    return [_compiled(name, habit) for name, habit in rows.items()]


def _compiled(name: str, habit: Habit) -> Row:
    try:
        return Row(
            re.compile(habit.category, re.DOTALL | re.IGNORECASE),
            re.compile(habit.device_class, re.DOTALL),
            re.compile(habit.words, re.IGNORECASE),
            habit,
        )
    except re.error as exc:
        raise SettingsError(f"habit {name!r} has no regular expression: {exc}") from exc
