"""What ends a drill early: a small rule each, the first that applies is told.

Aborted says that something came in between; Failed, that the fallback or the return did not work.
"""

from collections.abc import Callable
from datetime import datetime

from ideogram_operator.decisions.drill_facts import DrillMemory, DrillPlan, DrillTarget, DrillView, Surprise
from ideogram_operator.decisions.drill_obstacles import PASSING, problem_of
from ideogram_operator.decisions.drill_times import PATIENCE
from ideogram_operator.decisions.drill_window import room, told
from ideogram_operator.decisions.memory import DRILL
from ideogram_operator.resource.checklist import DrillPhase, DrillResult
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import Health, TargetMode


def surprise(plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime) -> Surprise | None:
    """Returns the first thing that speaks against going on; None if nothing does."""
    if plan is None:
        return _aborted("the spec is not valid any more")
    found = (rule(plan, memory, view, now) for rule in SURPRISES)
    return next((one for one in found if one is not None), None)


def _hindered(_: DrillPlan, __: DrillMemory, view: DrillView, ___: datetime) -> Surprise | None:
    return _aborted(f"targets may not be touched any more ({view.hindrance})") if view.hindrance else None


def _overruled(_: DrillPlan, __: DrillMemory, view: DrillView, ___: datetime) -> Surprise | None:
    return _aborted("a person gave an order with spec.override") if view.overridden else None


def _edited(_: DrillPlan, memory: DrillMemory, view: DrillView, __: datetime) -> Surprise | None:
    return _aborted("the spec was edited") if view.generation != memory.generation else None


def _fired(_: DrillPlan, __: DrillMemory, view: DrillView, ___: datetime) -> Surprise | None:
    return _aborted(f"{view.alerts[0]} fired") if view.alerts else None


def _doubted(_: DrillPlan, __: DrillMemory, view: DrillView, ___: datetime) -> Surprise | None:
    return _aborted(f"the API is {view.health}: {view.says}") if view.health is not Health.HEALTHY else None


def _shut(_: DrillPlan, __: DrillMemory, view: DrillView, ___: datetime) -> Surprise | None:
    return _aborted("the preflight's gate closed") if view.missing is not None else None


def _taken_over(_: DrillPlan, __: DrillMemory, view: DrillView, ___: datetime) -> Surprise | None:
    taken = view.falling_back and view.cause != DRILL
    return _aborted(f"{view.cause} took the fallback over") if taken else None


def _closed(plan: DrillPlan, memory: DrillMemory, _: DrillView, now: datetime) -> Surprise | None:
    # On the way back it closes on nobody.
    if plan.window is None or memory.phase is DrillPhase.RETURNING or room(plan.window, now):
        return None
    return _aborted(f"the window {told(plan.window)} closed")


def _other_targets(_: DrillPlan, memory: DrillMemory, view: DrillView, __: datetime) -> Surprise | None:
    before, after = set(memory.targets), {target.name for target in view.targets}
    changed = sorted(before ^ after)
    if not changed:
        return None
    return _aborted(f"{changed[0]} is {'no target any more' if changed[0] in before else 'a target now'}")


def _troubled(_: DrillPlan, __: DrillMemory, view: DrillView, ___: datetime) -> Surprise | None:
    for target in view.targets:
        if target.reason is None or target.reason in PASSING:
            continue
        gone = target.reason in {Reason.TARGET_MISSING, Reason.TARGET_CONFLICT}
        return Surprise(result=DrillResult.ABORTED if gone else DrillResult.FAILED, message=problem_of(target))
    return None


def _meddled(_: DrillPlan, memory: DrillMemory, view: DrillView, __: datetime) -> Surprise | None:
    """Somebody put a target back, or changed it: what would be proven then is not what runs afterwards."""
    if memory.phase is DrillPhase.RETURNING or memory.started_at is None:
        return None
    shapes = dict(memory.shapes)
    for target in view.targets:
        back = target.put_back is not None and target.put_back >= memory.started_at
        again = memory.held_since is not None and target.told_at is not None and target.told_at > memory.held_since
        if back or again:
            return _aborted(f"somebody put {target.name} back")
        if target.shape and shapes.get(target.name, target.shape) != target.shape:
            return _aborted(f"somebody changed {target.name}")
    return None


def _held_too(_: DrillPlan, __: DrillMemory, view: DrillView, ___: datetime) -> Surprise | None:
    for target in view.targets:
        if target.others:
            return _aborted(f"{target.name} is held by {', '.join(target.others)} as well")
    return None


def _denied(_: DrillPlan, memory: DrillMemory, view: DrillView, __: datetime) -> Surprise | None:
    """An application was heard, and says something else than it was told."""
    if memory.closing and memory.phase is DrillPhase.HOLDING and not view.closing:
        return None
    for target in view.targets:
        if target.verifies and target.said is False:
            return Surprise(result=DrillResult.FAILED, message=f"{target.name} {target.heard}")
    return None


def _too_long(_: DrillPlan, memory: DrillMemory, view: DrillView, now: datetime) -> Surprise | None:
    returning = memory.phase is DrillPhase.RETURNING
    # Held, what it waits for after the hold is an application's word, which has its own, shorter patience.
    since = memory.returning_since if returning else memory.started_at
    if memory.phase is DrillPhase.HOLDING or since is None or now - since < PATIENCE:
        return None
    wanted = TargetMode.LIVE if returning else TargetMode.FALLBACK
    late = ", ".join(target.name for target in view.targets if not there(target, wanted))
    way = "back" if returning else "in fallback"
    return Surprise(result=DrillResult.FAILED, message=f"after ten minutes not {way}: {late or 'what cannot be read'}")


def there(target: DrillTarget, mode: TargetMode) -> bool:
    """Whether a target is told so, its pods have followed, and the application, where it can be asked, says so."""
    followed = target.mode is mode and target.ready and target.reason is None
    return followed and (target.said is True or not target.verifies)


def _aborted(message: str) -> Surprise:
    return Surprise(result=DrillResult.ABORTED, message=message)


SURPRISES: tuple[Callable[[DrillPlan, DrillMemory, DrillView, datetime], Surprise | None], ...] = (
    _hindered,
    _overruled,
    _edited,
    _fired,
    _doubted,
    _shut,
    _taken_over,
    _closed,
    _other_targets,
    _troubled,
    _meddled,
    _held_too,
    _denied,
    _too_long,
)
