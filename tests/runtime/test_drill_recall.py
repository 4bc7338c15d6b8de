"""What a restart knows of drills: the last one whole, and of one that was going on that it is over."""

import pytest

from ideogram_operator.decisions.drill import RESTARTED
from ideogram_operator.decisions.drill_facts import DrillMemory
from ideogram_operator.decisions.drill_times import asks
from ideogram_operator.resource.checklist import DrillPhase, DrillResult
from ideogram_operator.resource.observations import DrillStatus
from ideogram_operator.runtime.recall import drill_of, recall_drill
from tests.decisions.drills import PHASES
from tests.decisions.player import MINUTE, NOON

LAST = DrillMemory(
    last_time=NOON, result=DrillResult.FAILED, message="It was.", last_success=NOON - MINUTE, handled="one"
)


def test_the_last_drill_comes_back_whole() -> None:
    assert recall_drill(drill_of(LAST), NOON + MINUTE) == LAST


def test_who_never_rehearsed_has_nothing_in_status() -> None:
    assert drill_of(DrillMemory()) is None
    assert recall_drill(None, NOON) == DrillMemory()
    assert recall_drill(DrillStatus(), NOON) == DrillMemory()


@pytest.mark.parametrize("phase", PHASES)
def test_a_drill_that_was_going_on_is_on_its_way_back(phase: str) -> None:
    going = PHASES[phase]()
    recalled = recall_drill(drill_of(going), NOON + MINUTE)
    assert (recalled.phase, recalled.surprise) == (DrillPhase.RETURNING, RESTARTED)
    assert (recalled.started_at, recalled.returning_since, recalled.handled) == (NOON, NOON + MINUTE, "now")
    assert not asks(recalled)


def test_what_came_in_between_is_told_while_the_targets_return() -> None:
    told = drill_of(DrillMemory(phase=DrillPhase.RETURNING, started_at=NOON, surprise=RESTARTED))
    assert told is not None
    assert told.message == "the operator was restarted in the middle"
