"""What a person reads: what happened, when, why, and what to do. One reason and one message for any standing.

``CHAPTERS`` is asked in order and the first answer is told.
"""

from collections.abc import Callable

from ideogram_operator.decisions.breaker import flip_room, hold_over
from ideogram_operator.decisions.memory import DRILL, OVERRIDE, PREFLIGHT, WISHES
from ideogram_operator.decisions.standing import Standing
from ideogram_operator.decisions.wording import (
    CAUSES,
    TRIGGER_REASONS,
    UNKNOWN_REASONS,
    advice,
    clock_time,
    missing_checks,
    span,
)
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import (
    RECOVER_ANNOTATION,
    Health,
    OverrideMode,
    Recovery,
    State,
    TargetMode,
)

Told = tuple[Reason, str]


def tell(standing: Standing) -> Told:
    """Returns the reason and the message of status."""
    return next(told for chapter in CHAPTERS if (told := chapter(standing)) is not None)


# -- the chapters -----------------------------------------------------------------------------------------------------


def _invalid(standing: Standing) -> Told | None:
    problem = standing.first_problem()
    return (problem.reason, problem.message) if standing.spec_invalid and problem else None


def _overridden(standing: Standing) -> Told | None:
    override = standing.policy.override
    mode = standing.policy.overridden(standing.now)
    if override is None or mode is None:
        return None
    until = f" until {override.until:%Y-%m-%d %H:%M:%SZ}" if override.until else " until spec.override is removed"
    verb, reason = {
        OverrideMode.FORCE_FALLBACK: ("In fallback", Reason.OVERRIDE_FORCE_FALLBACK),
        OverrideMode.FORCE_LIVE: ("Live", Reason.OVERRIDE_FORCE_LIVE),
        OverrideMode.FREEZE: (f"Frozen in {standing.decision.memory.state}", Reason.OVERRIDE_FROZEN),
    }[mode]
    why = override.reason.rstrip(".")
    return reason, f"{verb} by spec.override{until}: {why}. {_api_says(standing)}{_targets(standing)}"


def _gated(standing: Standing) -> Told | None:
    if standing.decision.asked != PREFLIGHT or standing.decision.memory.cause != PREFLIGHT:
        return None
    return Reason.PREFLIGHT_GATE, (
        f"{_fallen(standing)} until {missing_checks(standing)}. {_api_says(standing)}{_targets(standing)}"
    )


def _rehearsing(standing: Standing) -> Told | None:
    if standing.decision.asked != DRILL or standing.decision.memory.cause != DRILL:
        return None
    until = standing.drill_until
    end = f"until {clock_time(until)}" if until is not None else "as soon as every target is in fallback"
    verb = "the fallback is being rehearsed" if until is not None else "the rehearsal of the fallback begins"
    return Reason.DRILL_IN_PROGRESS, (
        f"{_fallen(standing)}: {verb} {end}; then the targets return by themselves. "
        f"{_api_says(standing)}{_targets(standing)}"
    )


def _let_go(standing: Standing) -> Told | None:
    """The drill or the gate asks no more, but what is known of the API stands in the way."""
    memory = standing.decision.memory
    if memory.state is not State.FALLBACK or memory.cause not in WISHES:
        return None
    blind = standing.decision.health is Health.UNKNOWN
    over = "The drill is over" if memory.cause == DRILL else "The preflight's gate is open"
    waits = "it can be told how the API is" if blind else "what speaks against the API is dispelled or confirmed"
    return Reason.AWAITING_RECOVERY if blind else Reason.CONFIRMING_FAILURE, (
        f"{_fallen(standing)}. {over}, but the targets stay in fallback until {waits}. "
        f"{_api_says(standing)}{_targets(standing)}"
    )


def _recovering(standing: Standing) -> Told | None:
    memory = standing.decision.memory
    if memory.state is not State.RECOVERING:
        return None
    if memory.restored:
        return Reason.RESTORING_TARGETS, (
            f"Giving targets back one by one: {memory.restored} of {len(standing.targets)} so far. "
            f"{_api_says(standing)}"
        )
    return Reason.AWAITING_RECOVERY, (
        f"The API answers again: {standing.decision.proven} of {standing.policy.successes} good checks in a row "
        f"before the targets are given back. {_api_says(standing)}{_paid(standing)}{_targets(standing)}"
    )


def _in_fallback(standing: Standing) -> Told | None:
    memory = standing.decision.memory
    if memory.state is not State.FALLBACK:
        return None
    reason, waiting = _waiting(standing)
    alerts = " ".join(
        f"{alert.trigger} fired at {clock_time(alert.since)}: {alert.message}." for alert in memory.alerts
    )
    cause = CAUSES.get(memory.cause or "", memory.cause)
    why = alerts or f"It was caused by {cause}, which has cleared. {_api_says(standing)}"
    hints = " ".join(advice(standing, alert) for alert in memory.alerts)
    return reason, f"{_fallen(standing)}. {why} {waiting} {hints}{_targets(standing)}".rstrip()


