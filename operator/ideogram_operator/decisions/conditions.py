"""The conditions of an integration: one small function each, over how it stands.

``Ready`` says whether the operator can do its work, not whether Ideogram is healthy: an outage must not block
``kubectl wait`` or a GitOps tool. What is not known is Unknown, and all of them are there from the first write on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ideogram_operator.decisions.memory import PREFLIGHT, Alert
from ideogram_operator.decisions.standing import Standing
from ideogram_operator.decisions.wording import (
    CAUSES,
    TRIGGER_REASONS,
    UNKNOWN_REASONS,
    advice,
    clock_time,
    missing_checks,
)
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import (
    Cause,
    ConditionStatus,
    ConditionType,
    Health,
    OverrideMode,
    TargetMode,
    Trigger,
)

TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition; when it last changed is the writer's to know."""

    type: ConditionType
    status: ConditionStatus
    reason: Reason
    message: str


Said = tuple[ConditionStatus, Reason, str]


def conditions(standing: Standing) -> tuple[Condition, ...]:
    """Returns all conditions that hold or are known not to, in the order of ``ConditionType``."""
    said = ((kind, rule(standing)) for kind, rule in RULES)
    return tuple(
        Condition(type=kind, status=told[0], reason=told[1], message=told[2]) for kind, told in said if told is not None
    )


def _ready(standing: Standing) -> Said:
    problem = standing.first_problem()
    if problem is not None:
        return FALSE, problem.reason, problem.message
    assessment = standing.decision.assessment
    if assessment.health is Health.UNKNOWN and not _only_rests(standing):
        reason = UNKNOWN_REASONS.get(assessment.cause, Reason.PROBE_UNKNOWN)
        started = assessment.cause is Cause.STALE and not standing.decision.seen
        return (UNKNOWN if started else FALSE), reason, f"It cannot be told how the API is: {assessment.message}."
    message = "Spec, key, targets and permissions are in order and the evidence is fresh."
    if standing.not_acted_on:
        fields = ", ".join(standing.not_acted_on)
        message += f" Accepted but not acted on by this version: {fields}."
    return TRUE, Reason.ALL_GOOD, message


def _only_rests(standing: Standing) -> bool:
    """Whether evidence is missing because the key is left alone on purpose."""
    return any(alert.trigger is Trigger.AUTH_FAILURE for alert in standing.decision.alerts)


def _api_healthy(standing: Standing) -> Said:
    assessment = standing.decision.assessment
    message = f"{assessment.message}."
    match assessment.health:
        case Health.HEALTHY:
            return TRUE, Reason.PROBE_SUCCEEDED, message
        case Health.UNKNOWN:
            return UNKNOWN, UNKNOWN_REASONS.get(assessment.cause, Reason.PROBE_UNKNOWN), message
        case Health.DEGRADED:
            return FALSE, Reason.PROBE_DEGRADED, message
    return FALSE, Reason.PROBE_FAILED, message


def _credentials_valid(standing: Standing) -> Said:
    alert = _alert(standing, Trigger.AUTH_FAILURE)
    if alert is not None:
        return FALSE, Reason.KEY_REJECTED, f"{alert.message}. {advice(standing, alert)}"
    problem = standing.first_problem()
    if problem is not None and problem.reason is Reason.KEY_MISSING:
        return UNKNOWN, Reason.KEY_MISSING, problem.message
    match standing.decision.assessment.cause:
        case Cause.CREDENTIALS:
            return UNKNOWN, Reason.CONFIRMING_FAILURE, f"{standing.decision.assessment.message}; it is being confirmed."
        case None | Cause.RATE_LIMITED | Cause.CREDITS | Cause.REJECTED:
            return TRUE, Reason.KEY_ACCEPTED, f"The key in {standing.key_at} is accepted."
    return UNKNOWN, Reason.PROBE_UNKNOWN, "No recent answer says whether the key is accepted."


def _credits_sufficient(standing: Standing) -> Said:
    alert = _alert(standing, Trigger.CREDITS_EXHAUSTED)
    if alert is not None:
        return FALSE, Reason.CREDITS_EXHAUSTED, f"{alert.message}. {advice(standing, alert)}"
    if standing.paid is not None and standing.paid.good:
        return TRUE, Reason.CREDITS_AVAILABLE, f"A paid check succeeded at {clock_time(standing.paid.at)}."
    note = f" {standing.probe_note}" if standing.probe_note else ""
    return UNKNOWN, Reason.NOT_CHECKED, f"Only a paid check proves credit, and no recent one succeeded.{note}"


def _preflight_passed(standing: Standing) -> Said:
    preflight = standing.preflight
    if preflight is None:
        return UNKNOWN, Reason.NOT_CHECKED, "The preflight has not been carried out yet."
    if not preflight.missing:
        return TRUE, Reason.CHECKS_PASSED, f"Every required check passed; {preflight.summary} in all."
    told = ", ".join(preflight.missing)
    if preflight.failed:
        return FALSE, Reason.CHECKS_FAILED, f"{len(preflight.missing)} required checks have not passed: {told}."
    return UNKNOWN, Reason.CHECKS_UNKNOWN, f"It could not be told of {len(preflight.missing)} required checks: {told}."


