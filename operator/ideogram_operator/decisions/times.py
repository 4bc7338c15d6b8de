"""Times that never leave the calendar: a sum too late for it is its end, so that deciding is total."""

from datetime import UTC, datetime, timedelta

END_OF_TIME = datetime.max.replace(tzinfo=UTC)
START_OF_TIME = datetime.min.replace(tzinfo=UTC)


def later(moment: datetime, span: timedelta) -> datetime:
    """Returns the moment that long after, at most the calendar's end."""
    try:
        return moment + span
    except OverflowError:
        return END_OF_TIME if span > timedelta() else START_OF_TIME


def times(span: timedelta, factor: int, longest: timedelta) -> timedelta:
    """Returns the span so many times over, at most ``longest``."""
    try:
        return min(span * factor, longest)
    except OverflowError:
        return longest
