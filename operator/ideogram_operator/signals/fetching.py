"""How metrics are fetched, as this package needs it: who fetches, and from which hosts, is the caller's to decide."""

from typing import Protocol


class Page(Protocol):
    """An answer, read up to the limit that was asked for."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def media_type(self) -> str:
        """As the server says: ``text/plain``."""

    @property
    def body(self) -> bytes:
        """All of it."""


class Fetch(Protocol):
    """A client that follows no redirect, minds which addresses may be asked, and reads no more than it is told to."""

    async def get(self, url: str, *, timeout: float, limit: int, accept: str = ...) -> Page:  # noqa: ASYNC109 - the client's own deadline
        """The answer within ``timeout`` seconds and ``limit`` bytes; whatever it raises passes through untouched."""
