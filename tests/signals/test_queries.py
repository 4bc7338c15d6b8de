"""The queries, as text and as a real Prometheus with a known past answers them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ideogram_operator.resource.traffic import PrometheusSource
from ideogram_operator.signals import prometheus
from ideogram_operator.signals.answers import Answer
from ideogram_operator.signals.queries import QueryName, Question, builtin, expectations, presence, text, unread
from ideogram_operator.signals.vocabulary import DURATIONS, GENERATIONS
from lab.servers.prometheus import Prometheus
from tests.signals.history import openmetrics
from tests.signals.servers import NOW, client


@pytest.fixture(scope="module")
def past() -> Iterator[Prometheus]:
    with Prometheus(history=openmetrics()) as server:
        yield server


async def answered(server: Prometheus, promql: str) -> Answer:
    asked = Question(name="it", title="query it", promql=promql, expected=True)
    source = PrometheusSource(url=server.url)
    async with client(server.url.removeprefix("http://")) as web:
        return (await prometheus.ask([asked], source, fetch=web, now=NOW, timeout=20))["it"]


@pytest.mark.parametrize(
    ("namespace", "name", "expected"),
    [
        ("first", QueryName.GENERATIONS, 241),
        ("first", QueryName.RATE_LIMITED, 1),
        ("first", QueryName.SAFETY_REJECTED, 0),
        ("first", QueryName.LATENCY_P95, 45),
        ("none", QueryName.RATE_LIMITED, 0),
        ("none", QueryName.LATENCY_P95, None),
        ("long-ago", QueryName.RATE_LIMITED, 0),
        ("rejecting", QueryName.RATE_LIMITED, 0),
        ("rejecting", QueryName.SAFETY_REJECTED, 4),
        ("restarted", QueryName.RATE_LIMITED, 2),
        ("young", QueryName.GENERATIONS, 0),
        ("young", QueryName.RATE_LIMITED, None),
        ("young-and-limited", QueryName.RATE_LIMITED, 3),
        ("young-and-zero", QueryName.RATE_LIMITED, 0),
        ("young-and-none", QueryName.RATE_LIMITED, 0),
        ("gone", QueryName.GENERATIONS, 0),
        ("plain", QueryName.GENERATIONS, 240),
        ("plain", QueryName.RATE_LIMITED, None),
        ("plain", QueryName.SAFETY_REJECTED, None),
        ("nobody", QueryName.GENERATIONS, None),
        ("nobody", QueryName.RATE_LIMITED, None),
    ],
)
async def test_built_in_queries_tell_the_last_day(
    past: Prometheus, namespace: str, name: QueryName, expected: float | None
) -> None:
    answer = await answered(past, builtin(name, matchers=f'namespace="{namespace}"'))
    assert answer.total == (None if expected is None else pytest.approx(expected, rel=0.02, abs=0.02))


async def test_a_shorter_window_tells_less(past: Prometheus) -> None:
    matchers = 'namespace="first"'
    hour = await answered(past, builtin(QueryName.GENERATIONS, matchers=matchers, window=timedelta(hours=1)))
    assert hour.total == pytest.approx(10, rel=0.05)
    limited = await answered(past, builtin(QueryName.RATE_LIMITED, matchers=matchers, window=timedelta(hours=1)))
    assert limited.total == 0


@pytest.mark.parametrize(
    ("metric", "namespace", "series"),
    [
        (GENERATIONS, "first", 2),
        (GENERATIONS, "gone", None),
        (GENERATIONS, "nobody", None),
        (DURATIONS, "first", 8),
        (DURATIONS, "plain", None),
    ],
)
async def test_series_are_there_while_they_have_samples_of_the_last_hour(
    past: Prometheus, metric: str, namespace: str, series: int | None
) -> None:
    answer = await answered(past, presence(metric, matchers=f'namespace="{namespace}"'))
    assert answer.total == series
    assert answer.series == (0 if series is None else 1)


@pytest.mark.parametrize("matchers", ["", " ", ",", 'namespace="first",', ' namespace="first" , status!=""', "\n"])
@pytest.mark.parametrize("name", QueryName)
async def test_matchers_are_taken_as_people_write_them(past: Prometheus, matchers: str, name: QueryName) -> None:
    assert (await answered(past, builtin(name, matchers=matchers))).series == 1


def test_a_query_of_the_spec_s_own_is_asked_as_it_stands() -> None:
    source = PrometheusSource(
        url="http://p.shop.svc", matchers='namespace="shop"', queries={"generations": "sum(my_generations)"}
    )
    assert text(QueryName.GENERATIONS, source) == "sum(my_generations)"
    assert 'namespace="shop"' in text(QueryName.RATE_LIMITED, source)


@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        ({}, [GENERATIONS, DURATIONS]),
        ({"generations": "a"}, [DURATIONS, "answer to the query generations"]),
        ({"latencyP95": "a"}, [GENERATIONS, "answer to the query latencyP95"]),
        ({"rateLimited": "a"}, [GENERATIONS, DURATIONS, "answer to the query rateLimited"]),
        (
            dict.fromkeys(QueryName, "a"),
            [
                "answer to the query generations",
                "answer to the query rateLimited",
                "answer to the query safetyRejected",
                "answer to the query latencyP95",
            ],
        ),
        ({"ratelimited": "a"}, [GENERATIONS, DURATIONS]),
    ],
)
def test_own_queries_stand_in_the_place_of_the_series_they_replace(
    queries: dict[str, str], expected: list[str]
) -> None:
    source = PrometheusSource(url="http://p.shop.svc", queries=queries)
    assert [one.name for one in expectations(source)] == expected
    assert all(one.expected for one in expectations(source))


def test_names_that_nobody_reads_are_found() -> None:
    assert unread({"rateLimited": "a", "ratelimited": "b", "balance": "c"}) == ("balance", "ratelimited")
