"""The gateway against a server that misbehaves: how long it waits, what it repeats, what it makes of the answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

from ideogram_operator.cluster import errors, kinds
from ideogram_operator.cluster import gateway as gateways
from ideogram_operator.cluster.connection import Connection, Unreachable, connect
from ideogram_operator.cluster.gateway import Gateway, Patience
from ideogram_operator.resource.words import TargetKind

WHERE = kinds.address(TargetKind.CONFIG_MAP, "shop", "settings")
DENIED = {
    "kind": "Status",
    "reason": "Forbidden",
    "message": 'configmaps "settings" is forbidden: User "x" cannot get resource "configmaps" in API group ""',
}
OBJECT: dict[str, Any] = {"metadata": {"name": "settings"}}
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Gives the answers it was told, one after the other, the last one for ever; and remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[Answer] = []
        self.asked: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def says(status: int, body: Any = None, **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(body if body is not None else OBJECT, status=status, headers=headers)

    return answer


async def resets(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def hangs(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def babbles(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>captive portal</html>")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    told = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", told.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    told.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield told
    await runner.cleanup()


@pytest.fixture
async def slept() -> list[float]:
    return []


@pytest.fixture
async def gateway(server: Server, slept: list[float]) -> AsyncIterator[Gateway]:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    connection = Connection(Configuration(host=server.url), user_agent="ideogram-operator")
    opened = Gateway(connection, patience=Patience(timeout=0.5), sleep=sleep, jitter=lambda: 1.0)
    async with opened:
        yield opened


async def test_an_answer_is_a_dict_and_the_server_knows_who_asked(gateway: Gateway, server: Server) -> None:
    server.answers = [says(200, OBJECT)]
    assert await gateway.get(WHERE) == OBJECT
    assert server.asked[0].path == "/api/v1/namespaces/shop/configmaps/settings"
    assert server.asked[0].headers["User-Agent"] == "ideogram-operator"


@pytest.mark.parametrize("trouble", [says(500), says(503), says(429), resets, hangs, babbles])
async def test_a_read_is_repeated_until_it_works(gateway: Gateway, server: Server, trouble: Answer) -> None:
    server.answers = [trouble, trouble, says(200)]
    assert await gateway.get(WHERE) == OBJECT


@pytest.mark.parametrize("trouble", [says(500), resets, hangs, babbles, says(401)])
async def test_a_read_is_given_up_after_three_tries(gateway: Gateway, server: Server, trouble: Answer) -> None:
    server.answers = [trouble]
    with pytest.raises(errors.Unavailable):
        await gateway.get(WHERE)
    assert len(server.asked) in {3, 6}, "aiohttp itself asks once more when a connection is lost"


async def test_waits_grow_and_retry_after_is_honoured(gateway: Gateway, server: Server, slept: list[float]) -> None:
    server.answers = [says(500), says(429, **{"Retry-After": "2"}), says(200)]
    await gateway.get(WHERE)
    assert slept == [pytest.approx(0.4), pytest.approx(2.2)]


async def test_a_server_that_asks_for_too_long_a_wait_is_left_to_the_caller(gateway: Gateway, server: Server) -> None:
    server.answers = [says(429, **{"Retry-After": "60"})]
    with pytest.raises(errors.Unavailable) as caught:
        await gateway.get(WHERE)
    assert caught.value.retry_after == 60
    assert len(server.asked) == 1


@pytest.mark.parametrize("trouble", [says(500), resets, hangs])
async def test_a_post_that_may_have_arrived_is_never_sent_twice(
    gateway: Gateway, server: Server, trouble: Answer
) -> None:
    server.answers = [trouble]
    with pytest.raises(errors.Unavailable):
        await gateway.post(WHERE, {})
    assert len(server.asked) == 1


async def test_a_post_that_was_turned_away_is_sent_again(gateway: Gateway, server: Server) -> None:
    server.answers = [says(429, **{"Retry-After": "1"}), says(201, {"ok": "yes"})]
    assert await gateway.post(WHERE, {}) == {"ok": "yes"}


async def test_a_403_is_believed_only_when_it_is_seen_twice(
    gateway: Gateway, server: Server, slept: list[float]
) -> None:
    server.answers = [says(403, DENIED), says(200)]
    assert await gateway.get(WHERE) == OBJECT
    assert slept == [1.0]
    server.answers = [says(403, DENIED)]
    with pytest.raises(errors.Forbidden) as caught:
        await gateway.get(WHERE)
    assert caught.value.rule == '{apiGroups: [""], resources: ["configmaps"], verbs: ["get"]}'
    assert "may not get configmaps in namespace shop" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, {}, errors.NotFound),
        (409, {"reason": "Conflict"}, errors.Conflict),
        (410, {"reason": "Expired"}, errors.Gone),
        (422, {"reason": "Invalid", "details": {}}, errors.Conflict),
        (422, {"reason": "Invalid", "details": {"causes": [{"field": "data", "reason": "x"}]}}, errors.Invalid),
        (400, {"reason": "BadRequest"}, errors.Invalid),
        (413, {}, errors.Invalid),
    ],
)
async def test_each_refusal_of_a_patch_is_its_own_decision(
    gateway: Gateway, server: Server, status: int, body: Any, expected: type[errors.ClusterError]
) -> None:
    server.answers = [says(status, body)]
    with pytest.raises(expected):
        await gateway.json_patch(WHERE, [])
    assert len(server.asked) == 1
    assert server.asked[0].query["fieldManager"] == "ideogram-operator"
    assert server.asked[0].headers["Content-Type"] == "application/json-patch+json"


async def test_a_list_is_read_in_pages_and_begun_anew_when_a_page_is_too_old(gateway: Gateway, server: Server) -> None:
    first = says(200, {"metadata": {"continue": "next", "resourceVersion": "7"}, "items": [OBJECT]})
    last = says(200, {"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "last"}}]})
    server.answers = [first, says(410), first, last]
    listing = await gateway.list(kinds.address(TargetKind.CONFIG_MAP, "shop"), selector="a=b")
    assert listing.items == (OBJECT, {"metadata": {"name": "last"}})
    assert listing.resource_version == "7"
    assert server.asked[-1].query["continue"] == "next"
    assert server.asked[0].query["labelSelector"] == "a=b"


async def test_the_environments_proxy_is_not_for_the_api_server(
    gateway: Gateway, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    server.answers = [says(200)]
    assert await gateway.get(WHERE) == OBJECT


async def test_a_watch_passes_events_on_and_an_error_event_is_an_error(gateway: Gateway, server: Server) -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"type":"ADDED","object":{"metadata":{}}}\n{"type":"MODI')
        await response.write(b'FIED","object":{"metadata":{}}}\n{"type":"ERROR","object":{"code":410}}\n')
        return response

    server.answers = [stream]
    seen = []
    with pytest.raises(errors.Gone):  # noqa: PT012 - what came before the error counts
        async for event in gateway.watch(WHERE, resource_version="5", seconds=3):
            seen.append(event["type"])  # noqa: PERF401 - as above
    assert seen == ["ADDED", "MODIFIED"]
    assert server.asked[0].query["timeoutSeconds"] == "3"


async def test_a_watch_whose_other_end_died_is_noticed(gateway: Gateway, server: Server) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.sleep(60)
        return response

    server.answers = [silent]
    with pytest.raises(errors.Unavailable):
        async for _ in gateway.watch(WHERE, resource_version="5", seconds=0.1):
            pass


async def test_a_kubeconfig_that_names_no_cluster_is_told_as_such(tmp_path: Any) -> None:
    with pytest.raises(Unreachable):
        await connect(tmp_path / "nowhere", user_agent="x")
    (tmp_path / "empty").write_text("apiVersion: v1\nkind: Config\n")
    with pytest.raises(Unreachable):
        await connect(tmp_path / "empty", user_agent="x")


async def test_a_token_file_is_read_again_before_it_can_expire(server: Server, tmp_path: Any) -> None:
    clock = [0.0]
    token = tmp_path / "token"
    token.write_text("first")
    config = tmp_path / "config"
    config.write_text(
        f"""
