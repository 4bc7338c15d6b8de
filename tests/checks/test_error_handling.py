"""Error handling: alerts that arrive, limits that nobody sees, a breaker that works."""

from dataclasses import replace

import pytest

from ideogram_operator.checks.facts import Facts, ReceiverFacts
from ideogram_operator.resource.checklist import CheckId, CheckResult
from ideogram_operator.resource.words import Severity
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
)
from tests.checks.facts import (
    BREAKER,
    BY_WORD,
    EXPIRED,
    OVER,
    PERFECT,
    RECEIVER,
    STOREFRONT,
    TRAFFIC,
    WRITTEN,
    facts,
    lack,
    said,
    spec,
    target,
    unattested,
)

PROMETHEUS = "Prometheus at prometheus.monitoring.svc:9090"
RETRY = "Retry 429s with exponential backoff in the application, and lower IDEOGRAM_CONCURRENCY."
HIDDEN = CheckId.RATE_LIMIT_HIDDEN
ATTEST = "Let somebody attest it in spec.attestations (check: rate-limit-hidden, by, at, evidence, expires)."
LATER = ReceiverFacts(name="notify[1] (mailto)", severities=(Severity.P2, Severity.P3))
FOLLOW = "Let the pods follow: kubectl rollout resume, or an updateStrategy RollingUpdate without a partition."
PAUSED = "pods of Deployment storefront will not follow: it is paused"
ORDER = {"mode": "ForceLive", "reason": "we know better", "until": "2026-11-23T00:00:00Z"}


def broken(name: str = "notify[1] (json)", result: CheckResult = FAIL) -> ReceiverFacts:
    failure = replace(lack(FAIL), message="hooks.example.com answers HTTP 500", hint="Look there.", result=result)
    return ReceiverFacts(name=name, severities=(Severity.P1,), failure=failure)


def traffic(generations: float | None, limited: float | None) -> Facts:
    return facts(traffic=replace(TRAFFIC, generations=generations, rate_limited=limited))


def wired(name: str, **fields: str) -> Facts:
    return facts(spec=spec(triggers={name: fields}))


