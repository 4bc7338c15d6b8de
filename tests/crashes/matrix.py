"""The runs of one scenario: one without a crash, and then one after the other with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lab.api_proxy import When
from lab.waiting import NeverHappenedError
from tests.crashes.ends import End
from tests.crashes.scenarios import Scenario, live
from tests.crashes.stage import Phase, Point, Stage
from tests.results import keep

QUICK = {
    "triggers": {"apiUnreachable": {"consecutive": 2}, "rateLimited": {"consecutive": 2}},
    "recovery": {"hold": "1s", "successes": 2, "maxFlipsPerHour": 30},
}


@dataclass(kw_only=True)
class Matrix:
    """What the run without a crash recorded, and how the others differ from it.

    Attributes:
        points: by phase, its writes; of one in which nobody is killed none.
        ends: by phase, where it ended.
        failures: in words.
    """

    stage: Stage
    scenario: Scenario
    when: When
    points: list[list[Point]] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _hit: set[tuple[str, str]] = field(default_factory=set)

    def record(self) -> None:
        """Runs the scenario without a crash."""
        self._integrate()
        for phase in self.scenario.phases:
            ran = self.stage.run(phase, self.scenario.targets)
            self.points.append(self._worth_it(ran.points) if phase.crashes else [])
            self.ends.append(ran.end)

    def crash(self, points: Sequence[Point | None]) -> None:
        """Runs the scenario with a crash in each phase that has a point; what is different is among the failures."""
        known = len(self.failures)
        self._integrate()
        for phase, point, wanted in zip(self.scenario.phases, points, self.ends, strict=True):
            where = f"{phase.name}, {self.when} {point}" if point else phase.name
            try:
                self._run(phase, point, wanted, where)
            except NeverHappenedError as error:
                self.failures.append(f"{where}: {error}")
                break
        if len(self.failures) > known:
            self.stage.clear(self.scenario.targets)

    def missed(self) -> set[tuple[str, str]]:
        """The kinds of writes, by phase, at which no run was killed."""
        phases = zip(self.scenario.phases, self.points, strict=True)
        return {(phase.name, point.write) for phase, points in phases for point in points} - self._hit

    def _worth_it(self, points: Sequence[Point]) -> list[Point]:
        """All before which it may die; of those after which it may the first of each kind.

        What is there after one write is there before the next, too: what is different is that no answer came.
        """
        return [point for point in points if self.when is When.BEFORE or point.count == 1]

    def _integrate(self) -> None:
        self.stage.integrate(live, QUICK | {"targets": self.scenario.entries} | self.scenario.spec)

    def _run(self, phase: Phase, point: Point | None, wanted: End, where: str) -> None:
        ran = self.stage.run(phase, self.scenario.targets, point, self.when)
        if point is not None and ran.recovered is not None:
            self._hit.add((phase.name, point.write))
            told = {"scenario": self.scenario.name, "write": f"{phase.name}: {point}", "when": self.when}
            keep("crashes", told | {"recovered": round(ran.recovered, 2)})
        where = where if point is None or ran.recovered is not None else f"{where} (never came)"
        self.failures += [f"{where}: {one}" for one in wanted.differences(ran.end, free=phase.free)]
        if not set(ran.end.rollouts.values()) <= {0, phase.rollouts}:
            self.failures.append(f"{where}: rollouts {ran.end.rollouts}")
