"""The questions put to Prometheus: PromQL by name, over the matchers of the spec, each replaceable by its name.

A query in ``spec.traffic.prometheus.queries`` is asked as it stands: the matchers are not added to it.

``increase`` alone does not see the first value of a series, and a client library makes the series of a status when the
status first occurs: one rate limit a day would be an increase of nothing. So a series that was not there before the
window counts with the least value that it had as well, provided that Prometheus watched the application back then;
of one that has watched for less than the window, what came before is not known, and not counted; nor is its absence
then claimed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from ideogram_operator.resource.traffic import PrometheusSource
from ideogram_operator.signals.vocabulary import DURATIONS, GENERATIONS, STATUS, Ending


class QueryName(StrEnum):
    """The queries that there are, by the names under which the spec may replace them."""

    GENERATIONS = "generations"
    """How many generations ended, whatever way, in the window."""
    RATE_LIMITED = "rateLimited"
    """How many of them with a rate limit."""
    SAFETY_REJECTED = "safetyRejected"
    """How many of them because the prompt failed the safety review."""
    LATENCY_P95 = "latencyP95"
    """The 95th percentile of how long those took that were carried out, in seconds."""


DAY: Final = timedelta(hours=24)
_LATELY: Final = "1h"  # a series is there if it had a sample in it: a rollout ends all, the next generation begins one

_REFUSED_AT_ONCE: Final = f"{Ending.RATE_LIMITED}|{Ending.SAFETY_REJECTED}"
"""Endings that take no time and would make the latency look better than it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One query to ask.

    Attributes:
        name: what is missing without an answer: ``ideogram_generations_total``, ``answer to the query rateLimited``.
        title: as messages call the query itself: ``query for ideogram_generations_total``, ``query rateLimited``.
        promql: what is asked.
        expected: whether an answer without any series is a shortfall.
    """

    name: str
    title: str
    promql: str
    expected: bool


def text(name: QueryName, source: PrometheusSource, *, window: timedelta = DAY) -> str:
    """The PromQL of a query: the spec's own if it has one, which knows no window, else the built-in one."""
    return source.queries.get(name) or builtin(name, matchers=source.matchers, window=window)


def builtin(name: QueryName, *, matchers: str = "", window: timedelta = DAY) -> str:
    """The built-in PromQL of a query over the last ``window``; counts are extrapolated, so not always whole."""
    match name:
        case QueryName.GENERATIONS:
            return _all(matchers, window)
        case QueryName.RATE_LIMITED:
            return _ended(Ending.RATE_LIMITED, matchers, window)
        case QueryName.SAFETY_REJECTED:
            return _ended(Ending.SAFETY_REJECTED, matchers, window)
        case QueryName.LATENCY_P95:
            ran = _selector(DURATIONS, f'{STATUS}!~"{_REFUSED_AT_ONCE}"', matchers)
            return f"histogram_quantile(0.95, sum by (le) (rate({ran}[{_seconds(window)}])))"


def presence(metric: str, *, matchers: str = "") -> str:
    """PromQL that returns how many series of ``metric`` had samples in the last hour, and nothing if none had."""
    return f"count(last_over_time({_selector(metric, matchers)}[{_LATELY}]))"


def expectations(source: PrometheusSource) -> tuple[Question, ...]:
    """What must give something: the series that are expected, or the queries that stand in their place.

    Whoever replaces ``generations`` or ``latencyP95`` has metric names of their own, so that the query is what is
    expected instead.
    """
    series = ((GENERATIONS, QueryName.GENERATIONS), (DURATIONS, QueryName.LATENCY_P95))
    there = tuple(
        Question(
            name=metric,
            title=f"query for {metric}",
            promql=presence(metric, matchers=source.matchers),
            expected=True,
        )
        for metric, name in series
        if name not in source.queries
    )
    return there + tuple(question(name, source) for name in QueryName if name in source.queries)


def question(name: QueryName, source: PrometheusSource) -> Question:
    """The query as a question; of a built-in one nothing is expected, since its series is asked for by itself."""
    title = f"query {name}"
    return Question(
        name=f"answer to the {title}", title=title, promql=text(name, source), expected=name in source.queries
    )


def unread(queries: Mapping[str, str]) -> tuple[str, ...]:
    """Names in the spec that no query has, and so nobody reads: most likely misspelt."""
    return tuple(sorted(set(queries) - set(QueryName)))


def _ended(ending: Ending, matchers: str, window: timedelta) -> str:
    """Generations that ended so. Zero if there is no series of that ending, but only where endings are told at all.

    Nothing, rather than zero, if there were some of which it is not known when: no growth, and a first value from
    before Prometheus watched.
    """
    series, length = _selector(GENERATIONS, f'{STATUS}="{ending}"', matchers), _seconds(window)
    told = _selector(GENERATIONS, f'{STATUS}!=""', matchers)
    grown, new = _grown(series, length), _new(series, length)
    begun = f"sum(({new}) and on() {_watched(matchers, length)}) or (vector(0) unless on() (({new}) > 0))"
    none = f"0 * count(last_over_time({told}[{length}])) unless on() count(last_over_time({series}[{length}]))"
    return f"{grown} + ({begun}) or {grown} > 0 or ({none})"


def _all(matchers: str, window: timedelta) -> str:
    """All generations; of what came before Prometheus watched nothing counts, so there may have been more."""
    series, length = _selector(GENERATIONS, matchers), _seconds(window)
    return (
        f"{_grown(series, length)} + (sum(({_new(series, length)}) and on() {_watched(matchers, length)}) or vector(0))"
    )


def _grown(series: str, length: str) -> str:
    # A series of one sample has no increase; it is there all the same.
    return f"sum(increase({series}[{length}]) or 0 * min_over_time({series}[{length}]))"


def _new(series: str, length: str) -> str:
    """The least value of each series that was not there before the window."""
    return f"min_over_time({series}[{length}]) unless last_over_time({series}[{_LATELY}] offset {length})"


def _watched(matchers: str, length: str) -> str:
    """Something if Prometheus had any series of the application before the window."""
    return f"count(last_over_time({_selector(GENERATIONS, matchers)}[{_LATELY}] offset {length}))"


def _selector(metric: str, *matchers: str) -> str:
    given = ", ".join(bare for one in matchers if (bare := one.strip(" \t\r\n,")))
    return f"{metric}{{{given}}}"


def _seconds(duration: timedelta) -> str:
    return f"{max(1, round(duration.total_seconds()))}s"
