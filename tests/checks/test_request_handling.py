"""Request handling: whether the key is accepted, how long the client waits, how often it tries, how long prompts are."""

from dataclasses import replace
from typing import Any

import pytest

from ideogram_operator.checks.facts import Facts
from ideogram_operator.resource.checklist import CheckId, CheckResult
from ideogram_operator.resource.words import Cause, Health
from tests.checks.cases import (
    FAIL,
    INSPECTED,
    PROBED,
    UNKNOWN,
    WORD,
    Case,
    Table,
    fails,
    found,
    passes,
    rows,
    untold,
    warns,
)
from tests.checks.facts import (
    AGAIN,
    API,
    BY_WORD,
    EARLY,
    EXPIRED,
    FUTURE,
    GOOD,
    OVER,
    PERFECT,
    STOREFRONT,
    config_map,
    container,
    facts,
    lack,
    said,
    target,
)

LOST = target("Deployment/lost", trouble="there is no Deployment lost in namespace shop", containers=(), pods=None)
BEARING = target("Deployment/storefront", replace(container(**GOOD), bearers=("env IDEOGRAM_AUTHORIZATION",)))
TIMEOUT = CheckId.REQUEST_TIMEOUT
SECONDS = "IDEOGRAM_TIMEOUT_SECONDS"


def setting(**values: Any) -> Facts:
    """The one target sets these and nothing else."""
    return facts(targets=(target("Deployment/storefront", container(**values)),))


def answered(health: Health, cause: Cause | None, message: str, status: int | None = None) -> Facts:
    return facts(api=replace(API, health=health, cause=cause, message=message, http_status=status))


