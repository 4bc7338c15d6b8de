"""The triggers that probes alone can decide: what makes each fire, and what clears it.

A trigger is one line in ``RULES``. It fires when its kind of fact was seen often enough in a row; it clears by the
rule beside it. Entering and leaving differ, so nothing oscillates at a boundary; and only evidence at least as strong
as what raised an alert can clear it. Sources: DESIGN.md's table of triggers and the production checklist's alerts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.decisions.memory import Alert
from ideogram_operator.decisions.policy import Policy, TriggerPolicy
from ideogram_operator.decisions.streak import Matches, Streak, good_streak, streak, unbroken
from ideogram_operator.resource.words import Cause, Trigger

Clearing = Callable[[Policy, Sequence[Evidence]], tuple[Streak, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a trigger looks for.

    Attributes:
        causes: the causes it counts.
        broken_by: what ends its count.
        clears: returns the streak that speaks for clearing, and how long it must be.
        what: completes the sentence "5 consecutive …".
    """

    trigger: Trigger
    causes: tuple[Cause, ...]
    broken_by: Matches
    clears: Clearing
    what: str

    def counts(self, fact: Evidence) -> bool:
        """Whether the fact is one of those that fire it."""
        return fact.bad and fact.cause in self.causes


def _good(fact: Evidence) -> bool:
    # An API that fails in turns with 503, 429 and 401 never works: only a good answer ends a count of failures.
    return fact.good


def _any_other(fact: Evidence) -> bool:
    return fact.cause is not Cause.RATE_LIMITED


def _by_recovery(policy: Policy, facts: Sequence[Evidence]) -> tuple[Streak, int]:
    return good_streak(facts), policy.successes


def _by_one_success(_: Policy, facts: Sequence[Evidence]) -> tuple[Streak, int]:
    return good_streak(facts), 1


def _by_three_others(_: Policy, facts: Sequence[Evidence]) -> tuple[Streak, int]:
    return unbroken(facts, _any_other), 3


RULES: tuple[Rule, ...] = (
    # The API does not answer, or refuses what the application sends: the checklist's "API down".
    Rule(
        trigger=Trigger.API_UNREACHABLE,
        causes=(Cause.PROVIDER, Cause.REJECTED),
        broken_by=_good,
        clears=_by_recovery,
        what="failed checks",
    ),
    # The key is refused; one refusal is confirmed once before it counts.
    Rule(
        trigger=Trigger.AUTH_FAILURE,
        causes=(Cause.CREDENTIALS,),
        broken_by=_good,
        clears=_by_one_success,
        what="refusals of the key",
    ),
    # There is no credit: one answer is enough, nobody says 402 by accident.
    Rule(
        trigger=Trigger.CREDITS_EXHAUSTED,
        causes=(Cause.CREDITS,),
        broken_by=_good,
        clears=_by_one_success,
        what="answers that credit is exhausted",
    ),
    # Too many requests in flight: more than five in a row, not a single one.
    Rule(
        trigger=Trigger.RATE_LIMITED,
        causes=(Cause.RATE_LIMITED,),
        broken_by=_any_other,
        clears=_by_three_others,
        what="rate-limited answers",
    ),
)


def evaluate(policy: Policy, alerts: Sequence[Alert], facts: Sequence[Evidence], now: datetime) -> tuple[Alert, ...]:
    """Returns the alerts that fire now, given those that fired before, in the order of the rules."""
    if not alerts and not any(fact.bad for fact in facts):
        return ()
    before = {alert.trigger: alert for alert in alerts}
    found = (_evaluate_one(policy, rule, before.get(rule.trigger), facts, now) for rule in RULES)
    return tuple(alert for alert in found if alert is not None)


def _evaluate_one(
    policy: Policy, rule: Rule, before: Alert | None, facts: Sequence[Evidence], now: datetime
) -> Alert | None:
    wanted = policy.of(rule.trigger)
    if wanted is None:
        return None
    seen = streak(facts, rule.counts, breaks=rule.broken_by)
    if seen.last is not None and seen.count >= wanted.consecutive and seen.fresh(now):
        return _fire(rule, wanted, seen, seen.last) if before is None else _keep(before, seen)
    if before is not None and not _cleared(policy, rule, before, facts, now):
        return before
    return None


def _fire(rule: Rule, wanted: TriggerPolicy, seen: Streak, last: Evidence) -> Alert:
    return Alert(
        trigger=rule.trigger,
        severity=wanted.severity,
        since=last.at,
        first=seen.first or last.at,
        strength=seen.strength,
        value=seen.count,
        threshold=wanted.consecutive,
        message=f"{seen.count} consecutive {rule.what}, the last: {last.message}",
    )


def _keep(before: Alert, seen: Streak) -> Alert:
    # It stays as it was told, so that an outage that goes on changes nothing; but what clears it may have to be more.
    return before if seen.strength <= before.strength else replace(before, strength=seen.strength)


def _cleared(policy: Policy, rule: Rule, before: Alert, facts: Sequence[Evidence], now: datetime) -> bool:
    found, needed = rule.clears(policy, facts)
    return found.count >= needed and found.strength >= policy.provable(before.strength) and found.fresh(now)
