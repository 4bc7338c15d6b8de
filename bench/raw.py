"""The floor: a bare aiohttp client of the API server, which knows nothing and keeps nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import aiohttp

from lab.kubeconfig import Access

CONCURRENCY: Final = 20
JSON: Final = "application/json"
JSON_PATCH: Final = "application/json-patch+json"
PAGE: Final = 500

Item = TypeVar("Item")


class RefusedError(RuntimeError):
    """The API server did not do what was asked; the message says what it said, ``code`` is the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Raw:
    """Requests to one API server as one identity, at most twenty connections at once."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server

    @classmethod
    @asynccontextmanager
    async def open(cls, access: Access) -> AsyncIterator["Raw"]:
        """A client for this way into the cluster; closed at the end of the block."""
        connector = aiohttp.TCPConnector(limit=CONCURRENCY, ssl=access.ssl_context())
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        timeout = aiohttp.ClientTimeout(total=60.0)
        async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:
            yield cls(session, access.server)

    async def ask(self, method: str, path: str, body: Any = None, content_type: str = JSON) -> Any:
        """The answer's JSON.

        Raises:
            RefusedError: any answer from 400 up.
        """
        data = json.dumps(body) if body is not None else None
        headers = {"Content-Type": content_type}
        async with self._session.request(method, self._server + path, data=data, headers=headers) as answer:
            content = await answer.read()
            if answer.status >= 400:  # noqa: PLR2004 - HTTP's own numbers
                raise RefusedError(answer.status, f"{method} {path}: {answer.status} {content[:300]!r}")
            return json.loads(content)

    async def pages(self, path: str) -> AsyncIterator[list[Any]]:
        """All objects of a list, a page at a time; the last page's metadata is kept in ``version``."""
        more = ""
        while True:
            page = await self.ask("GET", f"{path}?limit={PAGE}{more}")
            self.version = str(page["metadata"]["resourceVersion"])
            yield page["items"]
            token = page["metadata"].get("continue")
            if not token:
                return
            more = f"&continue={token}"

    async def watch_once(self, path: str) -> None:
        """Begins a watch from the last list's version, and ends it as soon as the server has begun to answer."""
        url = f"{self._server}{path}?watch=true&timeoutSeconds=1&resourceVersion={self.version}"
        async with self._session.get(url) as answer:
            answer.raise_for_status()


async def spread(items: Iterable[Item], work: Callable[[Item], Awaitable[Any]]) -> None:
    """Does the work for each item, twenty at once; the first failure ends it."""
    left = iter(items)

    async def worker() -> None:
        for item in left:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(worker())
