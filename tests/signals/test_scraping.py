"""Scraping pods: real exporters on loopback addresses of one port, as pods have them, and pods in trouble."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from typing import Final

import pytest

from ideogram_operator.resource.traffic import PodsSource
from ideogram_operator.services.results import ServiceError
from ideogram_operator.signals.pods import Pod
from ideogram_operator.signals.results import SINCE_START, SignalError, Traffic
from ideogram_operator.signals.scraping import PAGE_LIMIT, read, url_of
from ideogram_operator.signals.vocabulary import DURATIONS, GENERATIONS
from lab.applications.exporter import Exporter
from tests.signals.servers import Behaviour, client, hanging, saying, serving

ATTEMPTS: Final = 20
METRICS: Final = f'{GENERATIONS}{{status="rate_limited"}} 2\n{DURATIONS}{{le="2"}} 0\n'.encode()


@contextmanager
def exporters(count: int) -> Iterator[list[Exporter]]:
    """Several on one port; another one is tried if somebody has it on one of the addresses."""
    for attempt in range(ATTEMPTS):
        with ExitStack() as ends:
            try:
                made = [ends.enter_context(Exporter(address="127.0.0.2"))]
                made += [
                    ends.enter_context(Exporter(address=f"127.0.0.{3 + more}", port=made[0].port))
                    for more in range(count - 1)
                ]
            except OSError:
                assert attempt < ATTEMPTS - 1
                continue
            yield made
            return


@asynccontextmanager
async def pods_that(*behaviours: Behaviour) -> AsyncIterator[int]:
    """Servers on 127.0.0.2, .3, …; their common port."""
    for attempt in range(ATTEMPTS):
        async with AsyncExitStack() as ends:
            port = 0
            try:
                for number, behaviour in enumerate(behaviours):
                    server = serving(behaviour, address=f"127.0.0.{2 + number}", port=port)
                    port = int((await ends.enter_async_context(server)).rpartition(":")[2])
            except OSError:
                assert attempt < ATTEMPTS - 1
                continue
            yield port
            return


def pod(number: int, *, host_network: bool = False, ready: bool = True) -> Pod:
    return Pod(
        namespace="shop", name=f"web-{number:02}", ip=f"127.0.0.{number}", host_network=host_network, ready=ready
    )


async def scraped(*pods: Pod, port: int, path: str = "/metrics", within: float = 20) -> Traffic:
    async with client(*(f"{one.ip}:{port}" for one in pods if one.ip)) as web:
        return await read(pods, PodsSource(port=port, path=path), fetch=web, timeout=within)


async def test_pods_that_export_everything_are_read_and_added_up() -> None:
    with exporters(3) as (first, second, third):
        first.generated(times=5)
        second.generated("rate_limited", times=2)
        third.generated("rate_limited", times=1, model="V_3")
        traffic = await scraped(pod(2), pod(3), pod(4), port=first.port)
    assert traffic == Traffic(
        source=f"3 pods on port {first.port}", missing=(), generations=None, rate_limited=3, window=SINCE_START
    )


async def test_one_scrape_never_says_how_many_there_were_in_a_day() -> None:
    with exporters(1) as (only,):
        only.generated(times=500)
        traffic = await scraped(pod(2), port=only.port)
    assert traffic.source == f"1 pod on port {only.port}"
    assert traffic.generations is None
    assert (traffic.rate_limited, traffic.window) == (0, SINCE_START)


async def test_pods_that_have_generated_nothing_yet_lack_the_series() -> None:
    with exporters(2) as (first, _):
        traffic = await scraped(pod(2), pod(3), port=first.port)
    assert traffic.missing == (GENERATIONS, DURATIONS)
    assert traffic.rate_limited is None


async def test_pods_on_the_host_s_network_and_unready_ones_are_left_out_and_told() -> None:
    asked: list[str] = []

    async def behave(request: str, _writer: asyncio.StreamWriter) -> None:
        asked.append(request)

    async with pods_that(saying(200, METRICS, media_type="text/plain"), behave, behave) as port:
        traffic = await scraped(pod(2), pod(3, host_network=True), pod(4, ready=False), port=port)
    assert traffic.source == f"1 of 3 pods on port {port} (1 not ready, 1 on the host's network)"
    assert asked == []


@pytest.mark.parametrize(
    ("pods", "message", "hint"),
    [
        ([], "the targets have no pods", "Wait until"),
        ([pod(2, ready=False)], "no pod can be scraped (1 not ready)", "Wait until"),
        (
            [pod(2, host_network=True), pod(3, host_network=True)],
            "no pod can be scraped (2 on the host's network)",
            "Give spec.traffic.prometheus",
        ),
        ([Pod(namespace="shop", name="web", ip="")], "no pod can be scraped (1 not ready)", "Wait until"),
    ],
)
async def test_without_a_pod_to_ask_nothing_is_known(pods: list[Pod], message: str, hint: str) -> None:
    with pytest.raises(SignalError) as caught:
        await scraped(*pods, port=9090)
    assert (caught.value.message, caught.value.untried) == (message, True)
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (saying(404, b"404 page not found", media_type="text/plain"), "answers HTTP 404"),
        (saying(503, b""), "answers HTTP 503"),
        (saying(200, b"<html>Welcome", media_type="text/html"), "answers with something that is not a page of metrics"),
        (saying(200, f"up 1\n{GENERATIONS} one\n".encode()), "answers with metrics that cannot be read"),
        (hanging(), "gives no answer within 0.5 s"),
    ],
    ids=["404", "503", "html", "broken", "hang"],
)
async def test_a_pod_in_trouble_is_named(behaviour: Behaviour, message: str) -> None:
    async with pods_that(behaviour) as port:
        with pytest.raises(SignalError) as caught:
            await scraped(pod(2), port=port, within=0.5)
    assert caught.value.message == f"pod web-02 on port {port} {message}"
    assert not caught.value.untried
    assert caught.value.hint


@pytest.mark.parametrize(
    "behaviour",
    [saying(200, b"#" * (PAGE_LIMIT + 1)), saying(307, b"", "Location: http://169.254.169.254/latest/")],
    ids=["huge", "redirect"],
)
async def test_what_the_client_refuses_passes_through_untouched(behaviour: Behaviour) -> None:
    async with pods_that(behaviour) as port:
        with pytest.raises(ServiceError):
            await scraped(pod(2), port=port)


async def test_a_pod_with_a_loopback_address_is_not_asked_unless_that_is_allowed() -> None:
    async with pods_that(saying(200, METRICS)) as port, client("127.0.0.9:1") as web:
        with pytest.raises(ServiceError) as caught:
            await read([pod(2)], PodsSource(port=port), fetch=web, timeout=5)
    assert caught.value.untried


async def test_a_pod_without_metrics_does_not_keep_the_others_from_being_read() -> None:
    good = saying(200, METRICS, media_type="text/plain")
    async with pods_that(saying(500, b""), good, good) as port:
        traffic = await scraped(pod(2), pod(3), pod(4), port=port)
    assert traffic.source == f"2 of 3 pods on port {port} (1 without metrics)"
    assert (traffic.missing, traffic.rate_limited) == ((), 4)


async def test_pods_that_hang_cost_no_more_than_the_time_there_is_and_nobody_else_s_answer() -> None:
    behaviours = [*[hanging()] * 11, saying(200, METRICS)]
    async with pods_that(*behaviours) as port:
        began = time.monotonic()
        traffic = await scraped(*(pod(2 + number) for number in range(12)), port=port, within=1)
        assert time.monotonic() - began < 3
    assert traffic.source == f"1 of 12 pods on port {port} (11 without metrics)"


async def test_no_more_than_twenty_pods_are_asked() -> None:
    asked: list[str] = []
    good = saying(200, METRICS)

    async def behave(request: str, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        await good(request, writer)

    async with pods_that(*[behave] * 25) as port:
        traffic = await scraped(*(pod(2 + number) for number in range(25)), port=port)
    assert traffic.source == f"20 of 25 pods on port {port} (5 beyond the bound)"
    assert len(asked) == 20
    assert traffic.rate_limited == 40


async def test_a_pod_of_two_targets_is_asked_once_and_by_the_spec_s_path() -> None:
    asked: list[str] = []
    good = saying(200, METRICS)

    async def behave(request: str, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        await good(request, writer)

    async with pods_that(behave) as port:
        await scraped(pod(2), pod(2), port=port, path="/internal/metrics")
    assert asked == ["GET /internal/metrics HTTP/1.1"]


def test_addresses_of_both_families_make_a_url() -> None:
    source = PodsSource(port=9090)
    assert url_of(Pod(namespace="shop", name="web", ip="10.1.0.7"), source) == "http://10.1.0.7:9090/metrics"
    assert url_of(Pod(namespace="shop", name="web", ip="fd00::7"), source) == "http://[fd00::7]:9090/metrics"
