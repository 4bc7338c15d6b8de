"""``GET /v2/account/usage``: what an account was billed, in dense time buckets, minutes late.

Field names are the published ones; the envelope's name (``buckets``) is an assumption.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lab.simulator.accounts import Charge
from lab.simulator.prices import billing_identifier

WIDTHS = {"1h": timedelta(hours=1), "1d": timedelta(days=1)}
LONGEST = {"1h": timedelta(hours=168), "1d": timedelta(days=92)}


def usage(charges: Iterable[Charge], query: Mapping[str, str], now: datetime, lag: timedelta) -> dict[str, Any]:
    """The answer's body.

    Raises:
        ValueError: a time that is missing or no RFC 3339, an unknown width, too long a range.
    """
    width = query.get("bucket_width", "1d")
    if width not in WIDTHS:
        raise ValueError("bucket_width: 1h or 1d")
    step = WIDTHS[width]
    end = _time(query, "end_time", now)
    start = _time(query, "start_time", None)
    if end - start > LONGEST[width]:
        raise ValueError(f"a range of {width} buckets is at most {LONGEST[width].days} days")
    visible = [charge for charge in charges if _at(charge) <= now - lag]
    first = start - (start - datetime(1970, 1, 1, tzinfo=UTC)) % step
    count = max(-(-(end - first) // step), 0)
    return {"buckets": [_bucket(visible, first + i * step, step) for i in range(count)]}


def _time(query: Mapping[str, str], name: str, default: datetime | None) -> datetime:
    text = query.get(name)
    if text is None:
        if default is None:
            raise ValueError(f"{name} is required")
        return default
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    return found.astimezone(UTC)


def _at(charge: Charge) -> datetime:
    return datetime.fromtimestamp(charge.at, UTC)


def _bucket(charges: list[Charge], start: datetime, step: timedelta) -> dict[str, Any]:
    groups: dict[tuple[str, str, str], list[Charge]] = defaultdict(list)
    for charge in charges:
        if start <= _at(charge) < start + step:
            groups[charge.cost.product, charge.endpoint, charge.key].append(charge)
    items = [_line_item(endpoint, key, group) for (_, endpoint, key), group in groups.items()]
    return {"start_time": start.isoformat(), "end_time": (start + step).isoformat(), "line_items": items}


def _line_item(endpoint: str, key: str, charges: list[Charge]) -> dict[str, Any]:
    cost = charges[0].cost
    quantity = sum(charge.cost.quantity for charge in charges)
    return {
        "product": billing_identifier(cost.product),
        "endpoint": endpoint,
        "description": f"Images generated with {cost.product}",
        "cost_total": str(cost.unit_price * quantity),
        "currency": "USD",
        "billed_units": {"unit": "image", "quantity": quantity, "unit_price": str(cost.unit_price)},
        "api_key": {"id": key},
    }
