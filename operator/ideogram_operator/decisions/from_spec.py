"""From the spec to the policy: which of its fields deciding needs."""

from datetime import datetime

from ideogram_operator.decisions.drill_facts import DrillPlan
from ideogram_operator.decisions.policy import OverrideOrder, Policy, TriggerPolicy
from ideogram_operator.resource.readiness import DrillSpec
from ideogram_operator.resource.recovery import Override
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.triggers import TriggerSpec
from ideogram_operator.resource.words import Action, Strength, Trigger

# A refused key is confirmed once; nobody says 402 by accident (DESIGN.md §4).
REFUSALS = 2
EMPTY_CREDITS = 1


def policy_of(spec: IntegrationSpec) -> Policy:
    """Returns the policy that a spec describes."""
    triggers, recovery = spec.triggers, spec.recovery
    throttles = any(target.throttle is not None for target in spec.targets)
    return Policy(
        triggers=(
            _rule(Trigger.API_UNREACHABLE, triggers.api_unreachable, triggers.api_unreachable.consecutive, throttles),
            _rule(Trigger.AUTH_FAILURE, triggers.auth_failure, REFUSALS, throttles),
            _rule(Trigger.CREDITS_EXHAUSTED, triggers.credits_exhausted, EMPTY_CREDITS, throttles),
            _rule(Trigger.RATE_LIMITED, triggers.rate_limited, triggers.rate_limited.consecutive, throttles),
        ),
        successes=recovery.successes,
        hold=recovery.hold,
        max_hold=recovery.max_hold,
        relapse_window=recovery.relapse_window,
        max_flips_per_hour=recovery.max_flips_per_hour,
        order=recovery.order,
        strongest=Strength.GENERATE if spec.probe.generate.interval else spec.probe.method.strength,
        override=_order(spec.override),
    )


def drill_plan_of(spec: IntegrationSpec, created: datetime) -> DrillPlan:
    """Returns what the spec says of drills; without a word about them only those that somebody asks for."""
    given = spec.drill or DrillSpec()
    interval = given.interval if spec.drill is not None else None
    return DrillPlan(interval=interval, duration=given.duration, window=given.window, created=created)


def _rule(trigger: Trigger, given: TriggerSpec, consecutive: int, throttles: bool) -> TriggerPolicy:  # noqa: FBT001
    # Where no target can be throttled, throttling would be a flip that nobody sees, counted all the same.
    idle = given.action is Action.THROTTLE and not throttles
    return TriggerPolicy(
        trigger=trigger,
        severity=given.severity,
        action=Action.ALERT if idle else given.action,
        consecutive=consecutive,
        recovery=given.recovery,
    )


def _order(given: Override | None) -> OverrideOrder | None:
    return OverrideOrder(mode=given.mode, reason=given.reason, until=given.until) if given else None
