"""What status keeps over a restart: from the status read at start to the memory that deciding goes on with."""

from dataclasses import replace
from datetime import datetime

from ideogram_operator.decisions.drill import RESTARTED
from ideogram_operator.decisions.drill_facts import DrillMemory
from ideogram_operator.decisions.memory import MOST_FLIPS, MOST_RELAPSES, Alert, Memory
from ideogram_operator.resource.checklist import DrillPhase
from ideogram_operator.resource.observations import AlertStatus, DrillStatus
from ideogram_operator.resource.status import BreakerStatus, IntegrationStatus
from ideogram_operator.resource.words import Action, State, Strength


def recall(status: IntegrationStatus, now: datetime) -> Memory:
    """Returns the memory that the status holds; a fresh one for an integration that has none."""
    breaker = status.breaker or BreakerStatus()
    return Memory(
        state=status.state or State.LIVE,
        since=status.since or now,
        cause=breaker.trigger,
        detected_at=breaker.detected_at,
        hold_until=breaker.hold_until,
        relapses=min(breaker.relapses or 0, MOST_RELAPSES),
        flips=min(breaker.flips or 0, MOST_FLIPS),
        recent_flips=breaker.recent_flips,
        returned_at=breaker.returned_at,
        recover_token=breaker.recover_token or "",
        restored=breaker.restored_targets or 0,
        throttled_since=breaker.throttled_since,
        # By name: what comes twice could not be written again.
        alerts=tuple({alert.name: _alert(alert) for alert in status.alerts}.values()),
    )


def breaker_of(memory: Memory) -> BreakerStatus:
    """Returns the part of status from which ``recall`` makes the same memory again."""
    strongest = max((alert.strength for alert in memory.alerts), default=None)
    return BreakerStatus(
        trigger=memory.cause,
        strength=int(strongest) if strongest is not None else None,
        detected_at=memory.detected_at,
        hold_until=memory.hold_until,
        relapses=memory.relapses,
        flips=memory.flips,
        recent_flips=memory.recent_flips,
        returned_at=memory.returned_at,
        recover_token=memory.recover_token or None,
        restored_targets=memory.restored or None,
        throttled_since=memory.throttled_since,
    )


def recall_drill(status: DrillStatus | None, now: datetime) -> DrillMemory:
    """Returns what status holds of drills. One that was going on is over: nobody watched while we were away."""
    told = status or DrillStatus()
    last = DrillMemory(
        last_time=told.last_time,
        result=told.result,
        message=told.message or "",
        last_success=told.last_success_time,
        handled=told.last_handled_request or "",
    )
    if told.phase is None:
        return last
    began = told.started_at or now
    return replace(last, phase=DrillPhase.RETURNING, started_at=began, returning_since=now, surprise=RESTARTED)


def drill_of(memory: DrillMemory) -> DrillStatus | None:
    """Returns the part of status from which ``recall_drill`` knows the drill again; None if there never was one."""
    surprised = memory.surprise.message if memory.surprise is not None else ""
    told = DrillStatus(
        phase=memory.phase,
        started_at=memory.started_at if memory.phase is not None else None,
        last_time=memory.last_time,
        result=memory.result,
        message=surprised or memory.message or None,
        last_success_time=memory.last_success,
        last_handled_request=memory.handled or None,
    )
    return told if told != DrillStatus() else None


def alert_of(alert: Alert, action: Action | None) -> AlertStatus:
    """Returns an alert as status shows it."""
    return AlertStatus(
        name=alert.trigger,
        severity=alert.severity,
        action=action,
        since=alert.since,
        first=alert.first,
        strength=int(alert.strength),
        value=str(alert.value),
        threshold=str(alert.threshold),
        message=alert.message,
    )


def _alert(told: AlertStatus) -> Alert:
    return Alert(
        trigger=told.name,
        severity=told.severity,
        since=told.since,
        first=told.first or told.since,
        strength=_strength(told.strength),
        value=_count(told.value),
        threshold=_count(told.threshold),
        message=told.message or "",
    )


def _strength(value: int | None) -> Strength:
    known = {int(strength): strength for strength in Strength}
    return known.get(value or 0, Strength.KEY_CHECK)


def _count(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0
