"""The checks of the section "Error handling": somebody hears of it, users do not, and nothing cascades."""

from collections.abc import Sequence
from typing import Final

from ideogram_operator.checks.attestations import attested, nobody
from ideogram_operator.checks.facts import BreakerFacts, Facts, Lack, ReceiverFacts, TargetFacts, TrafficFacts
from ideogram_operator.checks.finding import Finding, failed, passed, unknown
from ideogram_operator.checks.lacks import of_lack
from ideogram_operator.checks.settings import MEND_TARGETS, troubled
from ideogram_operator.checks.wording import about, describe, listed
from ideogram_operator.resource.checklist import CheckEvidence, CheckId, CheckResult
from ideogram_operator.resource.words import Action, Mode, Severity

PROBED, INSPECTED, OBSERVED = CheckEvidence.PROBED, CheckEvidence.INSPECTED, CheckEvidence.OBSERVED
ENOUGH: Final = 20
"""So many generations without a rate limit shown say something; fewer may be luck."""


def judge_auth_alert(facts: Facts) -> Finding:
    """A 401 raises an alert, and the alert reaches somebody."""
    return _heard(facts, facts.spec.triggers.auth_failure.severity)


def judge_credits_alert(facts: Facts) -> Finding:
    """A 402 raises an alert that reaches somebody, and the application degrades instead of failing."""
    trigger = facts.spec.triggers.credits_exhausted
    if trigger.action is not Action.FALLBACK:
        message = f"spec.triggers.creditsExhausted.action is {trigger.action}: a 402 would not lead to fallback"
        return failed(INSPECTED, message, "Set spec.triggers.creditsExhausted.action to Fallback.")
    return _heard(facts, trigger.severity)


def _heard(facts: Facts, severity: Severity) -> Finding:
    """Whether a test message reached everybody who is to hear of alerts this urgent."""
    if isinstance(facts.receivers, Lack):
        return of_lack(facts, facts.receivers, PROBED)
    concerned = [receiver for receiver in facts.receivers if severity in receiver.severities]
    if not concerned:
        hint = f"Add an entry to spec.notify with severities [{severity}]; the Secret of its urlSecretRef holds a URL."
        return failed(INSPECTED, f"Nobody is told of {severity} alerts: no entry of spec.notify names them", hint)
    lost = _lost(concerned)
    if lost is not None:
        return of_lack(facts, lost, PROBED)
    return passed(PROBED, f"A test message reached {listed(receiver.name for receiver in concerned)}")


def _lost(concerned: Sequence[ReceiverFacts]) -> Lack | None:
    """Why the test message did not arrive everywhere; what was tried and failed counts more than what was not tried."""
    lost = [(receiver.name, receiver.failure) for receiver in concerned if receiver.failure is not None]
    lost.sort(key=lambda pair: pair[1].result is not CheckResult.FAIL)
    if not lost:
        return None
    (name, first), more = lost[0], len(lost) - 1
    also = f"; {more} more not reached" if more else ""
    return Lack(result=first.result, message=f"{name}: {first.message}{also}", hint=first.hint)


def judge_safety_log(facts: Facts) -> Finding:
    """422s are logged with a sanitised prompt: the log is the application's own, so a person has to say it."""
    check = CheckId.SAFETY_LOG
    return attested(facts, check, otherwise=nobody(check, "422s are logged with a sanitised prompt"))


def judge_rate_limit_hidden(facts: Facts) -> Finding:
    """429s are retried, never shown to users."""
    check = CheckId.RATE_LIMIT_HIDDEN
    if isinstance(facts.traffic, Lack):
        unseen = f", and traffic does not show it: {facts.traffic.message}"
    else:
        seen = _limits_shown(facts.traffic)
        if seen is not None:
            return seen
        unseen = ", and there is too little traffic to show it"
    return attested(facts, check, otherwise=nobody(check, f"429s are hidden from users{unseen}"))


def _limits_shown(traffic: TrafficFacts) -> Finding | None:
    """What the traffic says; None if it says too little."""
    total = traffic.generations
    if traffic.rate_limited is not None and traffic.rate_limited > 0:
        of = f" of {total:.0f}" if total is not None else ""
        shown = max(1.0, traffic.rate_limited)
        hint = "Retry 429s with exponential backoff in the application, and lower IDEOGRAM_CONCURRENCY."
        return failed(
            OBSERVED,
            f"{traffic.source}: generations that ended with a rate limit {traffic.window}: {shown:.0f}{of}",
            hint,
        )
    if traffic.rate_limited == 0 and total is not None and total >= ENOUGH:
        return passed(
            OBSERVED, f"{traffic.source}: none of {total:.0f} generations ended with a rate limit {traffic.window}"
        )
    return None


def judge_circuit_breaker(facts: Facts) -> Finding:
    """Failures cannot cascade: the switch would be thrown, it arrives, and the pods follow."""
    breaker, targets = facts.breaker, facts.targets
    if isinstance(breaker, Lack):
        return of_lack(facts, breaker, INSPECTED)
    refusal = _unswitched(facts, breaker)
    if refusal is not None:
        return refusal
    if isinstance(targets, Lack):
        return of_lack(facts, targets, INSPECTED)
    return _unfollowed(targets) or passed(INSPECTED, f"All targets are in sync; {_proof(facts)}")


def _unswitched(facts: Facts, breaker: BreakerFacts) -> Finding | None:
    """Why the targets would not be told; None if they would."""
    if breaker.hindrance:
        return failed(INSPECTED, f"The breaker would not switch: {breaker.hindrance}", _unhindered(facts))
    action = facts.spec.triggers.api_unreachable.action
    if action is not Action.FALLBACK:
        message = f"spec.triggers.apiUnreachable.action is {action}: an outage would not lead to fallback"
        return failed(INSPECTED, message, "Set spec.triggers.apiUnreachable.action to Fallback.")
    if breaker.out_of_sync:
        hint = f"Look for what keeps them: {describe(facts.namespace, facts.name)}"
        return failed(INSPECTED, f"Not told what they should be told: {listed(breaker.out_of_sync)}", hint)
    return None


def _unhindered(facts: Facts) -> str:
    if facts.spec.mode is Mode.OBSERVE:
        return "Set spec.mode to Enforce."
    if facts.spec.overridden(facts.now) is not None:
        return "Remove spec.override, or wait until it expires."
    return "Run the operator without --read-only (chart value readOnly)."


def _unfollowed(targets: Sequence[TargetFacts]) -> Finding | None:
    """Why the pods would not follow; None if they would."""
    stiff = [about(target.name, hindrance) for target in targets for hindrance in target.hindrances]
    if stiff:
        hint = "Let the pods follow: kubectl rollout resume, or an updateStrategy RollingUpdate without a partition."
        return failed(INSPECTED, listed(stiff), hint)
    unread = troubled(targets)
    if unread:
        return unknown(f"Whether pods follow the switch cannot be told of {listed(unread)}", MEND_TARGETS)
    return None


def _proof(facts: Facts) -> str:
    """Whether the applications themselves say that they react."""
    every = facts.spec.targets
    asked = sum(1 for target in every if target.verify is not None)
    if not asked:
        return "their pods follow the switch, but no targets[].verify asks whether the application does"
    return f"{asked} of {len(every)} in spec.targets verify that the application itself reacts"
