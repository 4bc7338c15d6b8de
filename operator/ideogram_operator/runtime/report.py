"""From how an integration stands to its status, and whether that is worth a write.

Status is written when its meaning changes and once per heartbeat. Latencies, counts that go up and times of the last
probe are no meaning: they are in the metrics, and in status as of the last write.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ideogram_operator.decisions.conditions import conditions
from ideogram_operator.decisions.standing import Standing, TargetStanding
from ideogram_operator.decisions.story import tell
from ideogram_operator.decisions.wording import UNKNOWN_REASONS
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.conditions import Condition, whole_seconds
from ideogram_operator.resource.observations import DrillStatus, PreflightStatus, ProbeStatus, TargetStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.status import Flip, IntegrationStatus, firing
from ideogram_operator.resource.words import ConditionStatus, TargetKind, TargetMode
from ideogram_operator.runtime.recall import alert_of, breaker_of

VOLATILE = ("lastUpdate", "message")
VOLATILE_OF_PROBE = ("lastTime", "latency", "p95", "message", "httpStatus", "nextGenerateTime")
FOUND_BY_PROBES = frozenset(reason.value for reason in (*UNKNOWN_REASONS.values(), Reason.PROBE_UNKNOWN)) - {
    Reason.KEY_MISSING.value
}
VOLATILE_OF_ALERT = ("value", "message")


def status_of(
    standing: Standing,
    *,
    before: IntegrationStatus,
    generation: int,
    probe: ProbeStatus | None,
    history: tuple[Flip, ...],
    preflight: PreflightStatus | None = None,
    drill: DrillStatus | None = None,
) -> IntegrationStatus:
    """Returns the status that tells how things stand.

    Args:
        standing: how things stand.
        before: the status so far; conditions that did not change keep their time.
        generation: of the spec that was decided on.
        probe: what the probes tell of themselves.
        history: the flips, the newest last.
        preflight: what the preflights found; None for what status has of it.
        drill: the drill that is going on, and the last one.
    """
    reason, message = tell(standing)
    memory = standing.decision.memory
    alerts = tuple(
        alert_of(alert, rule.action if (rule := standing.policy.of(alert.trigger)) else None) for alert in memory.alerts
    )
    return IntegrationStatus(
        observed_generation=generation,
        state=memory.state,
        health=standing.decision.health,
        reason=reason,
        message=message,
        since=memory.since,
        last_update=standing.now,
        alerts_firing=firing(alerts),
        conditions=_conditions(standing, before, generation),
        breaker=breaker_of(memory),
        probe=probe,
        targets=_targets(standing),
        targets_total=len(standing.targets),
        alerts=alerts,
        preflight=preflight or before.preflight,
        drill=drill,
        history=history,
    )


def meaning(status: IntegrationStatus) -> Mapping[str, Any]:
    """Returns what of a status is worth a write when it changes."""
    wire = status.to_wire()
    kept: dict[str, Any] = {name: value for name, value in wire.items() if name not in VOLATILE}
    kept["probe"] = _without(wire.get("probe", {}), VOLATILE_OF_PROBE)
    kept["alerts"] = [_without(alert, VOLATILE_OF_ALERT) for alert in wire.get("alerts", ())]
    kept["conditions"] = [_meaning_of_condition(condition) for condition in wire.get("conditions", ())]
    if "preflight" in wire:
        kept["preflight"] = _meaning_of_preflight(wire["preflight"])
    kept["targets"] = [_without(target, ("message",)) for target in wire.get("targets", ())]
    return kept


def _without(mapping: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name not in names}


def _meaning_of_preflight(preflight: Mapping[str, Any]) -> dict[str, Any]:
    # What holds is said in varying words: how long an image's URL lives, how fast a bucket was.
    checks = [
        _without(check, ("message", "time") if check["result"] == CheckResult.PASS else ("time",))
        for check in preflight.get("checks", ())
    ]
    return {**preflight, "checks": checks}


def _meaning_of_condition(condition: Mapping[str, Any]) -> tuple[Any, ...]:
    # What is wrong is said in the message; what is right, and what probes found, is said in varying words.
    wrong = condition["status"] == "False" and condition["type"] in {"Ready", "TargetsInSync"}
    wrong = wrong and condition["reason"] not in FOUND_BY_PROBES
    return condition["type"], condition["status"], condition["reason"], condition["message"] if wrong else ""


def _conditions(standing: Standing, before: IntegrationStatus, generation: int) -> tuple[Condition, ...]:
    earlier = {condition.type: condition for condition in before.conditions}
    return tuple(
        Condition(
            type=told.type,
            status=told.status,
            reason=told.reason,
            message=told.message,
            last_transition_time=_since(earlier.get(told.type), told.status, standing.now),
            observed_generation=generation,
        )
        for told in conditions(standing)
    )


def _since(earlier: Condition | None, status: ConditionStatus, now: datetime) -> datetime:
    if earlier is not None and earlier.status is status:
        return earlier.last_transition_time
    return whole_seconds(now)


def _targets(standing: Standing) -> tuple[TargetStatus, ...]:
    ordered = sorted(standing.targets, key=lambda target: target.problem is None)
    return tuple(
        TargetStatus(
            kind=TargetKind(target.name.partition("/")[0]),
            name=target.name.partition("/")[2],
            mode=target.mode,
            in_sync=target.in_sync and target.problem is None,
            ready=target.ready,
            since=target.at,
            ready_at=target.ready_at,
            reason=target.problem.reason if target.problem else _word(target),
            message=target.problem.message if target.problem else target.message or None,
        )
        for target in ordered
    )


def _word(target: TargetStanding) -> Reason | None:
    """What the application said of itself; of one that is live and says so there is nothing to tell."""
    if target.verified is None:
        return None
    if not target.verified:
        return Reason.FALLBACK_UNVERIFIED
    return Reason.FALLBACK_VERIFIED if target.mode is TargetMode.FALLBACK else None
