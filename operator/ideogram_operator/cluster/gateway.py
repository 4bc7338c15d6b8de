"""The one door to the Kubernetes API: raw dicts in and out, bounded in time and in tries.

A request that may be repeated without harm is, up to ``Patience.tries`` times with full jitter, on 429 (as its
Retry-After says), 5xx and lost connections. That includes a JSON Patch guarded by a ``test`` on resourceVersion: had
the first one arrived, the second is a Conflict. A POST is repeated after a 429 only, which the API server answers
before it does anything. A 403 is believed when it is seen twice a second apart: an API server that has just started
answers 403 until its authorizer has read the roles.

Where several operators could write, only one may: `Gateway.fence` has every write ask first, at the last moment.
"""

import asyncio
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.answers import (
    Object,
    must_have_metadata,
    query_string,
    read_document,
    read_event,
    read_lines,
    read_page,
    read_refusal,
    told,
)
from ideogram_operator.cluster.connection import Connection, connect
from ideogram_operator.cluster.errors import Forbidden, Gone, Unavailable
from ideogram_operator.resource.words import FIELD_MANAGER

Sleep = Callable[[float], Awaitable[None]]

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
METADATA_EVENT = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

_BROKEN = (aiohttp.ClientError, TimeoutError, OSError, ValueError, RuntimeError)
"""What comes of a request that gets no answer. The last is what libuv says of a connection that is closed already."""

