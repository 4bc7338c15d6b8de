"""kopf as the informer: it keeps the watch alive and hands over what it hears. Nothing else of kopf is used.

Measured with ten thousand integrations, handlers that only enqueue cost 1.3 KB an object and write nothing; timers,
daemons and indices cost ten times as much and a finalizer each. So kopf stores nothing on the objects here: no
progress, no last-handled configuration, and its own finalizer has a name that no object carries.
"""

import logging
import random
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import kopf

from ideogram_operator.cluster.gateway import SILENCE
from ideogram_operator.resource.words import GROUP, PLURAL, VERSION
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.store import Store, key_of

SERVER_TIMEOUT = 240  # whole seconds: the API server refuses a fraction
CLIENT_TIMEOUT = 300.0
CHUNK = 250
"""Integrations of a page of the first list: whole, each is some twenty kilobytes of objects."""
IDLE = 0.5
"""Seconds for which kopf keeps in mind what it last heard of an integration."""
LONGEST_BACKOFF = 5.0
AFTER_GONE = 1.0
"""Seconds before everything is listed anew, once a watch has said that its version is too old."""


@dataclass(slots=True)
class Hearing:
    """When the watch was last known to be alive, in seconds of the monotonic clock."""

    last: float

    def age(self, now: float) -> float:
        """Returns the seconds since then."""
        return now - self.last


class _Backoffs:
    """Endless pauses between tries, with jitter: kopf would end the process when a finite list runs out."""

    def __iter__(self) -> Iterator[float]:
        pause = 0.5
        while True:
            yield pause * (0.5 + random.random())  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, LONGEST_BACKOFF)


class _NoProgress(kopf.ProgressStorage):
    """Keeps no handler progress: no handler here has any."""

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None

    def purge(self, **_: Any) -> None:
        return None

    def touch(self, **_: Any) -> None:
        return None

    def clear(self, *, essence: Any) -> Any:
        return essence


class _NoDiffBase(kopf.DiffBaseStorage):
    """Keeps no last-handled configuration: nothing here asks for differences.

    Nor is there one to build, which would copy every object at every event: a twelfth of all CPU in a storm.
    """

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None


Login = Callable[[], Awaitable[kopf.AiohttpSession]]
Hook = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Informer:
    """The watch on all integrations of some namespaces.

    Attributes:
        login: returns a session with the API server; asked again when it had to be closed.
        draining: awaited when a signal asked for the end, before anything is cancelled.
        namespaces: empty means everywhere.
    """

    store: Store
    hearing: Hearing
    clock: Clock
    login: Login
    draining: Hook
    namespaces: Sequence[str] = ()

    async def run(self) -> None:
        """Watches until SIGINT, SIGTERM or cancellation.

        Tasks that were created after this one started are cancelled by kopf at its end: start all others first.
        """
        await kopf.operator(
            registry=self._registry(),
            settings=self._settings(),
            standalone=True,
            # Peering is off, but without an identity kopf looks up the user's name, and a container's user has none.
            identity=cast("Any", socket.gethostname()),
            clusterwide=not self.namespaces,
            namespaces=list(self.namespaces),
        )

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        async def login(**_: Any) -> kopf.AiohttpSession:
            return await self.login()

        @kopf.on.cleanup(registry=registry)
        async def cleanup(**_: Any) -> None:
            await self.draining()

        @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
        async def heard(event: Any, **_: Any) -> None:
            # An event handler that raises is never tried again, so it does nothing that can fail.
            self.hear(event["type"], dict(event["object"]))

        return registry

    def hear(self, kind: str | None, raw: dict[str, Any]) -> None:
        """Takes in one event of the watch; None is an object of the first list."""
        self.hearing.last = self.clock.monotonic()
        if kind == "DELETED":
            self.store.lost(key_of(raw), raw["metadata"].get("uid"))
        else:
            self.store.saw(raw)

    def _settings(self) -> kopf.OperatorSettings:
        settings = kopf.OperatorSettings()
        settings.posting.enabled = False
        settings.posting.level = logging.CRITICAL
        settings.scanning.disabled = True
        settings.watching.chunk_size = CHUNK
        settings.watching.server_timeout = SERVER_TIMEOUT
        settings.watching.client_timeout = CLIENT_TIMEOUT
        settings.watching.inactivity_timeout = SILENCE
        settings.watching.reconnect_backoff = AFTER_GONE
        settings.queueing.idle_timeout = IDLE
        settings.networking.connect_timeout = 5.0
        settings.networking.request_timeout = 60.0
        settings.networking.error_backoffs = _Backoffs()
        settings.persistence.finalizer = f"{GROUP}/kopf-unused"
        settings.persistence.progress_storage = _NoProgress()
        settings.persistence.diffbase_storage = _NoDiffBase()
        settings.process.ultimate_exiting_timeout = None
        return settings
