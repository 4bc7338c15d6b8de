"""The operator's wall clock jumps by an hour; its monotonic clock does not, and no other process's clock."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.servers.packages import library
from lab.waiting import NeverHappenedError
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import QUICK_RECOVERY, Shop, history, moment
from tests.faults.measuring import Measuring, each
from tests.faults.rows import machine

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

HOUR = 3600


class Clock:
    """What the operator takes for the time of day; ``jump`` puts it off by so many seconds."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.jump(0)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(library("libfaketime")),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            # A clock that is put right leaves the monotonic one alone.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, seconds: int) -> None:
        # Replaced, not written: it is read at any moment.
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


def jumped(shop: Shop, seconds: int) -> None:
    """Makes sure of it: a flip is dated by the clock that jumped."""
    off = (moment(history(shop.status())["at"]) - datetime.now(UTC)).total_seconds()
    assert abs(off - seconds) < 600


@each({machine.AHEAD_LIVE: HOUR, machine.BACK_LIVE: -HOUR})
def test_while_live(shop: Shop, run_operator: RunOperator, clock: Clock, row: Measuring, case: int) -> None:
    operator = run_operator(environment=clock.environment)
    before = shop.deploy(replicas=1)
    shop.integrate()
    shop.live()
    row.begins()
    clock.jump(case)
    row.ends()
    with pytest.raises(NeverHappenedError):
        shop.state("Suspect", "Fallback", timeout=4)
    shop.live()
    assert shop.generation() == before["metadata"]["generation"]
    row.left_alone()
    # It still does its work, as fast as ever.
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    jumped(shop, case)
    shop.simulator.admin.heal()
    shop.live()
    operator.must_live()


@each({machine.AHEAD: HOUR, machine.BACK: -HOUR})
def test_in_fallback(shop: Shop, run_operator: RunOperator, clock: Clock, row: Measuring, case: int) -> None:
    operator = run_operator(environment=clock.environment)
    before = shop.deploy(replicas=1)
    shop.integrate(recovery={**QUICK_RECOVERY, "hold": "4s"})
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    clock.jump(case)
    with pytest.raises(NeverHappenedError):
        shop.state("Live", timeout=4)
    assert (shop.status()["state"], shop.told()) == ("Fallback", "false")
    row.left_alone()
    row.ends()
    shop.simulator.admin.heal()
    shop.live()
    row.recovered()
    jumped(shop, case)
    assert shop.settled()["spec"] == before["spec"]
    operator.must_live()
