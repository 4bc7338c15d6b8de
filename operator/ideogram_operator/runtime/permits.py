"""Whether targets could be told if they had to be: asked once per namespace and kind, and again now and then."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.permissions import refused
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.words import TargetKind
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.order import problem_of

REFUSED_AGE = 15.0
"""Seconds after which a refusal is asked about again: somebody is mending it."""

Place = tuple[str, TargetKind]


@dataclass(slots=True, kw_only=True)
class Permits:
    """What is known of the right to patch targets.

    Attributes:
        max_age: seconds for which an allowance is taken for granted.
    """

    gateway: Gateway
    clock: Clock
    max_age: float
    _known: dict[Place, tuple[float, Problem | None]] = field(default_factory=dict)

    async def missing(self, namespace: str, wanted: Iterable[TargetKind]) -> tuple[Problem, ...]:
        """Returns a problem for each kind of target that may not be patched in the namespace."""
        asked = [self._ask((namespace, kind)) for kind in dict.fromkeys(wanted)]
        found = await asyncio.gather(*asked)
        return tuple(problem for problem in found if problem is not None)

    async def _ask(self, place: Place) -> Problem | None:
        now = self.clock.monotonic()
        if place in self._known:
            at, problem = self._known[place]
            if now - at < (REFUSED_AGE if problem else self.max_age):
                return problem
        remark = await refused(self.gateway, kinds.address(place[1], place[0]), "patch")
        problem = problem_of(remark) if remark else None
        self._known.pop(place, None)
        self._known[place] = now, problem
        self._drop_old(now)
        return problem

    def _drop_old(self, now: float) -> None:
        """Namespaces come and go. The oldest answers come first, since each goes to the end when it is renewed."""
        while self._known:
            place, (at, _) = next(iter(self._known.items()))
            if now - at < self.max_age:
                return
            del self._known[place]
