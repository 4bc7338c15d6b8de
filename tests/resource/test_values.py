"""Money, times and switch names."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.resource.fields import format_time, parse_money, parse_time
from ideogram_operator.resource.switches import switch_name_allowed

OFFSETS = st.integers(min_value=-14 * 60, max_value=14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2999, 1, 1), timezones=OFFSETS)  # noqa: DTZ001 - hypothesis adds the zone


@pytest.mark.parametrize(
    ("text", "amount"), [("1.00", "1.00"), ("10", "10"), ("0.000001", "0.000001"), ("9999999", "9999999")]
)
def test_money_is_exact(text: str, amount: str) -> None:
    assert parse_money(text) == Decimal(amount)


@pytest.mark.parametrize(
    "value", ["", "1.", ".5", "-1", "+1", "1e3", "1,00", "1.0000001", "12345678", "NaN", 1.5, 1, None, True]
)
def test_anything_else_is_no_money(value: object) -> None:
    with pytest.raises(ValueError, match="in quotes"):
        parse_money(value)


@given(MOMENTS)
def test_a_time_is_read_back_exactly_and_in_utc(moment: datetime) -> None:
    text = format_time(moment)
    assert text.endswith("Z")
    assert parse_time(text) == moment
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    ["", "now", "2026-12-01", "2026-12-01T06:00:00", "2026-12-01 06:00:00Z", "2026-13-01T06:00:00Z", 1764547200, None],
)
def test_anything_else_is_no_time(value: object) -> None:
    with pytest.raises(ValueError):
        parse_time(value)


@pytest.mark.parametrize(
    "name",
    [
        "IDEOGRAM_ENABLED",
        "IDEOGRAM_CONCURRENCY",
        "IDEOGRAM_FALLBACK_2",
        "IDEOGRAM_KEYNOTES",
        "IDEOGRAM_API_ENABLED",
        "IDEOGRAM_WEBHOOK_ENABLED",
        "IDEOGRAM_DATABASED",
    ],
)
def test_usual_switch_names_are_allowed(name: str) -> None:
    assert switch_name_allowed(name)


@pytest.mark.parametrize(
    "name",
    [
        "LD_PRELOAD",
        "PATH",
        "IDEOGRAM_",
        "ideogram_enabled",
        "IDEOGRAM_ENABLED\n",
        "XIDEOGRAM_ENABLED",
        "IDEOGRAM_BASE_URL",
        "IDEOGRAM_API_KEY",
        "IDEOGRAM_KEY",
        "IDEOGRAM_HTTPS_PROXY",
        "IDEOGRAM_HOST",
        "IDEOGRAM_API_BASE",
        "IDEOGRAM_APIKEY",
        "IDEOGRAM_API_SERVER",
        "IDEOGRAM_ENDPOINT_OVERRIDE",
        "IDEOGRAM_PASSWORD",
        "IDEOGRAM_CA_BUNDLE",
        "IDEOGRAM_PLUGINS",
    ],
)
def test_names_that_would_divert_the_application_are_not(name: str) -> None:
    assert not switch_name_allowed(name)


def test_the_operators_settings_may_allow_more() -> None:
    assert switch_name_allowed("ideogram.enabled", [r"ideogram\.[a-z]+"])
    assert not switch_name_allowed("ideogram.enabled.x", [r"ideogram\.[a-z]+"])
    assert not switch_name_allowed("LD_PRELOAD", [r"FEATURE_.*"])
