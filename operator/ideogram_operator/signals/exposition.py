"""Reading a page of metrics, in Prometheus' text format or as OpenMetrics.

Of a page only the lines of the expected metrics go through the parser: a page may have 2 MiB, and the parser is
written in Python. The lax parser reads both formats as far as samples go; the strict one for OpenMetrics would refuse
a page for faults in metrics that nobody here asks for.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from ideogram_operator.signals.results import SignalError
from ideogram_operator.signals.vocabulary import DURATIONS, EXPECTED, GENERATIONS, STATUS, Ending

_METRICS_HINT: Final = "Check spec.traffic.pods: port and path have to be those under which the pods serve metrics."
_SERIES_LIMIT: Final = 10_000
_LINE_LIMIT: Final = 4096  # the parser's time grows with the square of a line's length
_SAMPLE_OF: Final = {
    name: re.compile(rf'^[ \t]*(?:{name}(?![A-Za-z0-9_:])|\{{[ \t]*"{name}").*$', re.MULTILINE) for name in EXPECTED
}
_LINE: Final = re.compile(
    r'[ \t]*(?:#|\{[ \t]*"[^"]+"[ \t]*[,}]|[A-Za-z_:][A-Za-z0-9_:]*(?:[ \t]*\{|[ \t]+[-+0-9.NI]))'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposition:
    """What one pod's page says.

    Attributes:
        series: the expected series that are on it.
        rate_limited: generations that ended with a rate limit since the counters began; None if endings are not told.
    """

    series: frozenset[str]
    rate_limited: float | None


def read_exposition(body: bytes, *, place: str) -> Exposition:
    """What a page of metrics says of generations; ``place`` names the pod in messages.

    Raises:
        SignalError: it is not a page of metrics, or holds more than anybody could add up.
    """
    page = body.decode(errors="replace")
    if not _looks_like_metrics(page):
        raise SignalError(f"{place} answers with something that is not a page of metrics", hint=_METRICS_HINT)
    try:
        ended = list(islice(_samples(page, GENERATIONS), _SERIES_LIMIT + 1))
        lasted = next(_samples(page, DURATIONS), None)
    except (ValueError, IndexError, OverflowError):
        hint = "Correct the application's metrics: promtool check metrics tells what is wrong."
        raise SignalError(f"{place} answers with metrics that cannot be read", hint=hint) from None
    if len(ended) > _SERIES_LIMIT:
        hint = "Take labels of many values, such as users, out of the application's metrics."
        raise SignalError(f"{place} has more than {_SERIES_LIMIT} series of {GENERATIONS}", hint=hint)
    there = {GENERATIONS: bool(ended), DURATIONS: lasted is not None}
    return Exposition(series=frozenset(name for name in EXPECTED if there[name]), rate_limited=_rate_limited(ended))


def _rate_limited(ended: list[Sample]) -> float | None:
    told = [one for one in ended if one.labels.get(STATUS) and math.isfinite(one.value)]
    return sum((one.value for one in told if one.labels[STATUS] == Ending.RATE_LIMITED), 0.0) if told else None


def _samples(page: str, name: str) -> Iterator[Sample]:
    """The samples of one series name, line by line."""
    for line in _SAMPLE_OF[name].finditer(page):
        if len(line.group()) > _LINE_LIMIT:
            raise ValueError("a line beyond all size")
        for family in text_string_to_metric_families(line.group()):
            for sample in family.samples:
                if sample.name == name:
                    yield sample._replace(value=float(sample.value))


def _looks_like_metrics(page: str) -> bool:
    """Whether its first line does; a page without any is one of no metrics."""
    first = page.lstrip().partition("\n")[0]
    return not first or bool(_LINE.match(first[:_LINE_LIMIT]))
