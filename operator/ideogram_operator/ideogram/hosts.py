"""The hosts that may be given the API key.

Whoever may create an integration chooses its ``baseURL``; without this list they could have the operator send the
key of a Secret, which they may not be allowed to read, to a server of their own (DESIGN.md §9).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

DEFAULT_HOST: Final = "api.ideogram.ai"
_PORTS: Final = {"https": 443, "http": 80}

Origin = tuple[str, str, int]
"""Scheme, host in lower case, port."""


class HostNotAllowedError(ValueError):
    """The URL's host is not on the list. The message names the flag and the chart value that would allow it."""


class InvalidHostError(ValueError):
    """An entry of ``--allow-host``, or a URL, that is neither ``HOST[:PORT]`` nor ``http://HOST:PORT``."""


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The origins to which the operator may send a key."""

    origins: frozenset[Origin] = frozenset({("https", DEFAULT_HOST, 443)})

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "AllowedHosts":
        """The default host and those given with ``--allow-host``.

        Args:
            entries: ``HOST[:PORT]`` for https, ``http://HOST:PORT`` for plain http.

        Raises:
            InvalidHostError: an entry has another form.
        """
        return cls(cls().origins | {_origin(entry if "://" in entry else f"https://{entry}") for entry in entries})

    def check(self, url: str) -> str:
        """``url`` without its trailing slash, if its host may be given the key.

        Raises:
            HostNotAllowedError: it is not on the list, or only on the list for https.
            InvalidHostError: not a plain http or https URL; one with user name, query or fragment.
        """
        scheme, host, port = origin = _origin(url, path=True)
        if origin not in self.origins:
            raise HostNotAllowedError(
                f"the operator may not send a key to {scheme}://{host}:{port}: "
                f"allow it with --allow-host {entry_for(scheme, host, port)} (chart value allowHosts)"
            )
        return url.rstrip("/")

    def lists(self, scheme: str, host: str, port: int) -> bool:
        """Whether just this origin is on the list; ``host`` as :func:`origin_of` writes it."""
        return (scheme, host, port) in self.origins

    def names(self, host: str, port: int) -> bool:
        """Whether host and port are on the list, for https or for http."""
        return any(self.lists(scheme, host, port) for scheme in _PORTS)


def entry_for(scheme: str, host: str, port: int) -> str:
    """What ``--allow-host`` is given to allow that origin."""
    if scheme == "http":
        return f"http://{host}:{port}"
    return host if port == _PORTS["https"] else f"{host}:{port}"


def origin_of(url: str) -> Origin:
    """Scheme, host and port of a http or https URL with any path and query; an IPv6 address has its brackets.

    Raises:
        InvalidHostError: it is no such URL, or has a user name or a fragment.
    """
    return _origin(url, path=True, query=True)


def _origin(url: str, *, path: bool = False, query: bool = False) -> Origin:
    # urlsplit drops line breaks and tabs, so what it checked would not be what is sent.
    if not all("!" <= character <= "~" for character in url):
        raise InvalidHostError("not a host: it has white space, a control character or a character outside ASCII")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidHostError("not a host: the port or the address is malformed") from None
    if not _plain(parts) or (parts.path.strip("/") and not path) or (parts.query and not query):
        raise InvalidHostError("not a host: expected HOST[:PORT] or http://HOST:PORT, without user, query or fragment")
    host = (parts.hostname or "").lower()
    return parts.scheme, f"[{host}]" if ":" in host else host, port or _PORTS[parts.scheme]


def _plain(parts: SplitResult) -> bool:
    known = parts.scheme in _PORTS and bool(parts.hostname)
    return known and "@" not in parts.netloc and not parts.fragment
