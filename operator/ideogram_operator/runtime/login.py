"""How kopf reaches the API server: by the gateway's own configuration, over a session that lets nothing end it.

kopf repeats what a 403, a 429, a 5xx or a lost connection kept it from, and ends the whole process on any other
refusal: a token that is not accepted for a moment, a CustomResourceDefinition that is applied anew. And it opens a
watch again as soon as the last one has ended, however soon that was. Both are mended where its requests pass.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import kopf
import structlog
from yarl import URL

from ideogram_operator.cluster.connection import Connection
from ideogram_operator.runtime.clock import Clock

log = structlog.get_logger(__name__)

REPEATED: frozenset[int] = frozenset({403, 429, *range(500, 600)})
GONE = 410
WATCH_PAUSE = 1.0
"""Seconds at least between the beginnings of two watches of the same place."""


class TurnedAwayError(aiohttp.ClientConnectionError):
    """A refusal that kopf would take for the last word: it asks again, as if there had been no connection."""


@dataclass(slots=True)
class Escort:
    """Goes with each of kopf's requests: gives it the token as it is now, and has it come again if it is refused."""

    connection: Connection
    clock: Clock
    _watched: dict[str, float] = field(default_factory=dict)
    _refused: int | None = None

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Sends the request.

        Raises:
            TurnedAwayError: it was refused in a way that kopf does not repeat.
        """
        credentials = await self.connection.credentials()
        if credentials.token and request.url.origin() == URL(self.connection.server).origin():
            request.headers["Authorization"] = f"Bearer {credentials.token}"
        watches = "watch" in request.url.query
        if watches:
            await self._pace(request.url.path)
        response = await handler(request)
        if response.status == GONE and (watches or "continue" in request.url.query):
            # What it would go on from is forgotten: without it, what there is comes first, or the first page again.
            response.release()
            request.url = request.url.without_query_params("resourceVersion" if watches else "continue")
            response = await handler(request)
        self._note(response.status, request)
        if response.status >= 400 and response.status not in REPEATED:  # noqa: PLR2004 - HTTP's own numbers
            response.release()
            raise TurnedAwayError(f"HTTP {response.status}")
        return response

    async def _pace(self, place: str) -> None:
        now = self.clock.monotonic()
        pause = self._watched.get(place, now - WATCH_PAUSE) + WATCH_PAUSE - now
        if pause > 0:
            await self.clock.sleep(pause)
        self._watched[place] = self.clock.monotonic()

    def _note(self, status: int, request: aiohttp.ClientRequest) -> None:
        refused = status if status >= 400 else None  # noqa: PLR2004 - HTTP's own numbers
        if refused is not None and refused != self._refused:
            log.warning("integrations cannot be watched; it is tried again", path=request.url.path, status=refused)
        self._refused = refused


def login_by(connection: Connection, clock: Clock) -> Callable[[], Awaitable[kopf.AiohttpSession]]:
    """Returns the login handler for a connection; each login is a session of its own."""
    escort = Escort(connection, clock)

    async def login() -> kopf.AiohttpSession:
        credentials = await connection.credentials()
        info = kopf.ConnectionInfo(
            server=connection.server,
            ca_path=credentials.ca_file,
            insecure=not credentials.verify,
            certificate_path=credentials.certificate_file,
            private_key_path=credentials.private_key_file,
        )
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context()),
            middlewares=(escort,),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return kopf.AiohttpSession(server=connection.server, aiohttp_session=session)

    return login
