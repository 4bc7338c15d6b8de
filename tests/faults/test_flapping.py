"""A provider that fails and works in turns: flips stay bounded, and the safe side is fallback."""

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from ideogram_operator.decisions.decide import Observed, decide
from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.decisions.memory import Memory
from ideogram_operator.resource.words import State, TargetMode
from lab.kube import Json
from lab.waiting import NeverHappenedError
from tests.decisions.player import DEFAULTS, HOUR, INTERVAL, NOON, SECOND, fact
from tests.e2e.shop import QUICK_RECOVERY
from tests.faults.measuring import Measuring, each
from tests.faults.rows import provider
from tests.faults.standing import Stall

MOST_FLIPS = 4
LEAST = 16.0


@pytest.mark.cluster
@pytest.mark.e2e
@each({row: period for period, row in provider.FLAPPING.items()})
def test_flapping(stall: Stall, row: Measuring, case: int) -> None:
    before = stall.open(recovery={**QUICK_RECOVERY, "maxFlipsPerHour": MOST_FLIPS})
    row.begins()
    while time.monotonic() - row.began < LEAST:
        number = stall.admin.fault("reset")
        watch(stall, row, case / 2)
        stall.admin.heal(number)
        watch(stall, row, case / 2)
    stall.admin.fault("reset")
    status = stall.fallen()
    row.acted()
    flips = status["breaker"]["flips"]
    assert flips <= MOST_FLIPS
    assert stall.generation == before + flips, "one rollout per flip"


def watch(stall: Stall, row: Measuring, seconds: float) -> None:
    """So long, and marks what is seen for the first time."""

    def seen(status: Json) -> bool:
        if status["health"] != "Healthy" or status["state"] != "Live":
            row.detected()
        if any(target["mode"] == "Fallback" for target in status["targets"]):
            row.acted()
        return False

    with pytest.raises(NeverHappenedError):
        stall.shop.until(seen, "the time to be over", name=stall.name, timeout=seconds)


@dataclass
class Life:
    """One integration with the defaults, checked as often as its probes would."""

    now: datetime = NOON
    memory: Memory = field(default_factory=lambda: Memory(since=NOON))
    # More than any trigger or recovery counts.
    evidence: deque[Evidence] = field(default_factory=lambda: deque(maxlen=20))
    wanted: TargetMode = TargetMode.LIVE
    flips: list[datetime] = field(default_factory=list)
    failed: int = 0

    def check(self, works: bool) -> None:
        self.failed = 0 if works else self.failed + 1
        self.evidence.append(fact("ok" if works else "503", self.now))
        decision = decide(DEFAULTS, self.memory, Observed(evidence=tuple(self.evidence)), self.now)
        self.memory = decision.memory
        if decision.wanted is not self.wanted:
            self.wanted = decision.wanted
            self.flips.append(self.now)
        assert len([at for at in self.flips if self.now - at < HOUR]) <= MOST_FLIPS
        assert self.failed < 3 or self.wanted is TargetMode.FALLBACK, "failing, and not in fallback"
        self.now += self.pause

    @property
    def pause(self) -> timedelta:
        return 2 * SECOND if self.memory.state in {State.SUSPECT, State.RECOVERING} else INTERVAL


@each({row: range(first, first + provider.CHUNK) for first, row in provider.SIMULATED.items()})
def test_every_period(row: Measuring, case: range) -> None:
    acted, recovered = [0.0], [0.0]
    for period in case:
        life = Life()
        while life.now - NOON < HOUR * 1.25:
            life.check(works=(life.now - NOON).total_seconds() % period >= period / 2)
        if life.flips:
            acted.append((life.flips[0] - NOON).total_seconds())
        if period % 5 == 0:
            recovered.append(seconds_until_live(life))
    row.simulated(acted=max(acted), recovered=max(recovered))


def seconds_until_live(life: Life) -> float:
    healed = life.now
    while life.memory.state is not State.LIVE:
        life.check(works=True)
        assert life.now - healed < 2 * HOUR
    return (life.now - healed).total_seconds()