def _fallback_active(standing: Standing) -> Said:
    memory = standing.decision.memory
    told = [target for target in standing.targets if target.mode is TargetMode.FALLBACK]
    of = f"{len(told)} of {len(standing.targets)} targets are in fallback"
    if not standing.touching and told:
        # Switched before, and left as they are: whoever looks for why the images are missing finds it here.
        return TRUE, standing.why_not_touching or Reason.OBSERVE_MODE, f"Nothing is touched any more, but {of}."
    if not memory.falling_back:
        return FALSE, Reason.NO_FALLBACK_REQUESTED, f"The state is {memory.state}; {of}."
    reason = TRIGGER_REASONS.get(memory.cause or "", Reason.API_UNREACHABLE)
    if not standing.touching:
        return FALSE, standing.why_not_touching or reason, "Targets would be in fallback, but nothing is touched."
    until = f", until {missing_checks(standing)}" if memory.cause == PREFLIGHT and standing.gate_missing else ""
    why = CAUSES.get(memory.cause or "", memory.cause)
    return TRUE, reason, f"Since {clock_time(memory.since)} because of {why}{until}; {of}."


def _targets_in_sync(standing: Standing) -> Said:
    if standing.why_not_touching is not None:
        return UNKNOWN, standing.why_not_touching, "Targets are not touched."
    if not standing.targets:
        return UNKNOWN, Reason.NOT_CHECKED, "No target was looked at yet."
    troubled = [target for target in standing.targets if target.problem is not None]
    if troubled:
        told = " ".join(f"{target.name}: {target.problem.message}" for target in troubled if target.problem)
        first = troubled[0].problem
        return FALSE, first.reason if first else Reason.TARGET_MISSING, told
    behind = [target.name for target in standing.targets if not target.in_sync]
    if behind:
        return FALSE, Reason.ROLLOUT_LIMIT_REACHED, f"Waiting for their turn: {', '.join(behind)}."
    return TRUE, Reason.TARGETS_IN_SYNC, f"All {len(standing.targets)} targets are told what they should be told."


def _overridden(standing: Standing) -> Said:
    mode = standing.policy.overridden(standing.now)
    override = standing.policy.override
    if mode is None or override is None:
        return FALSE, Reason.NOT_OVERRIDDEN, "No override is in force."
    reason = {
        OverrideMode.FORCE_FALLBACK: Reason.OVERRIDE_FORCE_FALLBACK,
        OverrideMode.FORCE_LIVE: Reason.OVERRIDE_FORCE_LIVE,
        OverrideMode.FREEZE: Reason.OVERRIDE_FROZEN,
    }[mode]
    until = f"until {override.until:%Y-%m-%d %H:%M:%SZ}" if override.until else "until it is removed"
    return TRUE, reason, f"{mode} {until}: {override.reason.rstrip('.')}."


def _reconciling(standing: Standing) -> Said | None:
    """kstatus: there only while targets are on their way. Waiting for the provider is not: it must block nobody."""
    if standing.spec_invalid:
        return None
    behind = [target.name for target in standing.targets if not target.in_sync or not target.ready]
    if standing.touching and behind and not _stuck(standing):
        return TRUE, Reason.ROLLOUT_IN_PROGRESS, f"On their way: {', '.join(behind)}."
    return None


def _stalled(standing: Standing) -> Said | None:
    """kstatus: there only while nothing moves without a person."""
    problem = standing.first_problem()
    if standing.spec_invalid and problem is not None:
        return TRUE, problem.reason, problem.message
    if _stuck(standing):
        told = next(target.problem for target in standing.targets if target.problem is not None)
        return TRUE, told.reason, told.message
    return None


def _stuck(standing: Standing) -> bool:
    stuck = {Reason.ROLLOUT_STUCK, Reason.TARGET_CONFLICT, Reason.PERMISSION_DENIED}
    return any(target.problem is not None and target.problem.reason in stuck for target in standing.targets)


def _alert(standing: Standing, trigger: Trigger) -> Alert | None:
    return next((alert for alert in standing.decision.alerts if alert.trigger is trigger), None)


RULES: tuple[tuple[ConditionType, Callable[[Standing], Said | None]], ...] = (
    (ConditionType.READY, _ready),
    (ConditionType.API_HEALTHY, _api_healthy),
    (ConditionType.CREDENTIALS_VALID, _credentials_valid),
    (ConditionType.CREDITS_SUFFICIENT, _credits_sufficient),
    (ConditionType.PREFLIGHT_PASSED, _preflight_passed),
    (ConditionType.FALLBACK_ACTIVE, _fallback_active),
    (ConditionType.TARGETS_IN_SYNC, _targets_in_sync),
    (ConditionType.OVERRIDDEN, _overridden),
    (ConditionType.RECONCILING, _reconciling),
    (ConditionType.STALLED, _stalled),
)
