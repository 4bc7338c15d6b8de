"""When a drill is due, asked for, or over: what follows from the clock alone."""

from datetime import datetime, timedelta

from ideogram_operator.decisions.drill_facts import DrillMemory, DrillPlan
from ideogram_operator.decisions.times import later
from ideogram_operator.resource.checklist import DrillPhase

PATIENCE = timedelta(minutes=10)
"""How long targets may take into fallback, and out of it."""
NOT_KNOWN_YET = timedelta(seconds=60)
"""How long a request waits for what is only not known yet, as right after a start of the operator."""


def asks(memory: DrillMemory) -> bool:
    """Whether the drill asks for fallback."""
    return memory.phase in {DrillPhase.FALLING, DrillPhase.HOLDING}


def due(plan: DrillPlan | None, memory: DrillMemory, request: str, now: datetime) -> bool:
    """Whether there is anything to conduct: a drill is going on, is asked for, or its time has come."""
    return memory.phase is not None or requested(memory, request) or scheduled(plan, memory, now)


def requested(memory: DrillMemory, request: str) -> bool:
    """Whether somebody asks for another drill than the last one."""
    return bool(request) and request != memory.handled


def scheduled(plan: DrillPlan | None, memory: DrillMemory, now: datetime) -> bool:
    """Whether the interval is over."""
    moment = _scheduled_for(plan, memory)
    return moment is not None and now >= moment


def ends_at(memory: DrillMemory, duration: timedelta) -> datetime | None:
    """Returns when the hold is over; None while it has not begun."""
    held = memory.held_since if memory.phase is DrillPhase.HOLDING else None
    return later(held, duration) if held is not None else None


def next_in(plan: DrillPlan | None, memory: DrillMemory, now: datetime) -> timedelta | None:
    """Returns how long until there is something new to conduct though nothing is seen; None if there never is."""
    moments = [
        ends_at(memory, plan.duration) if plan is not None and not memory.closing else None,
        _after(memory.started_at, PATIENCE) if memory.phase is DrillPhase.FALLING else None,
        _after(memory.returning_since, PATIENCE) if memory.phase is DrillPhase.RETURNING else None,
        _after(memory.waiting_since, NOT_KNOWN_YET),
        _scheduled_for(plan, memory) if memory.phase is None else None,
    ]
    waits = [moment - now for moment in moments if moment is not None and moment > now]
    return min(waits, default=None)


def _scheduled_for(plan: DrillPlan | None, memory: DrillMemory) -> datetime | None:
    if plan is None or plan.interval is None:
        return None
    return later(max(plan.created, memory.last_time or plan.created), plan.interval)


def _after(moment: datetime | None, length: timedelta) -> datetime | None:
    return later(moment, length) if moment is not None else None
