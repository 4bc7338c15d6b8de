"""Which request meets which fault: pure, decided from the plan, the request and the time."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import count
from typing import Any

from lab.simulator.words import ANSWER_FAULTS, CONNECTION_FAULTS, FaultKind, Host, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, for whom, and for how long.

    Attributes:
        kind: how.
        host: which of the simulator's hosts.
        routes: only these; None: all.
        key: only requests with the key of this name; None: all.
        times: so many requests; None: no end.
        for_seconds: until then; None: until healed.
        probability: of hitting a request that it fits; drawn with ``seed``.
        delay: seconds before it happens.
        bills: the request runs and is billed first, and only its answer is lost.
        status, headers, body, media_type: of the answer, where the fault makes one up.
        location: of a redirect; None: the simulator's host ``elsewhere``, same path.
        size: of a huge body; None: endless.
        chunk, interval: bytes and seconds of a drip.
    """

    kind: FaultKind
    host: Host = Host.API
    routes: frozenset[Route] | None = None
    key: str | None = None
    times: int | None = None
    for_seconds: float | None = None
    probability: float = 1.0
    seed: int = 0
    delay: float = 0.0
    bills: bool = False
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    media_type: str | None = None
    location: str | None = None
    size: int | None = None
    chunk: int = 1
    interval: float = 0.1

    @property
    def runs_request(self) -> bool:
        """Whether the request is carried out before its answer is spoilt."""
        return self.bills or self.kind in ANSWER_FAULTS


def parse_fault(data: Mapping[str, Any]) -> Fault:
    """A fault from JSON.

    Raises:
        ValueError: an unknown name, or a combination that means nothing.
    """
    unknown = set(data) - {known.name for known in fields(Fault)}
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    values = {name: value for name, value in data.items() if value is not None}
    values["kind"] = FaultKind(values["kind"])
    values["host"] = Host(values.get("host", Host.API))
    if "routes" in values:
        values["routes"] = frozenset(Route(route) for route in values["routes"])
    fault = Fault(**values)
    if fault.kind in CONNECTION_FAULTS and (fault.routes or fault.key or fault.times or fault.probability < 1):
        raise ValueError(f"{fault.kind} is a fault of the whole host: no routes, key, times or probability")
    return fault


@dataclass(slots=True, kw_only=True)
class Planned:
    """A fault in force."""

    number: int
    fault: Fault
    since: float
    dice: random.Random
    hits: int = 0

    def over(self, now: float) -> bool:
        """Whether it has had its time or its number of requests."""
        fault = self.fault
        late = fault.for_seconds is not None and now >= self.since + fault.for_seconds
        return late or (fault.times is not None and self.hits >= fault.times)

    def fits(self, *, host: Host, route: Route, key: str | None, opened_at: float) -> bool:
        """Whether it is meant for a request like this one; connections are told by when they were opened."""
        fault = self.fault
        return (
            fault.host is host
            and fault.kind not in CONNECTION_FAULTS
            and (fault.routes is None or route in fault.routes)
            and (fault.key is None or fault.key == key)
            and (fault.kind is not FaultKind.HANG_POOLED or opened_at < self.since)
        )


class FaultPlan:
    """The faults in force, the youngest first. Times are of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._planned: dict[int, Planned] = {}
        self._numbers = count(1)

    def add(self, fault: Fault, now: float) -> Planned:
        """Put a fault in force."""
        number = next(self._numbers)
        planned = Planned(number=number, fault=fault, since=now, dice=random.Random(fault.seed))  # noqa: S311 - no secret
        self._planned[number] = planned
        return planned

    def remove(self, number: int | None = None, host: Host | None = None) -> None:
        """Heal one fault, those of one host, or all."""
        for planned in tuple(self._planned.values()):
            if number in {None, planned.number} and host in {None, planned.fault.host}:
                del self._planned[planned.number]

    def pick(self, *, host: Host, route: Route, key: str | None, now: float, opened_at: float) -> Fault | None:
        """The fault that this request meets, counted as a hit; None: it is served."""
        for planned in reversed(tuple(self._planned.values())):
            if planned.over(now):
                del self._planned[planned.number]
            elif planned.fits(host=host, route=route, key=key, opened_at=opened_at) and (
                planned.dice.random() < planned.fault.probability
            ):
                planned.hits += 1
                return planned.fault
        return None

    def connection_fault(self, host: Host, now: float) -> FaultKind | None:
        """What the host's port does: refuse, swallow, or (None) listen."""
        for planned in reversed(tuple(self._planned.values())):
            fault = planned.fault
            if fault.host is host and fault.kind in CONNECTION_FAULTS and not planned.over(now):
                return fault.kind
        return None

    def planned(self, now: float) -> tuple[Planned, ...]:
        """Everything in force."""
        return tuple(planned for planned in self._planned.values() if not planned.over(now))
