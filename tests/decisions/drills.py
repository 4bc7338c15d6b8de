"""Drills in words: a view in which nothing is wrong, and a drill in each of its phases."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ideogram_operator.decisions.drill import conduct
from ideogram_operator.decisions.drill_facts import DrillMemory, DrillPlan, DrillTarget, DrillView
from ideogram_operator.decisions.memory import DRILL
from ideogram_operator.resource.checklist import DrillPhase
from ideogram_operator.resource.words import State, TargetMode
from tests.decisions.player import HOUR, MINUTE, NOON, SECOND

PLAN = DrillPlan(interval=720 * HOUR, duration=MINUTE, created=NOON - HOUR)
WEB = DrillTarget(name="Deployment/web", mode=TargetMode.LIVE, shape="as it was")
TOLD = replace(WEB, mode=TargetMode.FALLBACK, shape="as told", told_at=NOON)
GOOD = DrillView(request="now", targets=(WEB,))
FALLEN = replace(GOOD, state=State.FALLBACK, cause=DRILL, targets=(TOLD,))


def later(span: timedelta) -> datetime:
    return NOON + span


def view(base: DrillView = GOOD, *, target: dict[str, Any] | None = None, **changes: Any) -> DrillView:
    """The view with changes, those of its one target apart."""
    targets = tuple(replace(one, **(target or {})) for one in base.targets)
    return replace(base, **({"targets": targets} | changes))


def falling(plan: DrillPlan = PLAN) -> DrillMemory:
    found = conduct(plan, DrillMemory(), GOOD, NOON)
    assert found.phase is DrillPhase.FALLING
    return found


def holding(plan: DrillPlan = PLAN) -> DrillMemory:
    found = conduct(plan, falling(plan), FALLEN, later(5 * SECOND))
    assert found.phase is DrillPhase.HOLDING
    return found


def returning(plan: DrillPlan = PLAN) -> DrillMemory:
    found = conduct(plan, holding(plan), FALLEN, later(5 * SECOND + MINUTE))
    assert (found.phase, found.surprise) == (DrillPhase.RETURNING, None)
    return found


PHASES = {"Falling": falling, "Holding": holding, "Returning": returning}
