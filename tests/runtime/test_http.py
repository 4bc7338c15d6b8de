"""The operator's port: health in lines, metrics as Prometheus reads them, and an address that is refused by name."""

from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from ideogram_operator.runtime.http import Endpoints, ListenError


def port_of(runner: web.AppRunner) -> int:
    port: int = runner.addresses[0][1]
    return port


class Health:
    """What is wrong, as a test says."""

    def __init__(self) -> None:
        self.watch: str | None = None
        self.work: str | None = None
        self.registry = CollectorRegistry()


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
async def url(health: Health) -> AsyncIterator[str]:
    endpoints = Endpoints(
        metrics=health.registry,
        alive=(("watch", lambda: health.watch), ("loop", lambda: None)),
        ready=(("work", lambda: health.work),),
    )
    runner = await endpoints.start("127.0.0.1:0")
    yield f"http://127.0.0.1:{port_of(runner)}"
    await runner.cleanup()


async def ask(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_all_is_well(url: str) -> None:
    assert await ask(f"{url}/healthz") == (200, "[+] watch: ok\n[+] loop: ok\n")
    assert await ask(f"{url}/readyz") == (200, "[+] work: ok\n")


async def test_what_is_wrong_is_said(url: str, health: Health) -> None:
    health.watch = "nothing heard for 1900 s"
    assert await ask(f"{url}/healthz") == (503, "[-] watch: nothing heard for 1900 s\n[+] loop: ok\n")
    assert (await ask(f"{url}/readyz"))[0] == 200, "not ready and not alive are two things"
    health.work = "the watch has not begun"
    assert (await ask(f"{url}/readyz"))[0] == 503


async def test_metrics_are_as_prometheus_reads_them(url: str, health: Health) -> None:
    Counter("ideogram_operator_tries", "Tries.", registry=health.registry).inc()
    status, text = await ask(f"{url}/metrics")
    assert status == 200
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["ideogram_operator_tries"].samples[0].value == 1


async def test_a_few_series_may_be_asked_for_by_name(url: str, health: Health) -> None:
    for name in ("tries", "others"):
        Counter(f"ideogram_operator_{name}", "Told.", registry=health.registry).inc()
    _, text = await ask(f"{url}/metrics?name[]=ideogram_operator_tries_total")
    assert [family.name for family in text_string_to_metric_families(text)] == ["ideogram_operator_tries"]


async def test_nothing_else_is_answered(url: str) -> None:
    assert (await ask(f"{url}/"))[0] == 404


def endpoints() -> Endpoints:
    return Endpoints(metrics=CollectorRegistry(), alive=(), ready=())


@pytest.mark.parametrize("listen", ["", "8080", ":8080", "localhost", "localhost:", "localhost:http", "localhost:²"])
async def test_what_is_no_address_is_refused(listen: str) -> None:
    with pytest.raises(ListenError, match=r"is not ADDR:PORT"):
        await endpoints().start(listen)


@pytest.mark.parametrize(
    "spoilt", [lambda _: "127.0.0.1:70000", lambda port: f"127.0.0.1:{port}"], ids=["big", "taken"]
)
async def test_what_cannot_be_listened_on_is_refused(url: str, spoilt: Callable[[str], str]) -> None:
    with pytest.raises(ListenError, match=r"--listen 127\.0\.0\.1:"):
        await endpoints().start(spoilt(url.rpartition(":")[2]))


async def test_an_ipv6_address_is_written_with_brackets() -> None:
    runner = await endpoints().start("[::1]:0")
    assert port_of(runner)
    await runner.cleanup()
