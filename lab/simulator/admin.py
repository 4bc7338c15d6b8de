"""The client of the admin port: synchronous, typed, thread-safe, without dependencies.

The simulator has a loop of its own, so these calls may be made from a coroutine as well: each takes about a
millisecond. Only waiting is long, and has a form to be awaited.
"""

import asyncio
import http.client
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

from lab.simulator.records import Record
from lab.simulator.words import FaultKind, Host, Route

LONG_POLL = 10.0

Predicate = Callable[[Sequence[Record]], bool]


class AdminError(Exception):
    """The simulator refused: what it was told makes no sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A key as its owner knows it."""

    secret: str
    name: str
    account: str
    admin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account's numbers; money in USD."""

    credit_usd: Decimal
    billed_usd: Decimal
    in_flight: int
    peak_in_flight: int
    reject_reason: str


class AdminClient:
    """What a test tells the simulator and asks of it."""

    def __init__(self, url: str) -> None:
        self._netloc = urlsplit(url).netloc

    def fault(
        self,
        kind: FaultKind | str,
        *,
        host: Host | str = Host.API,
        routes: Iterable[Route | str] | None = None,
        key: str | None = None,
        times: int | None = None,
        for_seconds: float | None = None,
        probability: float = 1.0,
        seed: int = 0,
        delay: float = 0.0,
        bills: bool = False,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        media_type: str | None = None,
        location: str | None = None,
        size: int | None = None,
        chunk: int = 1,
        interval: float = 0.1,
    ) -> int:
        """Put a fault in force (``lab.simulator.faults.Fault`` tells the parameters); its number.

        Raises:
            AdminError: a combination that means nothing.
        """
        data = {
            "kind": kind, "host": host, "routes": None if routes is None else list(routes), "key": key,
            "times": times, "for_seconds": for_seconds, "probability": probability, "seed": seed, "delay": delay,
            "bills": bills, "status": status, "headers": dict(headers or {}), "body": body, "media_type": media_type,
            "location": location, "size": size, "chunk": chunk, "interval": interval,
        }  # fmt: skip
        return int(self._call("POST", "/faults", data)["number"])

    def heal(self, number: int | None = None, *, host: Host | str | None = None) -> None:
        """End one fault, those of one host, or all. Requests that hang go on hanging."""
        asked = {name: value for name, value in {"number": number, "host": host}.items() if value is not None}
        self._call("DELETE", f"/faults?{urlencode(asked)}")

    def faults(self) -> list[dict[str, Any]]:
        """The faults in force, each with its ``number`` and ``hits``."""
        return list(self._call("GET", "/faults"))

    def add_key(
        self,
        secret: str | None = None,
        *,
        name: str | None = None,
        account: str | None = None,
        admin: bool = False,
        credit: Decimal | float | str | None = None,
    ) -> IssuedKey:
        """A new key; of the default account unless another is named, which is opened with ``credit`` USD (100)."""
        usd = None if credit is None else str(credit)
        data = {"secret": secret, "name": name, "account": account, "admin": admin, "credit": usd}
        return IssuedKey(**self._call("POST", "/keys", data))

    def revoke(self, key: str) -> None:
        """A key, by secret or name, is 401 from now on."""
        self._call("POST", "/keys/revoke", {"key": key})

    def restore(self, key: str) -> None:
        """A revoked key works again."""
        self._call("POST", "/keys/restore", {"key": key})

    def set_credit(
        self, usd: Decimal | float | str, *, account: str | None = None, reject_reason: str | None = None
    ) -> None:
        """What the account has left, and the ``reject_reason`` of its 402s."""
        self._call("POST", "/credit", {"usd": str(usd), "account": account, "reject_reason": reject_reason})

    def account(self, name: str = "default") -> AccountView:
        """An account's numbers."""
        found = self._call("GET", "/accounts")[name]
        money = {field: Decimal(found[field]) for field in ("credit_usd", "billed_usd")}
        return AccountView(**{**found, **money})

    def settings(self, **changes: Any) -> None:
        """Change fields of ``lab.simulator.settings.Settings``; a latency may be given as its median in seconds."""
        self._call("POST", "/settings", changes)

    def status_page(self, *, indicator: str | None = None, components: Mapping[str, str] | None = None) -> None:
        """What the status page says; for a page that fails use ``fault(..., host="control")``."""
        self._call("POST", "/status-page", {"indicator": indicator, "components": dict(components or {})})

    def requests(
        self,
        *,
        route: Route | str | None = None,
        host: Host | str | None = None,
        key: str | None = None,
        status: int | None = None,
    ) -> list[Record]:
        """What was sent, in order of arrival; only what fits the filters. ``key`` is a key's name."""
        wanted = {"route": route, "host": host, "key": key, "status": status}
        asked = {name: value for name, value in wanted.items() if value is not None}
        records = self._log(0, 0.0)[1]
        return [record for record in records if all(getattr(record, name) == value for name, value in asked.items())]

    def clear_requests(self) -> None:
        """Forget what was sent."""
        self._call("DELETE", "/requests")

    def wait_for(self, predicate: Predicate, timeout: float = 10.0) -> list[Record]:
        """The log, once ``predicate`` holds for it.

        Raises:
            TimeoutError: it did not within ``timeout`` seconds; the message tells the log.
        """
        deadline, patience, version, epoch = time.monotonic() + timeout, 0.0, 0, 0
        known: dict[int, Record] = {}
        while True:
            (version, now_epoch), news = self._log(version, patience)
            known = {} if now_epoch != epoch else known
            epoch, known = now_epoch, known | {record.number: record for record in news}
            records = [known[number] for number in sorted(known)]
            if predicate(records):
                return records
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not within {timeout} s; the log: {summary(records)}")
            patience = min(left, LONG_POLL)

    def wait_for_count(
        self, count: int, *, route: Route | str | None = None, host: Host | str | None = None, timeout: float = 10.0
    ) -> list[Record]:
        """The requests of a route or host, once there are at least ``count``.

        Raises:
            TimeoutError: there were fewer.
        """

        def fitting(records: Sequence[Record]) -> list[Record]:
            return [r for r in records if route in {None, r.route} and host in {None, r.host}]

        return fitting(self.wait_for(lambda records: len(fitting(records)) >= count, timeout))

    async def until(self, predicate: Predicate, timeout: float = 10.0) -> list[Record]:  # noqa: ASYNC109 - wait_for's
        """``wait_for``, to be awaited.

        Raises:
            TimeoutError: as there.
        """
        return await asyncio.to_thread(self.wait_for, predicate, timeout)

    def _log(self, newer_than: int, timeout: float) -> tuple[tuple[int, int], list[Record]]:
        query = urlencode({"newer_than": newer_than, "timeout": timeout})
        found = self._call("GET", f"/requests?{query}", patience=timeout + 10)
        return (found["version"], found["epoch"]), [Record.from_json(each) for each in found["requests"]]

    def _call(self, method: str, path: str, data: Any = None, *, patience: float = 10.0) -> Any:
        connection = http.client.HTTPConnection(self._netloc, timeout=patience)
        try:
            body = None if data is None else json.dumps(data)
            connection.request(method, path, body=body, headers={"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise AdminError(answer["error"])
        return answer


def summary(records: Sequence[Record]) -> str:
    """One line per request."""
    return "; ".join(f"{r.host} {r.method} {r.path} -> {r.status or r.outcome}" for r in records) or "empty"
