"""Which request is spoilt, and how: rules, the newest first."""

import asyncio
import json
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Final

from lab.api_proxy.asked import Asked

REASONS: Final = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class Fate(StrEnum):
    """What becomes of a request that gets no honest answer.

    A watch meets its fate also when it is open already: it ends (CLOSE), it ends with an ERROR event that says 410
    (GONE), or it says nothing from then on (SILENT). Any other request has its connection reset (CLOSE) or waits for an
    answer that never comes (SILENT). What is silent stays so when the rule is healed.
    """

    CLOSE = "close"
    GONE = "gone"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Whom it is for, and what it does to them; all that is not given fits everything.

    Attributes:
        verbs: ``get``, ``list``, ``watch``, ``create``, ``patch``, …
        resources: in the plural.
        subresource: empty: the object itself only; None: any.
        name: of the object.
        namespace: of the object.
        status: the answer, with a Status of Kubernetes as its body.
        message: in that Status.
        retry_after: seconds, in the answer's header and in its Status.
        delay: seconds by which the answer, honest or not, is later.
        fate: no answer at all, or for a watch the end of it.
        carried_out: the request reaches the server all the same, and only its answer is lost.
        times: so many requests; None: until healed.
    """

    verbs: Collection[str] | None = None
    resources: Collection[str] | None = None
    subresource: str | None = None
    name: str | None = None
    namespace: str | None = None
    status: int | None = None
    message: str = "the proxy's answer"
    retry_after: int | None = None
    delay: float = 0.0
    fate: Fate | None = None
    carried_out: bool = False
    times: int | None = None

    def fits(self, asked: Asked) -> bool:
        """Whether it is for this request; a GONE is for watches only."""
        return (
            (self.verbs is None or asked.verb in self.verbs)
            and (self.resources is None or asked.resource in self.resources)
            and (self.subresource is None or asked.subresource == self.subresource)
            and (self.name is None or asked.name == self.name)
            and (self.namespace is None or asked.namespace == self.namespace)
            and (self.fate is not Fate.GONE or asked.verb == "watch")
        )

    @property
    def spoils(self) -> bool:
        """Whether the honest answer is lost."""
        return self.status is not None or self.fate is not None

    @property
    def headers(self) -> dict[str, str]:
        """What its answer has beside the content type."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    def body(self) -> bytes:
        """The Status of its answer."""
        return _status(self.status or 0, self.message, retry_after=self.retry_after)


def gone_event() -> bytes:
    """The line by which a watch says that its resourceVersion is too old."""
    error = json.loads(_status(410, "too old resource version"))
    return json.dumps({"type": "ERROR", "object": error}).encode() + b"\n"


class Rules:
    """The rules in force; used in the proxy's own thread only."""

    def __init__(self) -> None:
        self._rules: dict[int, Rule] = {}
        self._hits: dict[int, int] = {}
        self._numbers = count(1)
        self._changed = asyncio.Event()

    def add(self, rule: Rule) -> int:
        """Puts it in force; its number."""
        number = next(self._numbers)
        self._rules[number] = rule
        self._hits[number] = 0
        self._tell()
        return number

    def remove(self, number: int | None = None) -> None:
        """Heals one, or all."""
        for each in [number] if number is not None else list(self._rules):
            self._rules.pop(each, None)
        self._tell()

    def hits(self, number: int) -> int:
        """How many requests it has met, healed or not."""
        return self._hits[number]

    def pick(self, asked: Asked, *, open_already: bool = False) -> Rule | None:
        """The rule that this request meets, counted as a hit; for a watch that is open, one that ends it."""
        for number in reversed(list(self._rules)):
            rule = self._rules[number]
            if rule.fits(asked) and (rule.fate is not None or not open_already):
                self._hits[number] += 1
                if self._hits[number] == rule.times:
                    del self._rules[number]
                return rule
        return None

    async def end_of_watch(self, asked: Asked) -> Fate:
        """Returns once a rule ends this open watch, with how it does."""
        while True:
            rule = self.pick(asked, open_already=True)
            if rule is not None and rule.fate is not None:
                return rule.fate
            await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _status(code: int, message: str, *, retry_after: int | None = None) -> bytes:
    details = {} if retry_after is None else {"details": {"retryAfterSeconds": retry_after}}
    told = {"status": "Failure", "message": message, "reason": REASONS.get(code, ""), "code": code}
    return json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, **told, **details}).encode()
