"""A past for a Prometheus: applications, told apart by their namespace, that lived through something each."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from ideogram_operator.signals.vocabulary import DURATIONS, GENERATIONS
from tests.signals.servers import NOW

EVERY: Final = timedelta(minutes=2)
LONG: Final = timedelta(hours=30)
HOURS: Final = 3600

Value = Callable[[float], float | None]
"""From the hours before now to a counter's value; None where there is no sample."""


def steady(per_hour: float) -> Value:
    """Watched all along, and growing."""
    return lambda ago: 1000 + (LONG.total_seconds() / HOURS - ago) * per_hour


def still(value: float) -> Value:
    """Watched all along, and never changing."""
    return lambda _: value


def begun(hours_ago: float, value: float) -> Value:
    """There from then on, with that value at once."""
    return lambda ago: value if ago <= hours_ago else None


def ended(hours_ago: float, value: float) -> Value:
    """There until then."""
    return lambda ago: value if ago >= hours_ago else None


def both(first: Value, then: Value) -> Value:
    """The first where it has a sample, else the other."""
    return lambda ago: at if (at := first(ago)) is not None else then(ago)


COUNTERS: Final[dict[str, dict[str, Value]]] = {
    # Ten an hour, of which one a day is rate limited: the series of that begins with its first one.
    "first": {"success": steady(10), "rate_limited": begun(3, 1)},
    "none": {"success": steady(10)},
    "long-ago": {"success": steady(10), "rate_limited": still(7)},
    "rejecting": {"success": steady(10), "safety_rejected": begun(20, 4), "rate_limited": still(0)},
    # A pod that was replaced: its series ended, and another with the same labels began anew.
    "restarted": {"success": steady(10), "rate_limited": both(ended(5, 7), begun(4, 2))},
    # Prometheus itself is young: of what the counters said at first it is not known when that was.
    "young": {"success": begun(2, 50), "rate_limited": begun(2, 9)},
    "young-and-limited": {"success": begun(2, 50), "rate_limited": both(begun(1, 12), begun(2, 9))},
    "young-and-zero": {"success": begun(2, 50), "rate_limited": begun(2, 0)},
    "young-and-none": {"success": begun(2, 50)},
    "gone": {"success": ended(2, 500)},
    "plain": {"": steady(10)},
}
LATENCIES: Final[dict[str, dict[str, Value]]] = {
    # Per bucket: of ten an hour nine take up to 10 s and one up to 60 s.
    "first": {"10": steady(9), "30": steady(9), "60": steady(10), "+Inf": steady(10)},
    "none": {"10": still(5), "+Inf": still(5)},
}


def openmetrics() -> str:
    """All of it, as promtool reads it."""
    return "\n".join([*_counters(), *_latencies(), "# EOF", ""])


def _counters() -> Iterator[str]:
    yield f"# TYPE {GENERATIONS.removesuffix('_total')} counter"
    for namespace, statuses in COUNTERS.items():
        for status, value in statuses.items():
            told = f',status="{status}"' if status else ""
            yield from _samples(f'{GENERATIONS}{{namespace="{namespace}"{told}}}', value)


def _latencies() -> Iterator[str]:
    yield f"# TYPE {DURATIONS.removesuffix('_bucket')} histogram"
    for namespace, buckets in LATENCIES.items():
        # As many again were refused at once, which must not make it look faster.
        for status, factor in (("success", 1), ("rate_limited", 0)):
            for bound, value in buckets.items():
                counted = value if factor else buckets["+Inf"]
                series = f'{DURATIONS}{{namespace="{namespace}",status="{status}",le="{bound}"}}'
                yield from _samples(series, counted)


def _samples(series: str, value: Value) -> Iterator[str]:
    for step in range(LONG // EVERY, -1, -1):
        at = value((step * EVERY).total_seconds() / HOURS)
        if at is not None:
            yield f"{series} {at} {(NOW - step * EVERY).timestamp():.0f}"