SILENCE = 75.0
"""Seconds after which a watch is dead that says nothing: the API server sends a bookmark every minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often; all times in seconds."""

    timeout: float = 10.0
    connect_timeout: float = 3.0
    tries: int = 3
    backoff: float = 0.2
    longest_wait: float = 5.0
    forbidden_again_after: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All items of a list, and the version from which a watch goes on."""

    items: tuple[Object, ...]
    resource_version: str


class Gateway:
    """Requests to one API server. All methods raise ``ClusterError`` and nothing else."""

    def __init__(
        self,
        connection: Connection,
        *,
        patience: Patience | None = None,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._connection = connection
        self._patience = patience or Patience()
        self._sleep = sleep
        self._jitter = jitter
        self._tenure: Callable[[], float] | None = None
        self.unanswered = 0
        """How many requests so far had no answer, or one that says nothing but to come again."""

    @classmethod
    async def open(
        cls, kubeconfig: str | Path | None = None, *, context: str | None = None, patience: Patience | None = None
    ) -> Self:
        """A gateway by that kubeconfig and context, or as the pod's ServiceAccount. Raises ``Unreachable``."""
        return cls(await connect(kubeconfig, user_agent=FIELD_MANAGER, context=context), patience=patience)

    @property
    def connection(self) -> Connection:
        """The way to the API server."""
        return self._connection

    def fence(self, tenure: Callable[[], float]) -> None:
        """From now on a write is sent only while ``tenure`` returns seconds that are left, and waits no longer.

        A write that comes too late is ``Unavailable``, like one that the server did not take.
        """
        self._tenure = tenure

    async def close(self) -> None:
        """Let go of all connections."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def get(self, address: Address) -> Object:
        """The object as it is now, from etcd rather than from a cache."""
        return self._object("get", address, await self._ask("get", "GET", address))

    async def glance(self, address: Address, *, seconds: float) -> None:
        """Whether a collection can be listed now: asked once, for a single object. Raises what is in the way."""
        params = {"limit": "1"}
        url, headers = f"{address.path}?{query_string(params)}", {"Accept": METADATA_LIST}
        await self._once("list", "GET", url, address=address, headers=headers, body=None, longest=seconds)

    async def pages(
        self, address: Address, *, metadata_only: bool = False, chunk: int = 500
    ) -> AsyncIterator[Sequence[Object]]:
        """All objects, a page at a time. Raises ``Gone``, besides, when a page was asked for too late."""
        async for items, _ in self._pages(address, selector="", metadata_only=metadata_only, chunk=chunk):
            yield items

    async def list(
        self, address: Address, *, selector: str = "", metadata_only: bool = False, chunk: int = 500
    ) -> Listing:
        """All objects, read in pages of ``chunk``; a page that came too late starts the whole list once more."""
        try:
            return await self._all(address, selector=selector, metadata_only=metadata_only, chunk=chunk)
        except Gone:
            return await self._all(address, selector=selector, metadata_only=metadata_only, chunk=chunk)

    async def json_patch(
        self, address: Address, operations: Sequence[Object], *, dry_run: bool = False, metadata_only: bool = False
    ) -> Object:
        """The object after RFC 6902 ``operations``; repeated on a lost connection, so guard it with a ``test``."""
        accept = METADATA_EVENT if metadata_only else "application/json"
        return await self._patch(address, [*operations], JSON_PATCH, dry_run=dry_run, accept=accept)

    async def merge_patch(self, address: Address, body: Object, *, dry_run: bool = False) -> Object:
        """The object after an RFC 7386 merge; repeated on a lost connection, so ``body`` must say a level."""
        return await self._patch(address, body, MERGE_PATCH, dry_run=dry_run)

    async def post(self, address: Address, body: Object) -> Object:
        """The object created, or the answer to a review. Never sent twice unless the server turned it away."""
        params = {"fieldManager": FIELD_MANAGER}
        return await self._ask("create", "POST", address, body=body, params=params, repeatable=False)

    async def put(self, address: Address, body: Object) -> Object:
        """The object replaced; guarded by the resourceVersion in ``body``. Never sent twice: a second is a Conflict."""
        params = {"fieldManager": FIELD_MANAGER}
        return await self._ask("update", "PUT", address, body=body, params=params, repeatable=False)

    async def delete(self, address: Address, *, uid: str = "") -> None:
        """Ask for the object's end; with ``uid`` only if it is still that one."""
        body = {"preconditions": {"uid": uid}} if uid else None
        await self._ask("delete", "DELETE", address, body=body)

    async def watch(
        self, address: Address, *, resource_version: str, seconds: float, metadata_only: bool = False
    ) -> AsyncIterator[Object]:
        """Events ``{type, object}`` as they come, until the server ends the watch after about ``seconds``.

        Raises Gone when the version is too old, Unavailable when the stream breaks, or says nothing for ``SILENCE``
        seconds: a watch whose other end died says nothing at all. Bookmarks are asked for and passed on.
        """
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(max(1, round(seconds))),
        }
        accept = METADATA_EVENT if metadata_only else "application/json"
        limit = aiohttp.ClientTimeout(
            total=seconds + self._patience.timeout, sock_connect=self._patience.connect_timeout, sock_read=SILENCE
        )
        try:
            response = await self._connection.send(
                "GET",
                f"{address.path}?{query_string(params)}",
                headers={"Accept": accept},
                body=None,
                limit=lambda: limit,
            )
            async with response:
                if response.status >= 400:  # noqa: PLR2004 - HTTP's own numbers
                    raise await read_refusal(response, address, "watch")
                async for line in read_lines(response.content):
                    yield read_event(line, address)
        except _BROKEN as error:
            raise Unavailable(f"watch {address}: {told(error)}", address=address, verb="watch") from error

    async def _all(self, address: Address, *, selector: str, metadata_only: bool, chunk: int) -> Listing:
        pages = self._pages(address, selector=selector, metadata_only=metadata_only, chunk=chunk)
        found = [page async for page in pages]
        return Listing(items=tuple(item for items, _ in found for item in items), resource_version=found[-1][1])

    async def _pages(
        self, address: Address, *, selector: str, metadata_only: bool, chunk: int
    ) -> AsyncIterator[tuple[Sequence[Object], str]]:
        """Each page's items, and the version of the whole list."""
        params = {"limit": str(chunk)} | ({"labelSelector": selector} if selector else {})
        while True:
            accept = METADATA_LIST if metadata_only else "application/json"
            page = await self._ask("list", "GET", address, params=params, accept=accept)
            try:
                more, version, following = read_page(page)
            except ValueError as error:
                raise Unavailable(f"list {address}: {told(error)}", address=address, verb="list") from error
            yield more, version
            if not following:
                return
            if following == params.get("continue"):
                raise Unavailable(f"list {address}: the same page again and again", address=address, verb="list")
            params["continue"] = following

    async def _patch(
        self, address: Address, body: Any, content_type: str, *, dry_run: bool, accept: str = "application/json"
    ) -> Object:
        params = {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
        after = await self._ask(
            "patch", "PATCH", address, body=body, params=params, content_type=content_type, accept=accept
        )
        return self._object("patch", address, after)

    @staticmethod
    def _object(verb: str, address: Address, found: Object) -> Object:
        """What is one: some other server's answer must not look like an object that nobody holds."""
        try:
            must_have_metadata(found)
        except ValueError as error:
            raise Unavailable(f"{verb} {address}: {told(error)}", address=address, verb=verb) from error
        return found

    async def _ask(
        self,
        verb: str,
        method: str,
        address: Address,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        repeatable: bool = True,
    ) -> Object:
        url = address.path + (f"?{query_string(params)}" if params else "")
        headers = {"Accept": accept, "Content-Type": content_type}
        tried, forbidden = 0, False
        while True:
            tried += 1
            try:
                return await self._once(verb, method, url, address=address, headers=dict(headers), body=body)
            except Forbidden:
                if forbidden:
                    raise
                forbidden = True
                await self._sleep(self._patience.forbidden_again_after)
            except Unavailable as error:
                self.unanswered += 1
                wait = self._wait(error, tried, repeatable=repeatable)
                if wait is None:
                    raise
                await self._sleep(wait)

    def _wait(self, error: Unavailable, tried: int, *, repeatable: bool) -> float | None:
        """Seconds until the next try, None for no other."""
        turned_away = error.retry_after is not None
        if tried >= self._patience.tries or not (repeatable or turned_away):
            return None
        if error.retry_after is not None:
            asked = error.retry_after + self._jitter() * self._patience.backoff
            return asked if asked <= self._patience.longest_wait else None
        return min(self._patience.longest_wait, float(self._patience.backoff * 2**tried)) * self._jitter()

    async def _once(
        self,
        verb: str,
        method: str,
        url: str,
        *,
        address: Address,
        headers: dict[str, str],
        body: Any,
        longest: float = math.inf,
    ) -> Object:
        def limit() -> aiohttp.ClientTimeout:
            seconds = min(self._patience.timeout, longest)
            if self._tenure is not None and method != "GET":
                seconds = min(seconds, self._tenure())
                if seconds <= 0:
                    raise Unavailable(f"{verb} {address}: not sent: the Lease is not ours", address=address, verb=verb)
            return aiohttp.ClientTimeout(total=seconds, sock_connect=self._patience.connect_timeout)

        try:
            # Around it all: the credentials may have to be asked of a plugin that never ends.
            async with asyncio.timeout(min(self._patience.timeout, longest)):
                response = await self._connection.send(method, url, headers=headers, body=body, limit=limit)
                async with response:
                    if response.status >= 400:  # noqa: PLR2004 - HTTP's own numbers
                        raise await read_refusal(response, address, verb)
                    return read_document(await response.read())
        except _BROKEN as error:
            raise Unavailable(f"{verb} {address}: {told(error)}", address=address, verb=verb) from error
