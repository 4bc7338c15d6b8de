"""When drills are allowed: days and times of day as the people of one place live them.

A window is a row of openings, one on each of its days, from wall clock to wall clock of its time zone. Looked at as
openings, midnight and the changes of summer time need no rules of their own.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ideogram_operator.resource.checklist import Weekday
from ideogram_operator.resource.readiness import DrillWindow

WEEK = tuple(Weekday)
DAY = timedelta(days=1)
SPAN = 3
"""From so many days in a row on, they are told as a span: ``Mon-Fri``."""


def room(window: DrillWindow, now: datetime, length: timedelta = timedelta()) -> bool:
    """Whether the window is open now and stays so for that long; never in a time zone that nobody knows."""
    zone = _zone(window)
    if zone is None:
        return False
    try:
        return any(opens <= now and now + length < closes for opens, closes in _openings(window, zone, now))
    except OverflowError:
        return False


def known_zone(window: DrillWindow) -> bool:
    """Whether there is such a time zone."""
    return _zone(window) is not None


def told(window: DrillWindow) -> str:
    """Returns the window for people: ``Mon-Fri 09:00-17:00 Europe/Berlin``."""
    return f"{_days(window)} {window.start}-{window.end} {window.time_zone}"


def _zone(window: DrillWindow) -> ZoneInfo | None:
    try:
        return ZoneInfo(window.time_zone)
    except (LookupError, ValueError, OSError):
        # The name is a path to the library: some names are folders, some are no data of this kind.
        return None


def _openings(window: DrillWindow, zone: ZoneInfo, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The openings that may hold the moment: of today, and of yesterday over midnight."""
    today = now.astimezone(zone).date()
    for day in (today - DAY, today):
        if WEEK[day.weekday()] in window.days:
            last = day if window.end > window.start else day + DAY
            yield _moment(day, window.start, zone), _moment(last, window.end, zone)


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """The moment when the clock first shows that time; where it is put forward over it, as if it were not."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=zone).astimezone(UTC)


def _days(window: DrillWindow) -> str:
    indexes = sorted(WEEK.index(day) for day in window.days)
    if len(indexes) == len(WEEK):
        return "daily"
    if len(indexes) >= SPAN and indexes[-1] - indexes[0] == len(indexes) - 1:
        return f"{WEEK[indexes[0]]}-{WEEK[indexes[-1]]}"
    return ",".join(WEEK[index] for index in indexes)
