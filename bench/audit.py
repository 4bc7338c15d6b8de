"""What the API server itself says was asked of it, and when: its audit log."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that was answered; times in Unix seconds."""

    verb: str
    resource: str
    namespace: str
    user: str
    agent: str
    code: int
    received: float
    answered: float


def requests(log: Path, *, since: float = 0.0, until: float = float("inf")) -> Iterator[Request]:
    """All that were received in a span of time, in the order of their answers."""
    with log.open() as lines:
        for line in lines:
            if not line.endswith("\n"):
                return  # the last one, which is being written
            entry = json.loads(line)
            if entry["stage"] != "ResponseComplete":
                continue
            received = _seconds(entry["requestReceivedTimestamp"])
            if since <= received <= until:
                yield _request(entry, received)


def counted(found: Iterable[Request]) -> dict[str, int]:
    """How many of each, by verb and resource, the most frequent first."""
    return dict(Counter(f"{one.verb} {one.resource}" for one in found).most_common())


def _request(entry: dict, received: float) -> Request:  # type: ignore[type-arg]
    about = entry.get("objectRef", {})
    subresource = f"/{about['subresource']}" if about.get("subresource") else ""
    return Request(
        verb=entry["verb"],
        resource=about.get("resource", "") + subresource,
        namespace=about.get("namespace", ""),
        user=entry["user"]["username"],
        agent=entry.get("userAgent", ""),
        code=entry.get("responseStatus", {}).get("code", 0),
        received=received,
        answered=_seconds(entry["stageTimestamp"]),
    )


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