clusters: [{{name: c, cluster: {{server: "{server.url}"}}}}]
users: [{{name: u, user: {{tokenFile: {token}}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
"""
    )
    server.answers = [says(200)]
    async with Gateway(await connect(config, user_agent="x", monotonic=lambda: clock[0])) as gateway:
        for at in (0.0, 30.0, 61.0):
            clock[0] = at
            await gateway.get(WHERE)
            token.write_text("second")
    assert [request.headers["Authorization"] for request in server.asked] == [
        "Bearer first",
        "Bearer first",
        "Bearer second",
    ]


async def test_a_write_is_sent_only_while_the_lease_is_held_and_waits_no_longer(
    gateway: Gateway, server: Server
) -> None:
    left = 0.0
    gateway.fence(lambda: left)
    server.answers = [says(200, OBJECT)]
    for write in (gateway.json_patch(WHERE, []), gateway.post(WHERE, {}), gateway.put(WHERE, {})):
        with pytest.raises(errors.Unavailable, match="the Lease is not ours"):
            await write
    assert server.asked == []
    assert await gateway.get(WHERE) == OBJECT, "whoever stands by may look"
    left = 5.0
    assert await gateway.json_patch(WHERE, []) == OBJECT
    left, server.answers = 0.1, [hangs]
    began = asyncio.get_running_loop().time()
    with pytest.raises(errors.Unavailable, match="no answer in time"):
        await gateway.put(WHERE, {})
    assert asyncio.get_running_loop().time() - began < 0.4, "sooner than its own patience of half a second"


async def test_the_lease_is_asked_for_after_the_credentials_which_may_take_their_time(server: Server) -> None:
    """An exec plugin runs for seconds, and a process may be frozen while it does."""
    left = 5.0

    def plugin(_: Configuration) -> None:
        nonlocal left
        left = -1.0

    configuration = Configuration(host=server.url)
    configuration.refresh_api_key_hook = plugin  # type: ignore[assignment]
    server.answers = [says(200)]
    async with Gateway(Connection(configuration, user_agent="x"), patience=Patience(tries=1)) as gateway:
        gateway.fence(lambda: left)
        with pytest.raises(errors.Unavailable, match="the Lease is not ours"):
            await gateway.put(WHERE, {})
    assert server.asked == []


async def test_a_plugin_that_never_ends_holds_nobody_up_for_ever(server: Server) -> None:
    configuration = Configuration(host=server.url)
    configuration.refresh_api_key_hook = lambda _: asyncio.sleep(60)  # type: ignore[assignment]
    patience = Patience(timeout=0.2, tries=1)
    async with Gateway(Connection(configuration, user_agent="x"), patience=patience) as gateway:
        with pytest.raises(errors.Unavailable, match="no answer in time"):
            async with asyncio.timeout(20):
                await gateway.get(WHERE)


@pytest.mark.parametrize("wrong", [ConfigException("exec: process returned 1"), KeyError("BearerToken")], ids=repr)
async def test_credentials_that_cannot_be_had_now_are_trouble_with_the_cluster(
    server: Server, wrong: Exception
) -> None:
    def plugin(_: Configuration) -> None:
        raise wrong

    configuration = Configuration(host=server.url)
    configuration.refresh_api_key_hook = plugin  # type: ignore[assignment]
    async with Gateway(Connection(configuration, user_agent="x"), patience=Patience(tries=1)) as gateway:
        with pytest.raises(errors.Unavailable, match="credentials"):
            await gateway.get(WHERE)
        with pytest.raises(errors.Unavailable, match="credentials"):
            async for _ in gateway.watch(WHERE, resource_version="1", seconds=1):
                pass


async def test_a_glance_asks_once_and_for_one(gateway: Gateway, server: Server) -> None:
    server.answers = [says(503), says(200, {"items": []})]
    with pytest.raises(errors.Unavailable):
        await gateway.glance(WHERE, seconds=0.5)
    await gateway.glance(WHERE, seconds=0.5)
    assert [request.query.get("limit") for request in server.asked] == ["1", "1"]


async def test_a_glance_waits_no_longer_than_it_is_told(gateway: Gateway, server: Server) -> None:
    server.answers = [hangs]
    with pytest.raises(errors.Unavailable):
        async with asyncio.timeout(0.45):
            await gateway.glance(WHERE, seconds=0.05)


async def test_requests_without_an_answer_are_counted(gateway: Gateway, server: Server) -> None:
    server.answers = [says(503), says(200, OBJECT)]
    await gateway.get(WHERE)
    assert gateway.unanswered == 1
    server.answers = [says(404)]
    with pytest.raises(errors.NotFound):
        await gateway.get(WHERE)
    assert gateway.unanswered == 1, "that was an answer"


async def test_a_watch_that_says_nothing_is_given_up_long_before_its_time(
    gateway: Gateway, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.sleep(60)
        return response

    monkeypatch.setattr(gateways, "SILENCE", 0.1)
    server.answers = [silent]
    events = gateway.watch(WHERE, resource_version="1", seconds=240)
    with pytest.raises(errors.Unavailable):
        await asyncio.wait_for(anext(events), 20)


async def test_what_the_loop_says_of_a_connection_that_is_closed_already_is_a_lost_connection(server: Server) -> None:
    class Closed(Connection):
        async def send(self, *request: Any, **how: Any) -> Any:  # noqa: ARG002 - the signature
            raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    connection = Closed(Configuration(host=server.url), user_agent="ideogram-operator")
    async with Gateway(connection, patience=Patience(backoff=0.0)) as gateway:
        with pytest.raises(errors.Unavailable):
            await gateway.get(WHERE)
        with pytest.raises(errors.Unavailable):
            _ = [event async for event in gateway.watch(WHERE, resource_version="1", seconds=1.0)]
