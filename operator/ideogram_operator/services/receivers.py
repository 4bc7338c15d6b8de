"""Messages to people, through Apprise: chat, on-call services, mail and webhooks.

The URL is a tenant's, from a Secret. So its scheme must be a known service of the network, its host one that the
guard allows, and the sending runs in a thread that reaches just that host at just the addresses that were checked, for
a bounded time and a bounded answer. Nothing of the URL but a known scheme and an allowed host is ever in a message.
What is left: a service's own hosts, such as Slack's, are taken by their name, and where the environment names a proxy,
it is the proxy that resolves.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from apprise import NotifyFormat

from ideogram_operator.cluster.secrets import SecretValue
from ideogram_operator.services import receiver_log
from ideogram_operator.services.guard import Guard, shown
from ideogram_operator.services.lines import Line
from ideogram_operator.services.receiver_answers import bound_answers
from ideogram_operator.services.receiver_sites import SITES, Place, Site, covers
from ideogram_operator.services.receiver_urls import HINT, NATIVE, Receiver, scheme_of, take_apart
from ideogram_operator.services.results import ServiceError

TIMEOUT: Final = 15.0
"""Seconds for one message, unless told otherwise."""

ANSWER_LIMIT: Final = 64 * 1024
"""The most bytes that a receiver may answer with."""

_THREADS: Final = 128
_WATCH_SECONDS: Final = 0.05
_REDIRECTS: Final = range(300, 400)
_CREDENTIALS: Final = frozenset({401, 403, 535})
_NOT_FOUND: Final = frozenset({400, 404, 410})


class Kind(StrEnum):
    """What a message is about, for its colour and icon: Apprise's own kinds."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    title: str
    body: str
    kind: Kind


def name(url: SecretValue | str) -> str:
    """The receiver for people: its scheme, such as ``slack``; ``unknown`` if it has none that is known."""
    scheme = scheme_of(url if isinstance(url, str) else url.reveal())
    return scheme if scheme in SITES or scheme == NATIVE else "unknown"


class Receivers:
    """Sends messages, each in a thread of its own, up to 128 at once. Open it once and share it.

    Args:
        guard: says which hosts may be called.
        authorities: a PEM file with all certificate authorities to trust for https; None: those that come with
            ``requests``.
    """

    def __init__(self, guard: Guard, *, authorities: str | None = None) -> None:
        bound_answers()
        self._guard = guard
        self._authorities = authorities
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="receivers")

    async def send(
        self,
        url: SecretValue | str,
        *,
        namespace: str,
        title: str,
        body: str,
        kind: Kind = Kind.INFO,
        timeout: float = TIMEOUT,  # noqa: ASYNC109 - it also bounds the sockets of a thread, which nothing cancels
    ) -> None:
        """Returns once the receiver has accepted the message.

        Args:
            url: one Apprise URL, or a service's own webhook URL that Apprise knows.
            namespace: the integration's.
            title: a line.
            body: plain text.
            kind: what it is about.
            timeout: seconds in all.

        Raises:
            ServiceError: it was not accepted, or the URL may not be used.
        """
        message = _Message(title=title, body=body, kind=kind)
        line: Line | None = None
        try:
            async with asyncio.timeout(timeout):
                receiver = await self._take_apart(url if isinstance(url, str) else url.reveal(), timeout)
                line = await self._line(receiver, namespace)
                await self._deliver(receiver, message, line)
        except TimeoutError:
            raise _too_late(timeout) from None
        finally:
            if line is not None:
                line.cut()

    def close(self) -> None:
        """Gives the threads back; those that still wait end with their sockets' timeouts."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _deliver(self, receiver: Receiver, message: _Message, line: Line) -> None:
        sending = self._threads.submit(_send, receiver, message, line)
        try:
            await _watch(sending, line)
        finally:
            sending.cancel()
        problem = sending.result()
        if problem is not None:
            raise problem

    async def _take_apart(self, url: str, timeout: float) -> Receiver:  # noqa: ASYNC109 - for the plugin's sockets
        work = partial(take_apart, url, timeout=timeout, authorities=self._authorities)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _line(self, receiver: Receiver, namespace: str) -> Line:
        """The line to the receiver, if the guard allows it."""
        proxies = await self._proxies()
        place = receiver.place
        if place is None or _is_own(place, receiver.site):
            return _line_to(proxies, own=receiver.site.own)
        self._check(place, namespace)
        return _line_to({**proxies, place.host: frozenset(await self._guard.addresses(place.host, place.port))})

    def _check(self, place: Place, namespace: str) -> None:
        if place.scheme == "smtp":
            self._guard.host(place.host, place.port, namespace=namespace, secret=True)
        else:
            host = f"[{place.host}]" if ":" in place.host else place.host
            self._guard.http(f"{place.scheme}://{host}:{place.port}", namespace=namespace, secret=True)

    async def _proxies(self) -> dict[str, frozenset[str]]:
        """The proxies that the environment names, which requests honours: they are the operator's own setting."""
        found: dict[str, frozenset[str]] = {}
        for scheme, proxy in getproxies().items():
            parts = urlsplit(proxy)
            if scheme != "no" and parts.hostname:
                with contextlib.suppress(OSError, ValueError):
                    found[parts.hostname] = frozenset(await self._guard.resolve(parts.hostname, parts.port or 80))
        return found


