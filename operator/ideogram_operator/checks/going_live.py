"""The checks of the section "Going live": it was tried before, it is watched, and the way back has been walked."""

from ideogram_operator.checks.attestations import attested, nobody
from ideogram_operator.checks.facts import BreakerFacts, Facts, Lack, PredecessorFacts
from ideogram_operator.checks.finding import Finding, failed, passed, skipped, warned
from ideogram_operator.checks.lacks import of_lack, untold
from ideogram_operator.checks.wording import ago, day, describe, listed, rehearse
from ideogram_operator.resource.checklist import CheckEvidence, CheckId, CheckResult, DrillResult
from ideogram_operator.resource.words import Environment

PROBED, INSPECTED, OBSERVED = CheckEvidence.PROBED, CheckEvidence.INSPECTED, CheckEvidence.OBSERVED


def judge_staging_tested(facts: Facts) -> Finding:
    """A Staging integration is healthy and passed its own preflight. Asked of Production only."""
    check = CheckId.STAGING_TESTED
    if facts.spec.environment is not Environment.PRODUCTION:
        return skipped(f"spec.environment is {facts.spec.environment}: only Production has a predecessor")
    predecessor = facts.predecessor
    if isinstance(predecessor, PredecessorFacts):
        return _tried(predecessor)
    if facts.spec.preflight.predecessor is None:
        unnamed = "it was tested in staging, and spec.preflight.predecessor names no integration"
        return attested(facts, check, otherwise=nobody(check, unnamed))
    if predecessor.result is CheckResult.FAIL:
        return of_lack(facts, predecessor, INSPECTED)
    return attested(facts, check, otherwise=untold(facts, predecessor))


def _tried(predecessor: PredecessorFacts) -> Finding:
    name = predecessor.name
    if predecessor.ready:
        return passed(INSPECTED, f"{name} is healthy and passed its own preflight")
    namespace, _, own = name.partition("/")
    hint = f"Mend it, or see what it lacks: {describe(namespace, own)}"
    short = f": {predecessor.shortfall}" if predecessor.shortfall else ", or is no Staging integration"
    return failed(INSPECTED, f"{name} is not healthy or has not passed its own preflight{short}", hint)


def judge_monitoring_ready(facts: Facts) -> Finding:
    """The metrics source answers and has the expected series: one that answers with nothing watches nothing."""
    traffic = facts.traffic
    if isinstance(traffic, Lack):
        return of_lack(facts, traffic, PROBED)
    if traffic.missing:
        names = "spec.traffic.prometheus: its matchers, or its queries if the names are others"
        scraped = facts.spec.traffic is not None and facts.spec.traffic.pods is not None
        hint = "Export them from the application" + ("." if scraped else f" and have them scraped; or correct {names}.")
        return failed(PROBED, f"{traffic.source}: no {listed(traffic.missing)}", hint)
    return passed(PROBED, f"{traffic.source}: the expected series are there")


def judge_rollback_tested(facts: Facts) -> Finding:
    """A drill succeeded, and not too long ago."""
    breaker = facts.breaker
    if isinstance(breaker, Lack):
        return of_lack(facts, breaker, OBSERVED)
    if breaker.last_success is None:
        return failed(OBSERVED, f"No drill has succeeded yet{_last(breaker)}", _walk_it(facts))
    age = facts.now - breaker.last_success
    if age > facts.spec.preflight.drill_max_age:
        return failed(OBSERVED, f"The last drill that succeeded was {ago(age)}{_last(breaker)}", _walk_it(facts))
    if _failed_since(breaker):
        return warned(OBSERVED, f"A drill succeeded on {day(breaker.last_success)}{_last(breaker)}", _walk_it(facts))
    return passed(OBSERVED, f"A drill succeeded on {day(breaker.last_success)}")


def _failed_since(breaker: BreakerFacts) -> bool:
    """Whether the way back was found broken after it was found good."""
    last, success = breaker.last_drill, breaker.last_success
    failed_last = breaker.last_drill_result is DrillResult.FAILED
    return failed_last and last is not None and success is not None and last > success


def _last(breaker: BreakerFacts) -> str:
    if breaker.last_drill_result in {None, DrillResult.SUCCEEDED} or breaker.last_drill is None:
        return ""
    seen = f": {breaker.drill_message}" if breaker.drill_message else ""
    return f"; the one on {day(breaker.last_drill)} {str(breaker.last_drill_result).lower()}{seen}"


def _walk_it(facts: Facts) -> str:
    if facts.spec.drill is None:
        return f"Give spec.drill to rehearse on a schedule, or rehearse now: {rehearse(facts)}"
    return f"Rehearse the fallback: {rehearse(facts)}"
