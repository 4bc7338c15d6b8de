"""What a request to an API server asks for, in the words of its authorizer: verb, resource, subresource, name."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch"}
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
NAMESPACE_SUBRESOURCES: Final = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request.

    Attributes:
        method: ``GET``, ``PATCH``, …
        path: without the query.
        query: its parameters; of those given twice the last.
        verb: ``get``, ``list``, ``watch``, ``create``, ``update``, ``patch``, ``delete``, ``deletecollection``; of what
            is no resource (``/version``) the method in small letters.
        resource: in the plural; empty for what is none.
        subresource: ``status``, say; empty for the object itself.
        name: of the object; empty for a collection.
        namespace: empty for what has none.
        body: as sent.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    verb: str
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    body: bytes = b""

    @property
    def is_write(self) -> bool:
        """Whether it changes something: a review (of one's rights, of a token) is a question by POST."""
        return self.method not in READS and not self.resource.endswith("reviews")

    def __str__(self) -> str:
        what = "/".join(part for part in (self.resource, self.subresource) if part) or self.path
        return f"{self.verb} {what}" + (f" {self.name}" if self.name else "")


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request and what became of it.

    Attributes:
        at: when it arrived, by the monotonic clock.
        status: of the answer; None: there was none, or not yet.
    """

    asked: Asked
    at: float = field(default_factory=time.monotonic)
    status: int | None = None


def asked(method: str, target: str, body: bytes = b"") -> Asked:
    """What ``METHOD target`` asks for; ``target`` is the path with its query, as sent."""
    split = urlsplit(target)
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    parts = [unquote(part) for part in split.path.split("/") if part]
    depth = {"api": 2, "apis": 3}.get(parts[0] if parts else "", len(parts))
    namespace, rest = _out_of_namespace(parts[depth:])
    resource, name, subresource = (*rest, "", "", "")[:3]
    return Asked(
        method=method,
        path=split.path,
        query=query,
        verb=_verb(method, query, resource, name),
        resource=resource,
        subresource=subresource,
        name=name,
        namespace=namespace,
        body=body,
    )


def _out_of_namespace(parts: list[str]) -> tuple[str, list[str]]:
    if len(parts) > 2 and parts[0] == "namespaces" and parts[2] not in NAMESPACE_SUBRESOURCES:
        return parts[1], parts[2:]
    return "", parts


def _verb(method: str, query: Mapping[str, str], resource: str, name: str) -> str:
    if not resource:
        return method.lower()
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    if method in READS:
        watches = query.get("watch", "") in {"1", "true"}
        return "watch" if watches else "get" if name else "list"
    return VERBS.get(method, method.lower())