def _line_to(hosts: Mapping[str, frozenset[str]], *, own: tuple[str, ...] = ()) -> Line:
    return Line(hosts=frozenset(hosts), addresses=frozenset().union(*hosts.values()), own=own)


async def _watch(sending: "Future[ServiceError | None]", line: Line) -> None:
    """Returns when it is over; cuts the line where an answer has no end."""
    over = asyncio.wrap_future(sending)
    while not over.done():
        await asyncio.wait({over}, timeout=_WATCH_SECONDS)
        if not over.done() and line.received() > ANSWER_LIMIT:
            line.cut()
            raise _endless()


def _send(receiver: Receiver, message: _Message, line: Line) -> ServiceError | None:
    """In a thread: None if it was accepted, else why not. The plugin is foreign code: whatever it raises is a no."""
    heard = receiver_log.listen()
    try:
        with line.laid():
            accepted = receiver.plugin.notify(
                title=message.title,
                body=message.body,
                notify_type=message.kind.value,
                body_format=NotifyFormat.TEXT,
            )
    except Exception:  # noqa: BLE001 - an action is carried out here, and the text may hold the URL
        accepted = False
    if accepted:
        return None
    if line.endless:
        return _endless()
    if line.refused:
        return ServiceError(f"{receiver.scheme} wants to call a host that is not its own", hint=HINT, untried=True)
    return _failure(receiver, heard)


def _failure(receiver: Receiver, heard: receiver_log.Heard) -> ServiceError:
    who = receiver.scheme if receiver.place is None else f"{receiver.scheme} at {shown(receiver.place.host)}"
    if heard.status is None:
        return ServiceError(f"{who} {heard.phrase or 'did not take the message'}", hint=HINT)
    if heard.status in _REDIRECTS:
        return ServiceError(
            f"{who} redirects (HTTP {heard.status}), and redirects are not followed",
            hint="Write the URL that it redirects to.",
        )
    answers = f"{who} answers {'' if receiver.scheme.startswith('mailto') else 'HTTP '}{heard.status}"
    if heard.status in _CREDENTIALS:
        return ServiceError(answers, hint="Check the credentials in the URL.")
    return ServiceError(answers, hint=HINT if heard.status in _NOT_FOUND else "Look into the receiver's log.")


def _is_own(place: Place, site: Site) -> bool:
    on_its_port = place.scheme == "smtp" or (place.scheme, place.port) == ("https", 443)
    return on_its_port and covers(site.own, place.host)


def _endless() -> ServiceError:
    return ServiceError("the receiver's answer has no end", hint="Look into the receiver's log.")


def _too_late(timeout: float) -> ServiceError:
    return ServiceError(
        f"the receiver did not answer within {timeout:g} s", hint="Check that it runs and can be reached."
    )
