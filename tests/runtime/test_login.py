"""The session that kopf watches by: no refusal ends it, no watch follows too closely on the last."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web

from ideogram_operator.cluster.connection import connect
from ideogram_operator.runtime.login import login_by
from tests.runtime.life import Hands


@dataclass
class Server:
    """Answers with the statuses that it is told, then with 200."""

    statuses: list[int] = field(default_factory=list)
    asked: list[web.Request] = field(default_factory=list)
    url: str = ""
    location: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        status = self.statuses.pop(0) if self.statuses else 200
        return web.json_response({}, status=status, headers={"Location": self.location} if status == 302 else {})


@pytest.fixture
async def servers() -> AsyncIterator[tuple[Server, Server]]:
    runners, made = [], (Server(), Server())
    for server in made:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", server.handle)
        runners.append(web.AppRunner(app, shutdown_timeout=0.1))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runners[-1].addresses[0][1]}"
    yield made
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def server(servers: tuple[Server, Server]) -> Server:
    return servers[0]


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
async def session(server: Server, clock: Hands, tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    whole = {
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "clusters": [{"name": "x", "cluster": {"server": server.url}}],
        "users": [{"name": "x", "user": {"token": "a-token"}}],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(whole))
    connection = await connect(path, user_agent="test")
    info = await login_by(connection, clock)()
    yield info.aiohttp_session
    await info.aiohttp_session.close()
    await connection.close()


def headers(server: Server) -> list[Any]:
    return [request.headers.get("Authorization") for request in server.asked]


@pytest.mark.parametrize("status", [400, 401, 404, 405, 409, 410, 415, 422])
async def test_what_would_end_kopf_is_like_a_lost_connection(
    session: aiohttp.ClientSession, server: Server, status: int
) -> None:
    server.statuses = [status]
    with pytest.raises(aiohttp.ClientConnectionError, match=str(status)):
        await session.get(f"{server.url}/list")
    async with session.get(f"{server.url}/list") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("status", [403, 429, 500, 503])
async def test_what_kopf_repeats_by_itself_is_left_to_it(
    session: aiohttp.ClientSession, server: Server, status: int
) -> None:
    server.statuses = [status]
    async with session.get(f"{server.url}/list") as answer:
        assert answer.status == status


async def test_a_watch_from_a_forgotten_version_begins_anew(session: aiohttp.ClientSession, server: Server) -> None:
    server.statuses = [410]
    async with session.get(f"{server.url}/all?watch=true&resourceVersion=7&timeoutSeconds=240") as answer:
        assert answer.status == 200
    assert [request.query.get("resourceVersion") for request in server.asked] == ["7", None]
    assert server.asked[1].query["timeoutSeconds"] == "240"


async def test_a_list_whose_next_page_is_forgotten_begins_anew(session: aiohttp.ClientSession, server: Server) -> None:
    server.statuses = [410]
    async with session.get(f"{server.url}/all?limit=250&continue=old") as answer:
        assert answer.status == 200
    assert [request.query.get("continue") for request in server.asked] == ["old", None]
    assert server.asked[1].query["limit"] == "250"


async def test_watches_of_one_place_are_a_second_apart(
    session: aiohttp.ClientSession, server: Server, clock: Hands
) -> None:
    for _ in range(5):
        async with session.get(f"{server.url}/all?watch=true"):
            pass
        async with session.get(f"{server.url}/all"):
            pass
    async with session.get(f"{server.url}/others?watch=true"):
        pass
    assert clock.seconds == 4.0
    clock.seconds += 240
    async with session.get(f"{server.url}/all?watch=true"):
        pass
    assert clock.seconds == 244.0


async def test_the_token_goes_to_the_api_server_only(
    session: aiohttp.ClientSession, servers: tuple[Server, Server]
) -> None:
    server, other = servers
    server.statuses, server.location = [302], f"{other.url}/elsewhere"
    async with session.get(f"{server.url}/all") as answer:
        assert answer.status == 200
    assert headers(server) == ["Bearer a-token"]
    assert headers(other) == [None]
