"""The drill: a fallback that is rehearsed from end to end, so that the first real one is not the first.

``conduct`` is pure and level-based like every decision here: from what is remembered and what is seen to what is
remembered next, and the same again while nothing changes. Falling, until every target is in fallback and its
application says so; Holding, for as long as the plan says; Returning, until everything is as it was. What comes in
between sends it back at once. Whether targets are told anything is not decided here: the drill only asks.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ideogram_operator.decisions.drill_facts import DrillMemory, DrillPlan, DrillView, Surprise
from ideogram_operator.decisions.drill_obstacles import obstacle
from ideogram_operator.decisions.drill_surprises import surprise, there
from ideogram_operator.decisions.drill_times import NOT_KNOWN_YET, PATIENCE, ends_at, requested, scheduled
from ideogram_operator.decisions.memory import DRILL
from ideogram_operator.decisions.wording import span
from ideogram_operator.resource.checklist import DrillPhase, DrillResult
from ideogram_operator.resource.words import TargetMode

ROUNDS = 8
RESTARTED = Surprise(result=DrillResult.ABORTED, message="the operator was restarted in the middle")


def conduct(plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime) -> DrillMemory:
    """Returns what is to be remembered; total over all input.

    Args:
        plan: None while the spec is not one to act on.
        memory: as of the last time.
        view: as the world is, given what the drill asked for last time.
        now: the time, UTC.
    """
    current = _possible(memory, now)
    # No step is possible again before something else was seen, so this many are more than are ever needed.
    for _ in range(ROUNDS):
        following = _step(plan, current, view, now)
        if following == current:
            break
        current = following
    return current


def unseen(plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime) -> bool:
    """Whether a look at the targets themselves is all that is missing before a drill may begin."""
    if memory.phase is not None or not view.turn:
        return False
    found = obstacle(plan, view, now)
    return found is not None and found.unseen


# -- the steps --------------------------------------------------------------------------------------------------------


def _step(plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime) -> DrillMemory:
    if memory.phase is None:
        return _before(plan, memory, view, now)
    found = memory.surprise or surprise(plan, memory, view, now)
    if found is not None and (memory.surprise is None or memory.phase is not DrillPhase.RETURNING):
        return _return(replace(memory, surprise=found), now)
    match memory.phase:
        case DrillPhase.FALLING:
            return _falling(memory, view, now)
        case DrillPhase.HOLDING:
            return _holding(plan, memory, view, now)
    return _returning(memory, view, now)


def _before(plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime) -> DrillMemory:
    wanted = requested(memory, view.request)
    if not wanted and not scheduled(plan, memory, now):
        return replace(memory, waiting_since=None)
    found = obstacle(plan, view, now)
    if found is None:
        return _begin(memory, view, now) if view.turn else replace(memory, waiting_since=None)
    if not wanted:
        return replace(memory, waiting_since=None)
    since = memory.waiting_since or now
    if found.passing and now - since < NOT_KNOWN_YET:
        return replace(memory, waiting_since=since)
    return replace(
        memory,
        waiting_since=None,
        handled=view.request,
        last_time=now,
        result=DrillResult.SKIPPED,
        message=f"Not begun: {found.message}.",
    )


def _begin(memory: DrillMemory, view: DrillView, now: datetime) -> DrillMemory:
    return replace(
        memory,
        phase=DrillPhase.FALLING,
        started_at=now,
        generation=view.generation,
        targets=tuple(target.name for target in view.targets),
        waiting_since=None,
        handled=view.request or memory.handled,
    )


def _falling(memory: DrillMemory, view: DrillView, now: datetime) -> DrillMemory:
    if not all(there(target, TargetMode.FALLBACK) and target.shape for target in view.targets):
        return memory
    shapes = tuple((target.name, target.shape) for target in view.targets)
    return replace(memory, phase=DrillPhase.HOLDING, held_since=now, shapes=shapes)


def _holding(plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime) -> DrillMemory:
    end = ends_at(memory, plan.duration) if plan is not None else None
    if not memory.closing:
        return replace(memory, closing=True) if end is None or now >= end else memory
    asked = [target for target in view.targets if target.verifies]
    said = all(view.closing and target.said is True for target in asked)
    if said:
        return _return(memory, now)
    if end is None or now - end >= PATIENCE:
        never = Surprise(result=DrillResult.FAILED, message=f"{asked[0].name} was not heard after the hold")
        return _return(replace(memory, surprise=never), now)
    return memory


def _return(memory: DrillMemory, now: datetime) -> DrillMemory:
    if memory.phase is DrillPhase.RETURNING:
        return memory
    return replace(memory, phase=DrillPhase.RETURNING, returning_since=now)


def _returning(memory: DrillMemory, view: DrillView, now: datetime) -> DrillMemory:
    if memory.surprise is None:
        back = view.surveyed and not view.falling_back and all(there(one, TargetMode.LIVE) for one in view.targets)
        return _over(memory, now, DrillResult.SUCCEEDED, _success(memory, view, now)) if back else memory
    words = _sentence(memory.surprise.message)
    if view.falling_back and view.cause != DRILL:
        # Whoever took it over decides about the way back.
        return _over(memory, now, memory.surprise.result, f"{words} The targets stay in fallback ({view.cause}).")
    given_back = all(target.mode is TargetMode.LIVE and (target.ready or target.trouble) for target in view.targets)
    if view.surveyed and not view.falling_back and given_back:
        return _over(memory, now, memory.surprise.result, words)
    if view.hindrance or _late(memory, now):
        held = "are left as they are" if view.hindrance else "are not all back yet"
        return _over(memory, now, memory.surprise.result, f"{words} The targets {held}.")
    return memory


def _late(memory: DrillMemory, now: datetime) -> bool:
    return memory.returning_since is None or now - memory.returning_since >= PATIENCE


def _over(memory: DrillMemory, now: datetime, result: DrillResult, message: str) -> DrillMemory:
    return DrillMemory(
        last_time=now,
        result=result,
        message=message,
        last_success=now if result is DrillResult.SUCCEEDED else memory.last_success,
        handled=memory.handled,
    )


# -- the words and the times ------------------------------------------------------------------------------------------


def _success(memory: DrillMemory, view: DrillView, now: datetime) -> str:
    count, verified = len(view.targets), sum(1 for target in view.targets if target.verifies)
    fell, held, back = (
        span(max(end - start, timedelta(seconds=1))) if start is not None and end is not None else "?"
        for start, end in (
            (memory.started_at, memory.held_since),
            (memory.held_since, memory.returning_since),
            (memory.returning_since, now),
        )
    )
    proof = f"; {verified} verified by the application itself" if verified else ""
    return f"{count} target{'s' if count != 1 else ''} fell back in {fell}, held for {held}, returned in {back}{proof}."


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."


def _possible(memory: DrillMemory, now: datetime) -> DrillMemory:
    """Returns the memory with nothing of the present drill in the future or without its time.

    What the clock said when it was ahead would keep targets in fallback for as long as it was wrong.
    """
    phase = memory.phase
    return replace(
        memory,
        started_at=_past(memory.started_at, now, wanted=phase is not None),
        held_since=_past(memory.held_since, now, wanted=phase is DrillPhase.HOLDING),
        returning_since=_past(memory.returning_since, now, wanted=phase is DrillPhase.RETURNING),
        waiting_since=_past(memory.waiting_since, now, wanted=False),
    )


def _past(moment: datetime | None, now: datetime, *, wanted: bool) -> datetime | None:
    if moment is None:
        return now if wanted else None
    return min(moment, now)