TABLE: Table = {
    CheckId.API_KEY_HEADER: (
        passes("accepted", PERFECT, PROBED, "The key is accepted in the header Api-Key: HTTP 200 in 120 ms."),
        passes(
            "rate limited",
            answered(Health.DEGRADED, Cause.RATE_LIMITED, "HTTP 429, rate limited", 429),
            PROBED,
            "The key is accepted in the header Api-Key: HTTP 429, rate limited.",
        ),
        passes(
            "no credit",
            answered(Health.DOWN, Cause.CREDITS, "HTTP 402, no credit", 402),
            PROBED,
            "The key is accepted in the header Api-Key: HTTP 402, no credit.",
        ),
        fails(
            "refused",
            answered(Health.DOWN, Cause.CREDENTIALS, "HTTP 401", 401),
            PROBED,
            "The API refuses the key with HTTP 401.",
            "Put a working key into Secret ideogram, key api-key; it is tried as soon as it is there.",
        ),
        fails(
            "refused before",
            answered(Health.DOWN, Cause.CREDENTIALS, "refused; left alone"),
            PROBED,
            "The API refuses the key.",
            "Put a working key into Secret ideogram, key api-key; it is tried as soon as it is there.",
        ),
        fails(
            "a Bearer variable",
            facts(targets=(BEARING,)),
            INSPECTED,
            "A Bearer header is made by Deployment/storefront container web (env IDEOGRAM_AUTHORIZATION).",
            "Send the key in the header Api-Key and remove the variable: Bearer tokens are for Ideogram's web app.",
        ),
        fails("a free check that failed", facts(api=lack(FAIL)), PROBED, "It is wanting.", "Mend it."),
        untold(
            "down",
            answered(Health.DOWN, Cause.PROVIDER, "HTTP 503", 503),
            "Whether the key is accepted could not be told: HTTP 503.",
            f"Ask again once the API answers: {AGAIN}",
        ),
        untold(
            "no network",
            answered(Health.UNKNOWN, Cause.OWN_NETWORK, "no route"),
            "Whether the key is accepted could not be told: no route.",
            f"Ask again once the API answers: {AGAIN}",
        ),
        untold("not asked", facts(api=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        untold("no target", facts(targets=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        untold(
            "a target that cannot be read",
            facts(targets=(STOREFRONT, LOST)),
            "The key is accepted; whether it is sent as Bearer too cannot be told of Deployment/lost.",
            "Mend the targets that the check targets-exist names.",
        ),
        untold(
            "a ConfigMap that may not be read",
            facts(targets=(STOREFRONT, replace(STOREFRONT, unread={"shop-settings": lack(UNKNOWN)}))),
            "The key is accepted; whether it is sent as Bearer too cannot be told of ConfigMap shop-settings.",
            "Mend it.",
        ),
    ),
    CheckId.REQUEST_TIMEOUT: (
        passes("long enough", PERFECT, INSPECTED, f"{SECONDS} is 90 in Deployment/storefront."),
        passes(
            "just long enough",
            setting(TIMEOUT_SECONDS=" 60.0 "),
            INSPECTED,
            f"{SECONDS} is 60.0 in Deployment/storefront.",
        ),
        passes(
            "set in one of two containers",
            facts(targets=(target("Deployment/storefront", container(**GOOD), container("proxy")),)),
            INSPECTED,
            f"{SECONDS} is 90 in Deployment/storefront (web).",
        ),
        passes(
            "a ConfigMap beside it that has none",
            facts(targets=(STOREFRONT, config_map())),
            INSPECTED,
            f"{SECONDS} is 90 in Deployment/storefront.",
        ),
        passes(
            "a ConfigMap alone",
            facts(targets=(config_map(TIMEOUT_SECONDS="61"),)),
            INSPECTED,
            f"{SECONDS} is 61 in ConfigMap/settings.",
        ),
        passes(
            "a short one in an init container and in one that is not told",
            facts(
                targets=(
                    target(
                        "Deployment/storefront",
                        container(**GOOD),
                        container("a", init=True, TIMEOUT_SECONDS="1"),
                        container("b", told=False, TIMEOUT_SECONDS="1"),
                    ),
                )
            ),
            INSPECTED,
            f"{SECONDS} is 90 in Deployment/storefront.",
        ),
        passes("attested", replace(setting(), spec=said(TIMEOUT)), WORD, BY_WORD),
        passes("attested, no target known", facts(targets=lack(UNKNOWN), spec=said(TIMEOUT)), WORD, BY_WORD),
        fails(
            "too short",
            setting(TIMEOUT_SECONDS="20"),
            INSPECTED,
            f"{SECONDS} is 20 in Deployment/storefront.",
            f"Set {SECONDS} to a number 60 or more on Deployment/storefront.",
        ),
        fails(
            "too short in a CronJob, however much it is attested",
            facts(targets=(STOREFRONT, target("CronJob/nightly", container(TIMEOUT_SECONDS="20"))), spec=said(TIMEOUT)),
            INSPECTED,
            f"{SECONDS} is 20 in CronJob/nightly.",
            f"Set {SECONDS} to a number 60 or more on CronJob/nightly.",
        ),
        fails(
            "no number",
            setting(TIMEOUT_SECONDS="sk-live-1234"),
            INSPECTED,
            f"{SECONDS} is not a number in Deployment/storefront.",
            f"Set {SECONDS} to a number 60 or more on Deployment/storefront.",
        ),
        fails(
            "expired",
            replace(setting(), spec=said(TIMEOUT, **OVER)),
            WORD,
            EXPIRED,
            "Renew it in spec.attestations (check: request-timeout): by, at, evidence, expires.",
        ),
        fails("targets that failed", facts(targets=lack(FAIL)), INSPECTED, "It is wanting.", "Mend it."),
        untold(
            "not yet",
            replace(setting(), spec=said(TIMEOUT, **EARLY)),
            FUTURE,
            "Wait until then, or correct its date in spec.attestations (check: request-timeout).",
        ),
        untold(
            "not set",
            setting(),
            f"{SECONDS} cannot be seen in Deployment/storefront.",
            f"Set {SECONDS} to a number 60 or more on Deployment/storefront, "
            "or attest it in spec.attestations (check: request-timeout).",
        ),
        untold(
            "from a Secret",
            setting(TIMEOUT_SECONDS=None),
            f"{SECONDS} cannot be seen in Deployment/storefront.",
            f"Set {SECONDS} to a number 60 or more on Deployment/storefront, "
            "or attest it in spec.attestations (check: request-timeout).",
        ),
        untold(
            "a target that cannot be read",
            facts(targets=(STOREFRONT, LOST)),
            f"{SECONDS} cannot be seen in Deployment/lost.",
            f"Set {SECONDS} to a number 60 or more on Deployment/lost, "
            "or attest it in spec.attestations (check: request-timeout).",
        ),
        untold(
            "no container",
            facts(targets=(target("CronJob/nightly", containers=()),)),
            f"{SECONDS} cannot be seen in any target.",
            f"Set {SECONDS} to a number 60 or more on any target, "
            "or attest it in spec.attestations (check: request-timeout).",
        ),
    ),
    CheckId.RETRY_POLICY: (
        passes(
            "some",
            PERFECT,
            INSPECTED,
            "IDEOGRAM_MAX_RETRIES is 5 in Deployment/storefront; the backoff itself cannot be seen.",
        ),
        passes("attested", replace(setting(), spec=said(CheckId.RETRY_POLICY)), WORD, BY_WORD),
        warns(
            "very many",
            setting(MAX_RETRIES="50"),
            INSPECTED,
            "IDEOGRAM_MAX_RETRIES is 50 in Deployment/storefront: more than is of use.",
            "Set IDEOGRAM_MAX_RETRIES to a number from 1 to 10 on Deployment/storefront.",
        ),
        warns(
            "very many in one target, attested for the others",
            facts(
                targets=(
                    target("Deployment/storefront", container(MAX_RETRIES="11")),
                    target("Deployment/b", container()),
                ),
                spec=said(CheckId.RETRY_POLICY),
            ),
            INSPECTED,
            "IDEOGRAM_MAX_RETRIES is 11 in Deployment/storefront: more than is of use.",
            "Set IDEOGRAM_MAX_RETRIES to a number from 1 to 10 on Deployment/storefront.",
        ),
        fails(
            "none at all",
            setting(MAX_RETRIES="0"),
            INSPECTED,
            "IDEOGRAM_MAX_RETRIES is 0 in Deployment/storefront.",
            "Set IDEOGRAM_MAX_RETRIES to a number from 1 to 10 on Deployment/storefront.",
        ),
        fails(
            "no number",
            setting(MAX_RETRIES="many"),
            INSPECTED,
            "IDEOGRAM_MAX_RETRIES is not a number in Deployment/storefront.",
            "Set IDEOGRAM_MAX_RETRIES to a number from 1 to 10 on Deployment/storefront.",
        ),
        fails(
            "expired",
            replace(setting(), spec=said(CheckId.RETRY_POLICY, **OVER)),
            WORD,
            EXPIRED,
            "Renew it in spec.attestations (check: retry-policy): by, at, evidence, expires.",
        ),
        untold(
            "not set",
            setting(),
            "IDEOGRAM_MAX_RETRIES cannot be seen in Deployment/storefront.",
            "Set IDEOGRAM_MAX_RETRIES to a number from 1 to 10 on Deployment/storefront, "
            "or attest it in spec.attestations (check: retry-policy).",
        ),
    ),
    CheckId.PROMPT_LENGTH: (
        passes("the most", PERFECT, INSPECTED, "IDEOGRAM_MAX_PROMPT_CHARS is 10000 in Deployment/storefront."),
        passes("attested", replace(setting(), spec=said(CheckId.PROMPT_LENGTH)), WORD, BY_WORD),
        *(
            fails(
                name,
                setting(MAX_PROMPT_CHARS=value),
                INSPECTED,
                f"IDEOGRAM_MAX_PROMPT_CHARS is {shown} in Deployment/storefront.",
                "Set IDEOGRAM_MAX_PROMPT_CHARS to a number from 1 to 10000 on Deployment/storefront.",
            )
            for name, value, shown in (
                ("too many", "10001", "10001"),
                ("none", "0", "0"),
                ("below nothing", "-5", "-5"),
                ("no number", "10k", "not a number"),
                ("digits of another script", "１０", "not a number"),  # noqa: RUF001 - they are the point
                ("an endless number", "9" * 5000, "not a number"),
            )
        ),
        fails(
            "expired",
            replace(setting(), spec=said(CheckId.PROMPT_LENGTH, **OVER)),
            WORD,
            EXPIRED,
            "Renew it in spec.attestations (check: prompt-length): by, at, evidence, expires.",
        ),
        untold(
            "not set",
            setting(),
            "IDEOGRAM_MAX_PROMPT_CHARS cannot be seen in Deployment/storefront.",
            "Set IDEOGRAM_MAX_PROMPT_CHARS to a number from 1 to 10000 on Deployment/storefront, "
            "or attest it in spec.attestations (check: prompt-length).",
        ),
    ),
}


@pytest.mark.parametrize(("check", "case"), rows(TABLE))
def test_each_row_is_judged_as_the_table_says(check: CheckId, case: Case) -> None:
    assert found(check, case.facts) == case.finding


def test_what_a_variable_holds_by_mistake_is_not_repeated() -> None:
    canary = "ideo-canary-5f3a"
    names = ("TIMEOUT_SECONDS", "MAX_RETRIES", "MAX_PROMPT_CHARS", "CONCURRENCY", "BASE_URL")
    mistaken = setting(**dict.fromkeys(names, canary))
    for check in CheckId:
        finding = found(check, mistaken)
        assert canary not in finding.message + finding.hint


def test_an_attestation_does_not_count_where_the_operator_can_see_for_itself() -> None:
    headless = facts(api=lack(UNKNOWN), spec=said(CheckId.API_KEY_HEADER))
    assert found(CheckId.API_KEY_HEADER, headless).result is CheckResult.UNKNOWN
