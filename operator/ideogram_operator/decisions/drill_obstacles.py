"""What keeps a drill from beginning: a small rule each, the first that applies is told.

A drill restarts every pod twice for nothing but certainty, so it begins only while nothing at all is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ideogram_operator.decisions.drill_facts import DrillPlan, DrillTarget, DrillView
from ideogram_operator.decisions.drill_window import known_zone, room, told
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import Health, State, TargetMode

PASSING = frozenset({Reason.CLUSTER_UNREACHABLE, Reason.ROLLOUT_LIMIT_REACHED})
"""Problems of a target that pass by themselves, and that say nothing about the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a drill does not begin, in a sentence without a full stop.

    Attributes:
        passing: it is only not known yet whether something is wrong.
        unseen: all that is missing is a look at the targets themselves.
    """

    message: str
    passing: bool = False
    unseen: bool = False


def obstacle(plan: DrillPlan | None, view: DrillView, now: datetime) -> Obstacle | None:
    """Returns the first thing that speaks against beginning now; None if nothing does."""
    if plan is None:
        return Obstacle(message="the spec is not valid")
    return next((found for rule in OBSTACLES if (found := rule(plan, view, now)) is not None), None)


def _not_touching(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    return Obstacle(message=f"targets are not touched ({view.hindrance})") if view.hindrance else None


def _ordered(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    return Obstacle(message="spec.override is in force") if view.overridden else None


def _gated(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    return Obstacle(message="the preflight's gate is closed") if view.missing is not None else None


def _outside(plan: DrillPlan, _: DrillView, now: datetime) -> Obstacle | None:
    window = plan.window
    if window is None or room(window, now, plan.duration):
        return None
    if not known_zone(window):
        return Obstacle(message=f"nobody knows the time zone {window.time_zone}, so the window never opens")
    if room(window, now):
        return Obstacle(message=f"too little is left of the window {told(window)}")
    return Obstacle(message=f"outside the window {told(window)}")


def _alerted(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    return Obstacle(message=f"{view.alerts[0]} fires") if view.alerts else None


def _unhealthy(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    if view.health is Health.HEALTHY:
        return None
    return Obstacle(message=f"the API is {view.health}: {view.says}", passing=view.health is Health.UNKNOWN)


def _not_live(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    return Obstacle(message=f"the state is {view.state}") if view.state is not State.LIVE else None


def _unsurveyed(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    return Obstacle(message="the targets were not looked at yet", passing=True) if not view.surveyed else None


def _untargeted(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    return Obstacle(message="there is no target") if not view.targets else None


def _unsteady(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    return next((found for target in view.targets if (found := _unsteady_target(target)) is not None), None)


def _unsteady_target(target: DrillTarget) -> Obstacle | None:
    if target.reason is not None:
        return Obstacle(message=problem_of(target), passing=target.reason in PASSING)
    if target.mode is None:
        return Obstacle(message=f"{target.name} was not looked at yet", passing=True)
    if target.mode is not TargetMode.LIVE:
        return Obstacle(message=f"{target.name} is told {target.mode}")
    return Obstacle(message=f"the pods of {target.name} are being replaced") if not target.ready else None


def _shared(_: DrillPlan, view: DrillView, __: datetime) -> Obstacle | None:
    for target in view.targets:
        if target.others:
            return Obstacle(message=f"{target.name} is held by {', '.join(target.others)} as well")
    unseen = [target.name for target in view.targets if not target.shape]
    return Obstacle(message=f"{unseen[0]} cannot be read", passing=True, unseen=True) if unseen else None


def problem_of(target: DrillTarget) -> str:
    """Returns a target's problem as part of a sentence that names it."""
    trouble = target.trouble.rstrip(".")
    return trouble if target.name in trouble else f"{target.name}: {trouble}"


OBSTACLES: tuple[Callable[[DrillPlan, DrillView, datetime], Obstacle | None], ...] = (
    _not_touching,
    _ordered,
    _gated,
    _outside,
    _alerted,
    _unhealthy,
    _not_live,
    _unsurveyed,
    _untargeted,
    _unsteady,
    # Last, because it costs a look at every target.
    _shared,
)
