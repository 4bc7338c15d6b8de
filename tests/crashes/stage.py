"""One operator to be killed again and again, and what everybody else can see of where it ends up."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lab.api_proxy import ApiProxy, Asked, Exchange, When
from lab.kube import Json, KubeError
from lab.operator import Operator
from lab.waiting import NeverHappenedError, wait_until
from tests.crashes.ends import End, Target, end_of, generation_of
from tests.e2e.shop import Shop

PATIENCE = 60.0
QUIET = 0.5
"""Seconds without a write after which none is expected any more."""
BY_THE_CLOCK = frozenset({"leases"})
"""What is written whether anything happens or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One write of a phase: the ``count``-th of those that ask for the same."""

    write: str
    count: int

    def __str__(self) -> str:
        return f"{self.write} ({self.count})"

    def fits(self, asked: Asked) -> bool:
        return str(asked) == self.write


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Something that happens to an integration, and how one sees that the operator has done its part.

    Attributes:
        act: makes it happen.
        ended: whether the operator is through with it, from the integration (None: gone).
        rollouts: how many of each workload belong to it.
        crashes: whether it is killed in this phase; one that only leads to the next is not worth it.
        free: what a crash may change about its end.
    """

    name: str
    act: Callable[[Shop], object]
    ended: Callable[[Json | None], bool]
    rollouts: int = 1
    crashes: bool = True
    free: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run of a phase.

    Attributes:
        points: its writes, as far as the killed operator and its successor made them.
        recovered: seconds from the restart to its end; None where the operator was not killed.
    """

    end: End
    points: list[Point]
    recovered: float | None = None


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The shop and its operator, with the proxy in between."""

    shop: Shop
    proxy: ApiProxy
    operator: Operator

    def run(self, phase: Phase, targets: Sequence[Target], point: Point | None = None, when: When = When.BEFORE) -> Ran:
        """Carries out a phase, with a crash before or after the point; without one if it is None or never comes.

        Raises:
            NeverHappenedError: the phase did not end; the message has what the integration looks like.
        """
        first = len(self.proxy.exchanges())
        before = {target: generation_of(self.shop, target) for target in targets}
        began = self._act(phase, point, when)
        self._until(lambda: phase.ended(self.integration()), f"the end of {phase.name}")
        recovered = None if began is None else time.monotonic() - began
        self._until(lambda: self._through(phase), f"quiet after {phase.name}")
        writes = self.proxy.writes(since=first)
        return Ran(end=end_of(self.shop, self.integration(), before), points=points_of(writes), recovered=recovered)

    def open(self, targets: Sequence[Target]) -> None:
        """Makes the applications; returns when their pods run."""
        for kind, name in targets:
            self.shop.make(kind, name)
        for kind, name in targets:
            if kind != "ConfigMap":
                self.shop.settled(name, kind)

    def integrate(self, at_work: Callable[[Json | None], bool], spec: Json) -> None:
        """A new integration, at work; the one before, which holds nothing, goes."""
        self.shop.simulator.admin.heal()
        self.shop.kube.delete(self.shop.at())
        self.shop.kube.wait_gone(self.shop.at())
        self.shop.integrate(**spec)
        self._until(lambda: at_work(self.integration()) and self._is_quiet(), "a new integration at work")

    def clear(self, targets: Sequence[Target]) -> None:
        """Takes everything away after a failure, so that the next run is not judged by this one."""
        self.operator.kill()
        self.proxy.resume()
        if self.integration() is not None:
            self.shop.kube.patch(self.shop.at(), {"metadata": {"finalizers": None}})
            self.shop.kube.delete(self.shop.at())
        for kind, name in targets:
            self.shop.kube.delete(self.shop.path(kind, name))
            self.shop.kube.wait_gone(self.shop.path(kind, name))
        self.open(targets)
        self.operator.start()

    def integration(self) -> Json | None:
        """As it is stored; None once it is gone."""
        try:
            found: Json = self.shop.kube.get(self.shop.at())
        except KubeError as error:
            if error.status == 404:
                return None
            raise
        return found

    def _act(self, phase: Phase, point: Point | None, when: When) -> float | None:
        """When the operator was started again after a crash; None if there was none."""
        if point is None:
            phase.act(self.shop)
            return None
        halt = self.proxy.halt(point.count, when, fits=point.fits)
        phase.act(self.shop)
        self._until(lambda: halt.reached.is_set() or self._through(phase), f"{point} or the end of {phase.name}")
        if not halt.reached.is_set():
            self.proxy.resume()
            return None
        self.operator.kill()
        self.proxy.resume()
        began = time.monotonic()
        self.operator.start()
        return began

    def _through(self, phase: Phase) -> bool:
        return phase.ended(self.integration()) and self._is_quiet()

    def _is_quiet(self) -> bool:
        writes = [each for each in self.proxy.writes() if each.asked.resource not in BY_THE_CLOCK]
        return not writes or time.monotonic() - writes[-1].at > QUIET

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            wait_until(condition, what, timeout=PATIENCE, pause=0.05)
        except NeverHappenedError as error:
            found = {**(self.integration() or {})}
            found.pop("spec", None)
            found.get("metadata", {}).pop("managedFields", None)
            found.get("status", {}).pop("preflight", None)
            raise NeverHappenedError(f"{error}; the integration: {json.dumps(found)}") from error


def points_of(writes: Iterable[Exchange]) -> list[Point]:
    """The writes as points, in their order."""
    seen: Counter[str] = Counter()
    found = []
    for each in writes:
        if each.asked.resource not in BY_THE_CLOCK:
            write = str(each.asked)
            seen[write] += 1
            found.append(Point(write=write, count=seen[write]))
    return found
