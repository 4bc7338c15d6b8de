from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.resource.durations import MAX_LENGTH, format_duration, parse_duration

MICROSECONDS = st.integers(min_value=0, max_value=9_999_999 * 3_600_000_000)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("500ms", 0.5),
        ("10s", 10),
        ("5m", 300),
        ("6h", 21600),
        ("1h30m", 5400),
        ("720h", 2_592_000),
        ("8.4s", 8.4),
        ("0.5ms", 0.0005),
        ("1.5h", 5400),
        ("90s", 90),
    ],
)
def test_durations_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "10", "s", "1d", "-1s", "+1s", "1 s", " 1s", "1s\n", "1.2345s", "1.s", "\uff11s", "9" * 8 + "s", "1s" * 20],
)
def test_anything_else_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="such as 500ms, 10s"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(seconds=-1), "0s"),
        (timedelta(milliseconds=412), "412ms"),
        (timedelta(seconds=8.4), "8.4s"),
        (timedelta(seconds=60), "1m"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(hours=720), "720h"),
        (timedelta(hours=1, milliseconds=5), "1h5ms"),
        (timedelta(microseconds=1500), "1.5ms"),
        (timedelta(seconds=1, microseconds=1), "1s0.001ms"),
    ],
)
def test_durations_as_they_are_shown(value: timedelta, text: str) -> None:
    assert format_duration(value) == text


@given(MICROSECONDS)
def test_what_is_shown_is_read_back_exactly(micros: int) -> None:
    value = timedelta(microseconds=micros)
    text = format_duration(value)
    assert len(text) <= MAX_LENGTH
    assert parse_duration(text) == value


@given(st.text(alphabet="0123456789.hms ", max_size=40))
def test_reading_never_fails_in_another_way(text: str) -> None:
    try:
        value = parse_duration(text)
    except ValueError:
        return
    assert value >= timedelta()
