"""When drills are allowed: as the people of a place live their days, midnight and summer time included."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.decisions.drill_window import known_zone, room, told
from ideogram_operator.resource.checklist import Weekday
from ideogram_operator.resource.readiness import DrillWindow

OFFICE = {"days": ["Mon", "Tue", "Wed", "Thu", "Fri"], "start": "09:00", "end": "17:00", "timeZone": "Europe/Berlin"}
NIGHT = {"days": ["Fri"], "start": "22:00", "end": "04:00", "timeZone": "Europe/Berlin"}
MINUTE = timedelta(minutes=1)


def window(given: dict[str, Any]) -> DrillWindow:
    return DrillWindow.model_validate(given, by_alias=True, by_name=False)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "now", "length", "opens"),
    [
        (OFFICE, "2026-11-23T08:00", 1, True),  # a Monday, nine in Berlin
        (OFFICE, "2026-11-23T07:59", 1, False),
        (OFFICE, "2026-11-23T15:58", 1, True),
        (OFFICE, "2026-11-23T15:59", 1, False),  # a drill has to end before it closes
        (OFFICE, "2026-11-23T16:00", 0, False),
        (OFFICE, "2026-11-22T10:00", 1, False),  # a Sunday
        (OFFICE, "2026-07-20T07:00", 1, True),  # nine in summer
        (OFFICE, "2026-07-20T15:00", 1, False),
        (NIGHT, "2026-11-20T21:00", 60, True),  # Friday, ten in the evening
        (NIGHT, "2026-11-20T20:59", 1, False),
        (NIGHT, "2026-11-21T02:00", 59, True),  # Saturday, three in the morning
        (NIGHT, "2026-11-21T02:00", 60, False),
        (NIGHT, "2026-11-21T21:30", 1, False),  # Saturday evening: it opens on Fridays
        (NIGHT, "2026-11-20T02:00", 1, False),  # Friday morning: it opened on no Thursday
        # The clock goes forward from two to three on Sunday, 29 March 2026.
        ({**NIGHT, "days": ["Sat"]}, "2026-03-29T01:30", 29, True),
        ({**NIGHT, "days": ["Sat"]}, "2026-03-29T01:30", 30, False),
        # And back from three to two on Sunday, 25 October 2026: that night is seven hours long.
        ({**NIGHT, "days": ["Sat"]}, "2026-10-25T02:30", 29, True),
        ({**NIGHT, "days": ["Sat"]}, "2026-10-25T02:30", 30, False),
        ({"start": "00:00", "end": "23:59"}, "2026-11-22T12:00", 60, True),
        ({**OFFICE, "timeZone": "Mars/Olympus"}, "2026-11-23T10:00", 1, False),
        ({**OFFICE, "timeZone": "America"}, "2026-11-23T10:00", 1, False),  # a folder of the library
        ({**OFFICE, "timeZone": "zone1970"}, "2026-11-23T10:00", 1, False),
    ],
)
def test_a_window_is_open_from_its_start_until_what_is_left_is_too_little(
    given: dict[str, Any], now: str, length: int, opens: bool
) -> None:
    assert room(window(given), at(now), length * MINUTE) is opens


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (OFFICE, "Mon-Fri 09:00-17:00 Europe/Berlin"),
        (NIGHT, "Fri 22:00-04:00 Europe/Berlin"),
        ({"start": "10:00"}, "daily 10:00-23:59 UTC"),
        ({**OFFICE, "days": ["Wed", "Mon"]}, "Mon,Wed 09:00-17:00 Europe/Berlin"),
        ({**OFFICE, "days": ["Sun", "Fri", "Sat"]}, "Fri-Sun 09:00-17:00 Europe/Berlin"),
    ],
)
def test_a_window_is_told_as_people_say_it(given: dict[str, Any], words: str) -> None:
    assert told(window(given)) == words


def test_a_zone_that_nobody_knows_is_known_as_such() -> None:
    assert known_zone(window(OFFICE))
    assert not known_zone(window({**OFFICE, "timeZone": "Mars/Olympus"}))


CLOCKS = st.times().map(lambda clock: f"{clock:%H:%M}")


@given(
    days=st.lists(st.sampled_from(Weekday), min_size=1, unique=True),
    start=CLOCKS,
    end=CLOCKS,
    now=st.datetimes(timezones=st.just(UTC)),
    length=st.timedeltas(timedelta(), timedelta(hours=4)),
)
def test_a_window_that_has_room_for_long_has_room_for_less(
    days: list[Weekday], start: str, end: str, now: datetime, length: timedelta
) -> None:
    if start == end:
        return
    given = window({"days": days, "start": start, "end": end, "timeZone": "America/New_York"})
    if room(given, now, length):
        assert room(given, now, length / 2)
        assert room(given, now)
