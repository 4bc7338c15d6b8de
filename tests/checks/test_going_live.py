"""Going live: the predecessor, the metrics, the drill."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ideogram_operator.checks.facts import BreakerFacts, Facts
from ideogram_operator.resource.checklist import CheckId, DrillResult
from tests.checks.cases import (
    FAIL,
    INSPECTED,
    OBSERVED,
    PROBED,
    SKIPPED,
    UNKNOWN,
    WORD,
    Case,
    Table,
    fails,
    found,
    passes,
    rows,
    skips,
    untold,
    warns,
)
from tests.checks.facts import (
    ATTESTED,
    BREAKER,
    BY_WORD,
    DRILL,
    EXPIRED,
    NOON,
    OVER,
    PERFECT,
    PREDECESSOR,
    TRAFFIC,
    attestation,
    facts,
    lack,
    said,
    spec,
)

STAGED = CheckId.STAGING_TESTED
ALONE = spec(preflight={})
NOT_READY = "is not healthy or has not passed its own preflight"
SEE = "Mend it, or see what it lacks: kubectl -n shop describe idi storefront-staging"
PROMETHEUS = "Prometheus at prometheus.monitoring.svc:9090"
EXPORT = "Export them from the application"
REHEARSE = f"Rehearse the fallback: {DRILL}"


def alone(**dates: str) -> Facts:
    """No predecessor is named, and the test in staging is attested."""
    told = [*map(attestation, ATTESTED), attestation(STAGED, **dates)]
    return facts(spec=spec(preflight={}, attestations=told), predecessor=lack(SKIPPED))


def drilled(success: datetime | None, last: datetime | None, result: DrillResult | None, message: str = "") -> Facts:
    breaker = BreakerFacts(last_success=success, last_drill=last, last_drill_result=result, drill_message=message)
    return facts(breaker=breaker)


def days(count: float) -> datetime:
    return NOON - timedelta(days=count)


TABLE: Table = {
    CheckId.STAGING_TESTED: (
        passes("ready", PERFECT, INSPECTED, "shop/storefront-staging is healthy and passed its own preflight."),
        passes("none named, attested", alone(), WORD, BY_WORD),
        passes("named, not readable, attested", facts(predecessor=lack(UNKNOWN), spec=said(STAGED)), WORD, BY_WORD),
        fails(
            "not ready",
            facts(predecessor=replace(PREDECESSOR, ready=False, shortfall="its preflight is at 20/26")),
            INSPECTED,
            f"shop/storefront-staging {NOT_READY}: its preflight is at 20/26.",
            SEE,
        ),
        fails(
            "not ready, however much it is attested",
            facts(predecessor=replace(PREDECESSOR, ready=False, shortfall="it is Down"), spec=said(STAGED)),
            INSPECTED,
            f"shop/storefront-staging {NOT_READY}: it is Down.",
            SEE,
        ),
        fails(
            "not ready in a foreign namespace",
            facts(predecessor=replace(PREDECESSOR, name="staging/storefront", ready=False)),
            INSPECTED,
            f"staging/storefront {NOT_READY}, or is no Staging integration.",
            "Mend it, or see what it lacks: kubectl -n staging describe idi storefront",
        ),
        fails("named and not there", facts(predecessor=lack(FAIL)), INSPECTED, "It is wanting.", "Mend it."),
        fails(
            "none named, expired",
            alone(**OVER),
            WORD,
            EXPIRED,
            "Renew it in spec.attestations (check: staging-tested): by, at, evidence, expires.",
        ),
        untold("named and not readable", facts(predecessor=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        untold(
            "none named",
            facts(spec=ALONE, predecessor=lack(SKIPPED)),
            "Nobody has attested that it was tested in staging, and spec.preflight.predecessor names no integration.",
            "Let somebody attest it in spec.attestations (check: staging-tested, by, at, evidence, expires).",
        ),
        skips(
            "in Staging itself",
            facts(spec=spec(environment="Staging")),
            "spec.environment is Staging: only Production has a predecessor.",
        ),
        skips(
            "in Development",
            facts(spec=spec(environment="Development"), predecessor=lack(FAIL)),
            "spec.environment is Development: only Production has a predecessor.",
        ),
    ),
    CheckId.MONITORING_READY: (
        passes("all there", PERFECT, PROBED, f"{PROMETHEUS}: the expected series are there."),
        fails(
            "series that are not there",
            facts(traffic=replace(TRAFFIC, missing=("ideogram_generations_total",))),
            PROBED,
            f"{PROMETHEUS}: no ideogram_generations_total.",
            f"{EXPORT} and have them scraped; or correct spec.traffic.prometheus: "
            "its matchers, or its queries if the names are others.",
        ),
        fails(
            "pods without them",
            facts(
                traffic=replace(TRAFFIC, source="3 pods on port 9090", missing=("ideogram_generations_total",)),
                spec=spec(traffic={"pods": {"port": 9090}}),
            ),
            PROBED,
            "3 pods on port 9090: no ideogram_generations_total.",
            f"{EXPORT}.",
        ),
        fails("no answer", facts(traffic=lack(FAIL)), PROBED, "It is wanting.", "Mend it."),
        untold("not given", facts(traffic=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        skips("left out", facts(traffic=lack(SKIPPED)), "It is wanting.", "Mend it."),
    ),
    CheckId.ROLLBACK_TESTED: (
        passes("lately", PERFECT, OBSERVED, "A drill succeeded on 2026-11-01."),
        passes(
            "just lately enough",
            drilled(days(90), days(90), DrillResult.SUCCEEDED),
            OBSERVED,
            "A drill succeeded on 2026-08-24.",
        ),
        passes(
            "one that was put off since is none",
            drilled(days(21), days(1), DrillResult.SKIPPED, "outside the window"),
            OBSERVED,
            "A drill succeeded on 2026-11-01.",
        ),
        warns(
            "one failed since",
            drilled(days(21), days(1), DrillResult.FAILED, "Deployment/storefront did not come back"),
            OBSERVED,
            "A drill succeeded on 2026-11-01; the one on 2026-11-21 failed: Deployment/storefront did not come back.",
            REHEARSE,
        ),
        fails(
            "too long ago",
            drilled(days(91), days(91), DrillResult.SUCCEEDED),
            OBSERVED,
            "The last drill that succeeded was 91 days ago.",
            REHEARSE,
        ),
        fails(
            "too long ago, as the spec has it",
            facts(spec=spec(preflight={"drillMaxAge": "1h"}), breaker=replace(BREAKER, last_success=days(0.5))),
            OBSERVED,
            "The last drill that succeeded was today.",
            REHEARSE,
        ),
        fails("never", drilled(None, None, None), OBSERVED, "No drill has succeeded yet.", REHEARSE),
        fails(
            "never, and one was aborted",
            drilled(None, days(2), DrillResult.ABORTED, "an alert fired"),
            OBSERVED,
            "No drill has succeeded yet; the one on 2026-11-20 aborted: an alert fired.",
            REHEARSE,
        ),
        fails(
            "never, and none is planned",
            replace(drilled(None, None, None), spec=spec(drill=None)),
            OBSERVED,
            "No drill has succeeded yet.",
            f"Give spec.drill to rehearse on a schedule, or rehearse now: {DRILL}",
        ),
        fails("a failed look", facts(breaker=lack(FAIL)), OBSERVED, "It is wanting.", "Mend it."),
        untold("not looked", facts(breaker=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        skips("from a laptop", facts(breaker=lack(SKIPPED)), "It is wanting.", "Mend it."),
    ),
}


@pytest.mark.parametrize(("check", "case"), rows(TABLE))
def test_each_row_is_judged_as_the_table_says(check: CheckId, case: Case) -> None:
    assert found(check, case.facts) == case.finding
