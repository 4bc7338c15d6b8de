"""A reading of a real Prometheus that scrapes a real exporter, and of servers that are none or in trouble."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.resource.traffic import PrometheusSource
from ideogram_operator.services.results import ServiceError
from ideogram_operator.signals.prometheus import ANSWER_LIMIT, read, url_of
from ideogram_operator.signals.results import LAST_DAY, SignalError, Traffic
from ideogram_operator.signals.vocabulary import DURATIONS, GENERATIONS
from lab.applications.exporter import Exporter
from lab.servers.prometheus import Prometheus
from tests.signals.servers import NOW, Behaviour, client, hanging, saying, serving, vector

ODD = 'a+b & c=d%20#"é\\'


@pytest.fixture(scope="module")
def watched() -> Iterator[Prometheus]:
    """Scrapes an application that has generated, was rate limited, and exports all that it should."""
    with Exporter() as exporter:
        # Before the first scrape, which would else see a part of it.
        exporter.generated(times=20)
        exporter.generated("rate_limited", times=2, seconds=0.1)
        exporter.generated(model=ODD)
        with Prometheus([exporter.target], labels={"namespace": "shop"}) as server:
            server.wait_for(f'{GENERATIONS}{{status="success",model="V_2_TURBO"}} == 20')
            exporter.generated(times=10)
            exporter.generated("rate_limited", times=3, seconds=0.1)
            server.wait_for(f'{GENERATIONS}{{status="success",model="V_2_TURBO"}} == 30')
            server.wait_for(f'{GENERATIONS}{{status="rate_limited"}} == 5')
            yield server


async def reading(server: str, *, within: float = 20, now: datetime | None = None, **parts: object) -> Traffic:
    source = PrometheusSource.model_validate({"url": server} | parts)
    async with client(urlsplit(server).netloc) as web:
        return await read(source, fetch=web, now=now or datetime.now(UTC), timeout=within)


async def test_an_application_with_all_its_series_is_read(watched: Prometheus) -> None:
    traffic = await reading(watched.url, matchers='namespace="shop"')
    assert traffic.source == f"Prometheus at {watched.url.removeprefix('http://')}"
    assert traffic.missing == ()
    # What the counters said when they were first seen is older than this Prometheus, and not counted.
    # Two scrapes are extrapolated, by half the time between them before the first, and after the last by 1.1 times it.
    assert 10 <= (traffic.generations or 0) <= 26
    assert 3 <= (traffic.rate_limited or 0) <= 7.8
    assert traffic.window == LAST_DAY


async def test_matchers_that_match_nothing_are_not_a_pass(watched: Prometheus) -> None:
    traffic = await reading(watched.url, matchers='namespace="nobody"')
    assert traffic.missing == (GENERATIONS, DURATIONS)
    assert traffic.generations is None
    assert traffic.rate_limited is None


async def test_a_prometheus_that_scrapes_nothing_has_nothing() -> None:
    with Prometheus() as server:
        traffic = await reading(server.url)
    assert traffic.missing == (GENERATIONS, DURATIONS)
    assert traffic.generations is None


async def test_one_missing_series_is_named(watched: Prometheus) -> None:
    traffic = await reading(watched.url, matchers='model="V_2_TURBO", style!="GENERAL"')
    assert traffic.missing == (DURATIONS,)


async def test_matchers_may_have_any_character(watched: Prometheus) -> None:
    escaped = ODD.replace("\\", "\\\\").replace('"', '\\"')
    assert (await reading(watched.url, matchers=f'model="{escaped}"')).missing == ()
    assert (await reading(watched.url, matchers=f'model="{escaped}!"')).missing == (GENERATIONS, DURATIONS)


async def test_own_queries_replace_the_built_in_ones(watched: Prometheus) -> None:
    queries = {"generations": "sum(up) * 40", "rateLimited": "vector(2) + 1", "latencyP95": "vector(8)"}
    traffic = await reading(watched.url, matchers='namespace="nobody"', queries=queries)
    assert (traffic.missing, traffic.generations, traffic.rate_limited) == ((), 40, 3)


async def test_several_series_of_an_own_query_are_added_up(watched: Prometheus) -> None:
    traffic = await reading(
        watched.url, queries={"rateLimited": 'label_replace(vector(2), "a", "b", "", "") or vector(5)'}
    )
    assert traffic.rate_limited == 7


async def test_an_own_query_that_returns_nothing_is_missing(watched: Prometheus) -> None:
    traffic = await reading(watched.url, queries={"rateLimited": "sum(increase(no_such_metric[24h]))"})
    assert traffic.missing == ("answer to the query rateLimited",)
    assert traffic.rate_limited is None
    assert traffic.generations is not None


async def test_with_names_of_its_own_for_generations_rate_limits_cannot_be_told(watched: Prometheus) -> None:
    traffic = await reading(
        watched.url, matchers='namespace="nobody"', queries={"generations": "vector(30)", "latencyP95": "vector(1)"}
    )
    assert (traffic.missing, traffic.generations, traffic.rate_limited) == ((), 30, None)


async def test_a_query_under_a_name_that_nobody_reads_is_told(watched: Prometheus) -> None:
    traffic = await reading(watched.url, queries={"ratelimited": "vector(1)"})
    assert traffic.missing == ("built-in query ratelimited",)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            {"queries": {"generations": "sum("}},
            "refuses the query generations: bad_data at 1:5: parse error: unclosed left parenthesis",
        ),
        ({"matchers": "namespace=shop"}, f"refuses the query for {GENERATIONS}: bad_data at 1:"),
        ({"queries": {"generations": "up[5m]"}}, "the query generations gives a matrix, which is not a number"),
        ({"queries": {"generations": '"text"'}}, "the query generations gives a string, which is not a number"),
        (
            {"queries": {"generations": 'label_replace(up, "a", "b", "c", "(")'}},
            "refuses the query generations: execution",
        ),
    ],
)
async def test_a_wrong_query_is_refused_with_its_place(
    watched: Prometheus, parts: dict[str, object], message: str
) -> None:
    with pytest.raises(SignalError) as caught:
        await reading(watched.url, **parts)
    assert message in caught.value.message
    assert caught.value.hint.startswith("Correct spec.traffic.prometheus")


async def test_a_base_path_is_kept_and_a_wrong_one_is_told() -> None:
    with Prometheus(prefix="/monitoring/prometheus") as server:
        for url in (server.url, f"{server.url}/", f"{server.url}/?tenant=shop"):
            assert (await reading(url)).missing == (GENERATIONS, DURATIONS)
        with pytest.raises(SignalError, match=r"answers HTTP 404$") as caught:
            await reading(server.url.removesuffix("/monitoring/prometheus"))
    assert caught.value.hint.startswith("Check spec.traffic.prometheus.url")


async def test_a_frozen_prometheus_costs_its_own_timeout_only() -> None:
    with Prometheus() as server:
        server.freeze()
        began = time.monotonic()
        with pytest.raises(SignalError, match=r"^Prometheus at 127.0.0.1:\d+ gives no answer within 0.5 s$"):
            await reading(server.url, within=0.5)
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (saying(503, b"no healthy upstream", media_type="text/plain"), "answers HTTP 503"),
        (
            saying(200, b"<html>Sign in</html>", media_type="text/html"),
            "answers with something that is not an answer of",
        ),
        (saying(200, b'{"status": "error", "errorType": "unavailable", "error": "TSDB not ready"}'), "unavailable"),
        (hanging(), "gives no answer within 0.5 s"),
    ],
    ids=["503", "garbage", "error", "hang"],
)
async def test_trouble_is_told_in_a_sentence(behaviour: Behaviour, message: str) -> None:
    async with serving(behaviour) as server:
        with pytest.raises(SignalError, match=message) as caught:
            await reading(f"http://{server}", within=0.5)
    assert caught.value.message.startswith(f"Prometheus at {server} ")
    assert not caught.value.untried


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (saying(200, b" " * (ANSWER_LIMIT + 1)), "more than"),
        (saying(302, b"", "Location: http://169.254.169.254/"), "redirect"),
    ],
    ids=["huge", "redirect"],
)
async def test_what_the_client_refuses_passes_through_untouched(behaviour: Behaviour, message: str) -> None:
    async with serving(behaviour) as server:
        with pytest.raises(ServiceError, match=message):
            await reading(f"http://{server}")


async def test_a_host_that_is_not_allowed_is_not_even_tried() -> None:
    asked: list[str] = []

    async def behave(request: str, _writer: object) -> None:
        asked.append(request)

    async with serving(behave) as server, client("127.0.0.1:1") as web:
        with pytest.raises(ServiceError) as caught:
            await read(PrometheusSource(url=f"http://{server}"), fetch=web, now=NOW, timeout=5)
    assert caught.value.untried
    assert asked == []


@pytest.mark.parametrize(
    ("body", "missing", "generations"),
    [
        (vector(), (GENERATIONS, DURATIONS), None),
        (vector("NaN"), (), None),
        (vector("+Inf"), (), None),
        (vector("1", "2"), (), 3),
    ],
)
async def test_nothing_and_no_number_are_told_apart(
    body: bytes, missing: tuple[str, ...], generations: float | None
) -> None:
    async with serving(saying(200, body)) as server:
        traffic = await reading(f"http://{server}")
    assert (traffic.missing, traffic.generations) == (missing, generations)


async def test_all_queries_are_asked_at_once_and_of_the_same_moment() -> None:
    waiting: list[str] = []

    async def behave(request: str, _writer: object) -> None:
        waiting.append(request)

    async with serving(behave) as server:
        with pytest.raises(SignalError):
            await reading(f"http://{server}", within=0.5, now=NOW)
    questions = [parse_qs(urlsplit(line.split()[1]).query) for line in waiting]
    assert len(questions) == 4
    assert {one["time"][0] for one in questions} == {f"{NOW.timestamp():.3f}"}
    assert {one["timeout"][0] for one in questions} == {"0.450"}


@given(st.text())
def test_any_query_arrives_as_it_was_written(promql: str) -> None:
    promql = promql.encode(errors="replace").decode()
    parts = urlsplit(url_of("https://thanos.shop.svc:9090/prom/?tenant=a", promql, now=NOW, timeout=10))
    assert parts.path == "/prom/api/v1/query"
    asked = parse_qs(parts.query, keep_blank_values=True)
    assert (asked["query"], asked["tenant"], asked["timeout"]) == ([promql], ["a"], ["9.000"])


async def test_an_address_that_is_none_is_told_before_anything_is_asked() -> None:
    with pytest.raises(SignalError) as caught:
        async with client() as web:
            await read(PrometheusSource(url="http://[:::]"), fetch=web, now=NOW, timeout=5)
    assert caught.value.untried
