"""The log of what the simulator was sent and what it did about it."""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from itertools import count
from typing import Any

from lab.simulator.messages import Incoming
from lab.simulator.words import FaultKind, Host, Route

SECRET_HEADERS = frozenset({"api-key", "authorization", "proxy-authorization", "cookie"})
BODY_LIMIT = 65536
KEPT = 50_000


@dataclass(slots=True, kw_only=True)
class Record:
    """One request.

    Attributes:
        number: in order of arrival, from 1.
        version: grows with every change to the log.
        at: arrival, Unix seconds.
        seconds: from arrival to the answer's beginning; None while there is none.
        key: the name of the key in ``Api-Key``; ``unknown-<fingerprint>`` for one nobody here issued; None without.
        key_seen_in: every place a key was found in: ``api-key``, another header's name, ``url``, ``body``.
        headers: without secrets; their values are gone, not their names: see ``header_names``.
        connection: number of the TCP connection on its host.
        body: JSON if it is, else text; keys and what is beyond 64 KiB cut out.
        fault: what it met.
        status: what was answered; None: nothing, or not yet.
        outcome: ``pending``, ``answered``, ``disconnected`` (the client left, or was cut off).
        billed_usd: a decimal.
    """

    number: int
    version: int
    at: float
    host: Host
    route: Route
    method: str
    path: str
    query: dict[str, str]
    key: str | None
    key_seen_in: tuple[str, ...]
    headers: dict[str, str]
    header_names: tuple[str, ...]
    connection: int
    body: Any
    fault: FaultKind | None = None
    status: int | None = None
    outcome: str = "pending"
    seconds: float | None = None
    billed_usd: Decimal = field(default_factory=Decimal)

    def to_json(self) -> dict[str, Any]:
        """For the admin port."""
        return {**{known.name: getattr(self, known.name) for known in fields(self)}, "billed_usd": str(self.billed_usd)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Record":
        """The inverse."""
        return cls(
            **{
                **data,
                "host": Host(data["host"]),
                "route": Route(data["route"]),
                "fault": data["fault"] and FaultKind(data["fault"]),
                "key_seen_in": tuple(data["key_seen_in"]),
                "header_names": tuple(data["header_names"]),
                "billed_usd": Decimal(data["billed_usd"]),
            }
        )


def key_places(incoming: Incoming, secrets: Iterable[str]) -> tuple[str, ...]:
    """Where in a request any of these keys is found; the ``Api-Key`` header counts whatever it holds."""
    places = {**incoming.headers, "url": _url(incoming), "body": incoming.body.decode(errors="replace")}
    found = {name for secret in secrets for name, text in places.items() if secret in text}
    return tuple(sorted(found | ({"api-key"} & incoming.headers.keys())))


def present(incoming: Incoming, secrets: Iterable[str]) -> tuple[str, ...]:
    """The keys that occur anywhere in a request: with thousands of keys, the few worth a closer look."""
    everything = "\n".join((_url(incoming), *incoming.headers.values(), incoming.body.decode(errors="replace")))
    return tuple(secret for secret in secrets if secret in everything)


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without the keys."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _url(incoming: Incoming) -> str:
    return "&".join((incoming.path, *incoming.query.keys(), *incoming.query.values()))


def _shown_body(incoming: Incoming, secrets: Iterable[str]) -> Any:
    text = hide(incoming.body[:BODY_LIMIT].decode(errors="replace"), secrets)
    try:
        return json.loads(text)
    except ValueError:
        return text


class RequestLog:
    """The records, and a way to wait for news without polling."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=KEPT)
        self._numbers = count(1)
        self._news = asyncio.Event()
        self.version = 0
        self.epoch = 0

    def arrived(self, incoming: Incoming, secrets: Iterable[str], **known: Any) -> Record:
        """A new record; ``known`` is what the request's bytes do not say, ``secrets`` what it must not show."""
        hidden = present(incoming, secrets)
        shown = {name: hide(text, hidden) for name, text in incoming.headers.items() if name not in SECRET_HEADERS}
        record = Record(
            number=next(self._numbers),
            version=0,
            method=incoming.method,
            path=hide(incoming.path, hidden),
            query={hide(name, hidden): hide(text, hidden) for name, text in incoming.query.items()},
            key_seen_in=key_places(incoming, hidden),
            headers=shown,
            header_names=tuple(incoming.headers),
            body=_shown_body(incoming, hidden),
            **known,
        )
        self._records.append(record)
        self.update(record)
        return record

    def update(self, record: Record, **changes: Any) -> None:
        """Write down what became of it, and wake whoever waits."""
        for name, value in changes.items():
            setattr(record, name, value)
        self.version += 1
        record.version = self.version
        self._announce()

    def clear(self) -> None:
        """Forget all records; numbers go on."""
        self._records.clear()
        self.epoch += 1
        self.version += 1
        self._announce()

    def newer(self, version: int) -> tuple[Record, ...]:
        """What has changed since, in order of arrival."""
        return tuple(record for record in self._records if record.version > version)

    async def changed(self, version: int, timeout: float) -> None:  # noqa: ASYNC109 - a long poll's own patience
        """Return when there is something newer, or after ``timeout`` seconds."""
        if self.version > version:
            return
        try:
            await asyncio.wait_for(self._news.wait(), timeout)
        except TimeoutError:
            return

    def _announce(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