def heard(severity: str, trigger: str) -> tuple[Case, ...]:
    """The rows that both alerts have in common."""
    add = f"Add an entry to spec.notify with severities [{severity}]; the Secret of its urlSecretRef holds a URL."
    return (
        passes("it arrived", PERFECT, PROBED, "A test message reached notify[0] (slack)."),
        passes(
            "it arrived at those who are to hear of it",
            facts(receivers=(RECEIVER, replace(LATER, failure=lack(FAIL)))),
            PROBED,
            "A test message reached notify[0] (slack).",
        ),
        passes(
            "another severity",
            replace(wired(trigger, severity="P2"), receivers=(LATER,)),
            PROBED,
            "A test message reached notify[1] (mailto).",
        ),
        fails(
            "nobody at all",
            facts(receivers=()),
            INSPECTED,
            f"Nobody is told of {severity} alerts: no entry of spec.notify names them.",
            add,
        ),
        fails(
            "nobody of that severity",
            facts(receivers=(LATER,)),
            INSPECTED,
            f"Nobody is told of {severity} alerts: no entry of spec.notify names them.",
            add,
        ),
        fails(
            "one of two did not get it",
            facts(receivers=(RECEIVER, broken())),
            PROBED,
            "notify[1] (json): hooks.example.com answers HTTP 500.",
            "Look there.",
        ),
        fails(
            "two did not get it, one was not tried",
            facts(receivers=(broken("notify[0]", UNKNOWN), broken())),
            PROBED,
            "notify[1] (json): hooks.example.com answers HTTP 500; 1 more not reached.",
            "Look there.",
        ),
        untold(
            "a host that may not be asked",
            facts(receivers=(broken(result=UNKNOWN),)),
            "notify[1] (json): hooks.example.com answers HTTP 500.",
            "Look there.",
        ),
        fails("failed", facts(receivers=lack(FAIL)), PROBED, "It is wanting.", "Mend it."),
        untold("not tried", facts(receivers=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        skips("left out", facts(receivers=lack(SKIPPED)), "It is wanting.", "Mend it."),
    )


TABLE: Table = {
    CheckId.AUTH_ALERT: heard("P1", "authFailure"),
    CheckId.SAFETY_LOG: (
        passes("attested", PERFECT, WORD, BY_WORD),
        fails(
            "expired",
            facts(spec=said(CheckId.SAFETY_LOG, **OVER)),
            WORD,
            EXPIRED,
            "Renew it in spec.attestations (check: safety-log): by, at, evidence, expires.",
        ),
        untold(
            "nobody",
            facts(spec=unattested(CheckId.SAFETY_LOG)),
            "Nobody has attested that 422s are logged with a sanitised prompt.",
            "Let somebody attest it in spec.attestations (check: safety-log, by, at, evidence, expires).",
        ),
    ),
    CheckId.RATE_LIMIT_HIDDEN: (
        passes(
            "none",
            PERFECT,
            OBSERVED,
            f"{PROMETHEUS}: none of 1200 generations ended with a rate limit in the last 24 hours.",
        ),
        passes(
            "just enough traffic",
            traffic(20, 0),
            OBSERVED,
            f"{PROMETHEUS}: none of 20 generations ended with a rate limit in the last 24 hours.",
        ),
        passes("too little traffic, attested", replace(traffic(19, 0), spec=said(HIDDEN)), WORD, BY_WORD),
        passes("traffic that counts nothing, attested", replace(traffic(None, None), spec=said(HIDDEN)), WORD, BY_WORD),
        passes("no traffic source, attested", facts(traffic=lack(FAIL), spec=said(HIDDEN)), WORD, BY_WORD),
        fails(
            "some",
            traffic(120.4, 3.2),
            OBSERVED,
            f"{PROMETHEUS}: generations that ended with a rate limit in the last 24 hours: 3 of 120.",
            RETRY,
        ),
        fails(
            "a part of one, as rates are",
            traffic(None, 0.2),
            OBSERVED,
            f"{PROMETHEUS}: generations that ended with a rate limit in the last 24 hours: 1.",
            RETRY,
        ),
        fails(
            "some, however much it is attested",
            replace(traffic(5, 1), spec=said(HIDDEN)),
            OBSERVED,
            f"{PROMETHEUS}: generations that ended with a rate limit in the last 24 hours: 1 of 5.",
            RETRY,
        ),
        fails(
            "too little traffic, expired",
            replace(traffic(1, 0), spec=said(HIDDEN, **OVER)),
            WORD,
            EXPIRED,
            "Renew it in spec.attestations (check: rate-limit-hidden): by, at, evidence, expires.",
        ),
        untold(
            "too little traffic",
            traffic(19, 0),
            "Nobody has attested that 429s are hidden from users, and there is too little traffic to show it.",
            ATTEST,
        ),
        untold(
            "no number",
            traffic(float("nan"), float("nan")),
            "Nobody has attested that 429s are hidden from users, and there is too little traffic to show it.",
            ATTEST,
        ),
        untold(
            "no traffic source",
            facts(traffic=lack(SKIPPED)),
            "Nobody has attested that 429s are hidden from users, and traffic does not show it: it is wanting.",
            ATTEST,
        ),
    ),
    CheckId.CREDITS_ALERT: (
        *heard("P1", "creditsExhausted"),
        fails(
            "it only alerts",
            wired("creditsExhausted", action="Alert"),
            INSPECTED,
            "spec.triggers.creditsExhausted.action is Alert: a 402 would not lead to fallback.",
            "Set spec.triggers.creditsExhausted.action to Fallback.",
        ),
    ),
    CheckId.CIRCUIT_BREAKER: (
        passes(
            "proven",
            PERFECT,
            INSPECTED,
            "All targets are in sync; 1 of 1 in spec.targets verify that the application itself reacts.",
        ),
        passes(
            "pods follow",
            facts(spec=spec(targets=[{"kind": "CronJob", "name": "nightly"}])),
            INSPECTED,
            "All targets are in sync; their pods follow the switch, but no targets[].verify asks whether the application does.",
        ),
        passes(
            "one of two is asked",
            facts(spec=spec(targets=[*WRITTEN["targets"], {"kind": "CronJob", "name": "nightly"}])),
            INSPECTED,
            "All targets are in sync; 1 of 2 in spec.targets verify that the application itself reacts.",
        ),
        fails(
            "it only looks",
            facts(breaker=replace(BREAKER, hindrance="mode: Observe"), spec=spec(mode="Observe")),
            INSPECTED,
            "The breaker would not switch: mode: Observe.",
            "Set spec.mode to Enforce.",
        ),
        fails(
            "a person's order",
            facts(breaker=replace(BREAKER, hindrance="an override forces Live"), spec=spec(override=ORDER)),
            INSPECTED,
            "The breaker would not switch: an override forces Live.",
            "Remove spec.override, or wait until it expires.",
        ),
        fails(
            "the operator may not touch anything",
            facts(breaker=replace(BREAKER, hindrance="--read-only")),
            INSPECTED,
            "The breaker would not switch: --read-only.",
            "Run the operator without --read-only (chart value readOnly).",
        ),
        fails(
            "an outage is only told",
            wired("apiUnreachable", action="Throttle"),
            INSPECTED,
            "spec.triggers.apiUnreachable.action is Throttle: an outage would not lead to fallback.",
            "Set spec.triggers.apiUnreachable.action to Fallback.",
        ),
        fails(
            "out of sync",
            facts(breaker=replace(BREAKER, out_of_sync=("Deployment/storefront",))),
            INSPECTED,
            "Not told what they should be told: Deployment/storefront.",
            "Look for what keeps them: kubectl -n shop describe idi storefront",
        ),
        fails("paused", facts(targets=(target(hindrances=(PAUSED,)),)), INSPECTED, f"P{PAUSED[1:]}.", FOLLOW),
        fails(
            "OnDelete, said in a word",
            facts(targets=(target("DaemonSet/web", hindrances=("OnDelete",)),)),
            INSPECTED,
            "DaemonSet/web: OnDelete.",
            FOLLOW,
        ),
        fails("a failed look", facts(breaker=lack(FAIL)), INSPECTED, "It is wanting.", "Mend it."),
        fails("targets that failed", facts(targets=lack(FAIL)), INSPECTED, "It is wanting.", "Mend it."),
        untold("not looked", facts(breaker=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        untold(
            "a target that cannot be read",
            facts(targets=(STOREFRONT, target("Deployment/lost", trouble="there is none", containers=()))),
            "Whether pods follow the switch cannot be told of Deployment/lost.",
            "Mend the targets that the check targets-exist names.",
        ),
        skips("from a laptop there is no breaker", facts(breaker=lack(SKIPPED)), "It is wanting.", "Mend it."),
    ),
}


@pytest.mark.parametrize(("check", "case"), rows(TABLE))
def test_each_row_is_judged_as_the_table_says(check: CheckId, case: Case) -> None:
    assert found(check, case.facts) == case.finding
