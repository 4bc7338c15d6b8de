"""Durations as people write them: ``500ms``, ``10s``, ``5m``, ``6h``, ``1h30m``, ``8.4s``.

The form is the part of Go's that Kubernetes and CEL's ``duration()`` read too, so that the API server and the
operator never disagree about a value. Fractions have at most three digits: every value is a whole number of
microseconds, and what was written is what is compared.
"""

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from ideogram_operator.resource.rules import Rule

PATTERN: Final = r"^([0-9]{1,7}(\.[0-9]{1,3})?(ms|s|m|h))+$"
MAX_LENGTH: Final = 32

_PART: Final = re.compile(r"(\d{1,7})(?:\.(\d{1,3}))?(ms|s|m|h)")
_WHOLE: Final = re.compile(PATTERN)
_MICROSECONDS: Final = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}


def parse_duration(text: str) -> timedelta:
    """The length of time that `text` names.

    Raises:
        ValueError: `text` is not a duration; the message shows the form.
    """
    if len(text) > MAX_LENGTH or not _WHOLE.fullmatch(text):
        raise ValueError("must be a duration such as 500ms, 10s, 5m, 6h or 1h30m")
    return timedelta(microseconds=sum(_microseconds(*part.groups()) for part in _PART.finditer(text)))


def _microseconds(whole: str, fraction: str | None, unit: str) -> int:
    thousandths = int(whole) * 1000 + int((fraction or "0").ljust(3, "0"))
    return thousandths * _MICROSECONDS[unit] // 1000


def format_duration(value: timedelta) -> str:
    """The shortest usual form of `value`: ``1h30m``, ``8.4s``, ``412ms``, ``0s``. Negative values are ``0s``."""
    micros = max(value, timedelta()) // timedelta(microseconds=1)
    hours, micros = divmod(micros, _MICROSECONDS["h"])
    minutes, micros = divmod(micros, _MICROSECONDS["m"])
    large = (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "")
    return (large + _seconds(micros)) or "0s"


def _seconds(micros: int) -> str:
    """Seconds with up to three digits, below a second or finer than that milliseconds, and nothing for zero."""
    seconds, rest = divmod(micros, _MICROSECONDS["s"])
    if rest % 1000 == 0 and seconds:
        return _number(seconds, rest // 1000) + "s"
    millis, finer = divmod(rest, 1000)
    return (f"{seconds}s" if seconds else "") + (_number(millis, finer) + "ms" if rest else "")


def _number(whole: int, thousandths: int) -> str:
    return f"{whole}.{thousandths:03d}".rstrip("0").rstrip(".") if thousandths else str(whole)


def _from_wire(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError("must be a duration in quotes, such as 10s")


Duration = Annotated[
    timedelta,
    BeforeValidator(_from_wire),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "maxLength": MAX_LENGTH, "pattern": PATTERN}),
]


def between(least: str, most: str) -> Rule:
    """The rule that a duration is from `least` to `most`, both included."""
    low, high = parse_duration(least), parse_duration(most)
    return Rule(
        cel=f"duration(self) >= duration('{least}') && duration(self) <= duration('{most}')",
        says=f"must be from {least} to {most}",
        holds=lambda value: low <= value <= high,
    )


def zero_or_between(least: str, most: str) -> Rule:
    """The rule that a duration is zero, which means never, or from `least` to `most`."""
    low, high = parse_duration(least), parse_duration(most)
    return Rule(
        cel=f"duration(self) == duration('0s') || "
        f"(duration(self) >= duration('{least}') && duration(self) <= duration('{most}'))",
        says=f"must be 0s (never) or from {least} to {most}",
        holds=lambda value: not value or low <= value <= high,
    )