def _waiting(standing: Standing) -> Told:
    """Returns what the way back waits for."""
    memory, policy, now = standing.decision.memory, standing.policy, standing.now
    cause = TRIGGER_REASONS.get(memory.cause or "", Reason.API_UNREACHABLE)
    if not memory.alerts and memory.cause != OVERRIDE:
        cause = Reason.AWAITING_RECOVERY if hold_over(memory, now) else Reason.HOLD_ACTIVE
    if standing.decision.asked == PREFLIGHT:
        return cause if memory.alerts else Reason.PREFLIGHT_GATE, (
            f"The way back is not tried before {missing_checks(standing)}."
        )
    if not hold_over(memory, now) and memory.hold_until is not None:
        relapse = f", relapse {memory.relapses}" if memory.relapses else ""
        return cause, (
            f"The way back is not tried before {clock_time(memory.hold_until)} "
            f"(hold {span(memory.hold_until - memory.since)}{relapse})."
        )
    if not flip_room(policy, memory, now):
        return Reason.FLIP_LIMIT_REACHED, (
            f"It stays there: {len(memory.recent_flips)} flips in the last hour of at most "
            f"{policy.max_flips_per_hour}, and a return must leave room for one more."
        )
    if _waits_for_person(standing):
        return Reason.RECOVERY_MANUAL, (
            "The way back waits for a person (recovery: Manual): "
            f"set the annotation {RECOVER_ANNOTATION} to a new value."
        )
    return cause, f"It returns after {policy.successes} good checks in a row."


def _waits_for_person(standing: Standing) -> bool:
    memory = standing.decision.memory
    names = {alert.trigger.value for alert in memory.alerts} | {memory.cause}
    manual = any(rule.recovery is Recovery.MANUAL for rule in standing.policy.triggers if rule.trigger.value in names)
    return manual and standing.decision.recovery_strength is None


def _suspect(standing: Standing) -> Told | None:
    memory = standing.decision.memory
    if memory.state is not State.SUSPECT:
        return None
    alerts = " ".join(f"{alert.trigger} fired: {alert.message}. {advice(standing, alert)}" for alert in memory.alerts)
    confirming = alerts or "It is being confirmed before anything is switched."
    return Reason.CONFIRMING_FAILURE, (
        f"Suspect since {clock_time(memory.since)}. {_api_says(standing)} {confirming}{_paid(standing)}"
    )


def _blind(standing: Standing) -> Told | None:
    if standing.decision.health is not Health.UNKNOWN:
        return None
    problem = standing.first_problem()
    if problem is not None:
        return problem.reason, problem.message
    reason = UNKNOWN_REASONS.get(standing.decision.assessment.cause, Reason.PROBE_UNKNOWN)
    return reason, f"{_api_says(standing)} Nothing is switched while it cannot be told."


def _live(standing: Standing) -> Told:
    alerts = " ".join(
        f"{alert.trigger}: {alert.message}. {advice(standing, alert)}" for alert in standing.decision.alerts
    )
    throttled = standing.decision.memory.throttled_since
    less = f" Targets are told to do less since {clock_time(throttled)}." if throttled and standing.touching else ""
    told = f"{_api_says(standing)} {alerts}".rstrip()
    return Reason.PROBE_SUCCEEDED, f"{told}{less}{_targets(standing)}"


CHAPTERS: tuple[Callable[[Standing], Told | None], ...] = (
    _invalid,
    _overridden,
    _gated,
    _rehearsing,
    _let_go,
    _recovering,
    _in_fallback,
    _suspect,
    _blind,
    _live,
)


# -- sentences --------------------------------------------------------------------------------------------------------


def _api_says(standing: Standing) -> str:
    assessment = standing.decision.assessment
    return f"The API is {assessment.health}: {assessment.message}."


def _fallen(standing: Standing) -> str:
    verb = "In fallback" if standing.touching else "Would be in fallback"
    return f"{verb} since {clock_time(standing.decision.memory.since)}"


def _paid(standing: Standing) -> str:
    return f" {standing.probe_note}" if standing.probe_note else ""


def _targets(standing: Standing) -> str:
    """A sentence about targets that are not as they should be; empty if all are."""
    behind = [target for target in standing.targets if not target.in_sync or not target.ready]
    if not behind or not standing.touching:
        return ""
    told = "; ".join(f"{target.name}: {_state_of(target.wanted)}{_because(target.message)}" for target in behind[:5])
    return f" Not there yet: {told}."


def _state_of(mode: TargetMode) -> str:
    return "going into fallback" if mode is TargetMode.FALLBACK else "going live"


def _because(message: str) -> str:
    return f" ({message})" if message else ""
