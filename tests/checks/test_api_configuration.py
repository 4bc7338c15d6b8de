"""API configuration: where the key is, who shares it, and which address it is sent to."""

from dataclasses import replace

import pytest

from ideogram_operator.checks.facts import Inquiry, KeyFacts
from ideogram_operator.resource.checklist import CheckId
from tests.checks.cases import (
    FAIL,
    INSPECTED,
    LACKS,
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
    peer,
    said,
    spec,
    target,
    unattested,
)

PLACE = "Secret shop/ideogram, key api-key"
TAKE = "Take it from the Secret: valueFrom: {secretKeyRef: {name: ideogram, key: api-key}}"
CLEAN = "Write the Secret again with the bare key: with printf %s, not with echo, which adds a line end."
MEND = "Mend the targets that the check targets-exist names."
OWN_KEY = "Make a key for Production alone and put it into Secret ideogram, key api-key."
BASE = "https://api.ideogram.ai"
SECURE = "Let spec.api.baseURL begin with https://: over http everybody on the way can read the key."
LOST = target("Deployment/lost", trouble="there is no Deployment lost in namespace shop", containers=(), pods=None)
EXPOSED = target("Deployment/storefront", replace(container(**GOOD), exposed=("env PAINTER_TOKEN",)))
PLAIN = {"keySecretRef": {"name": "ideogram"}, "baseURL": "http://127.0.0.1:8080"}


TABLE: Table = {
    CheckId.KEY_IN_SECRET: (
        passes(
            "a managed Secret", PERFECT, INSPECTED, f"The key comes from {PLACE}, managed by ExternalSecret/ideogram."
        ),
        passes(
            "a Secret that nobody manages",
            facts(key=KeyFacts(place=PLACE)),
            INSPECTED,
            f"The key comes from {PLACE}; no secret manager that is known owns it.",
        ),
        fails(
            "white space",
            facts(key=KeyFacts(place=PLACE, spaced=True)),
            INSPECTED,
            "Secret shop/ideogram, key api-key: there is white space or a line end around the key.",
            CLEAN,
        ),
        fails("no Secret", facts(key=lack(FAIL)), INSPECTED, "It is wanting.", "Mend it."),
        untold("no right to read it", facts(key=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        fails(
            "in clear in a variable",
            facts(targets=(EXPOSED,)),
            INSPECTED,
            "The key stands in clear: Deployment/storefront container web (env PAINTER_TOKEN).",
            f"{TAKE}; then make a new key.",
        ),
        fails(
            "in clear in an init container that is not told",
            facts(targets=(target("CronJob/n", replace(container("seed", init=True), told=False, exposed=("args",))),)),
            INSPECTED,
            "The key stands in clear: CronJob/n init container seed (args).",
            f"{TAKE}; then make a new key.",
        ),
        fails(
            "in clear in a ConfigMap that is a target",
            facts(targets=(replace(config_map(), containers=(replace(container(""), exposed=("key token",)),)),)),
            INSPECTED,
            "The key stands in clear: ConfigMap/settings (key token).",
            f"{TAKE}; then make a new key.",
        ),
        fails(
            "in clear, and another target cannot be read",
            facts(targets=(LOST, EXPOSED)),
            INSPECTED,
            "The key stands in clear: Deployment/storefront container web (env PAINTER_TOKEN).",
            f"{TAKE}; then make a new key.",
        ),
        fails(
            "in clear in more places than can be named",
            facts(targets=tuple(replace(EXPOSED, name=f"Deployment/w{n}") for n in range(5))),
            INSPECTED,
            "The key stands in clear: Deployment/w0 container web (env PAINTER_TOKEN), "
            "Deployment/w1 container web (env PAINTER_TOKEN) and 3 more.",
            f"{TAKE}; then make a new key.",
        ),
        fails(
            "another key in clear",
            facts(
                targets=(target("Deployment/storefront", replace(container(), other_keys=("env IDEOGRAM_API_KEY",))),)
            ),
            INSPECTED,
            "Another key stands in clear: Deployment/storefront container web (env IDEOGRAM_API_KEY).",
            f"{TAKE}.",
        ),
        warns(
            "another key from a Secret",
            facts(targets=(target("Deployment/storefront", replace(container(), foreign_key="Secret old, key k")),)),
            INSPECTED,
            "A key that is not the integration's is taken: Deployment/storefront container web from Secret old, key k.",
            f"{TAKE}, or let spec.api.keySecretRef name the Secret that is used.",
        ),
        untold(
            "a target that cannot be read",
            facts(targets=(STOREFRONT, LOST)),
            "Whether the key stands in clear cannot be told of Deployment/lost.",
            MEND,
        ),
        untold(
            "a ConfigMap that may not be read",
            facts(targets=(STOREFRONT, replace(STOREFRONT, unread={"shop-settings": lack(UNKNOWN)}))),
            "Whether the key stands in clear cannot be told of ConfigMap shop-settings.",
            "Mend it.",
        ),
        untold("no target", facts(targets=lack(UNKNOWN)), "It is wanting.", "Mend it."),
    ),
    CheckId.KEY_SEPARATE: (
        passes("nobody shares it", PERFECT, INSPECTED, "No integration of another environment uses this key."),
        passes(
            "another one of the same environment",
            facts(peers=(peer("shop/gallery"),)),
            INSPECTED,
            "No integration of another environment uses this key; others of this one that use it: 1.",
        ),
        fails(
            "the key of staging",
            facts(peers=(peer("shop-staging/storefront", environment="Staging"), peer("shop/gallery"))),
            INSPECTED,
            "The same key is used by shop-staging/storefront (Staging).",
            OWN_KEY,
        ),
        fails("a failed comparison", facts(peers=lack(FAIL)), INSPECTED, "It is wanting.", "Mend it."),
        untold("peers that are not known", facts(peers=lack(UNKNOWN)), "It is wanting.", "Mend it."),
    ),
    CheckId.AUTO_TOP_UP: (
        passes("attested", PERFECT, WORD, BY_WORD),
        fails(
            "expired",
            facts(spec=said(CheckId.AUTO_TOP_UP, **OVER)),
            WORD,
            EXPIRED,
            "Renew it in spec.attestations (check: auto-top-up): by, at, evidence, expires.",
        ),
        untold(
            "not yet",
            facts(spec=said(CheckId.AUTO_TOP_UP, **EARLY)),
            FUTURE,
            "Wait until then, or correct its date in spec.attestations (check: auto-top-up).",
        ),
        untold(
            "nobody",
            facts(spec=unattested(CheckId.AUTO_TOP_UP)),
            "Nobody has attested that auto top-up billing is on, with a limit.",
            "Let somebody attest it in spec.attestations (check: auto-top-up, by, at, evidence, expires).",
        ),
    ),
    CheckId.BASE_URL: (
        passes("not set", PERFECT, INSPECTED, f"{BASE}; no target sets IDEOGRAM_BASE_URL."),
        passes(
            "the same",
            facts(targets=(target("Deployment/storefront", container(BASE_URL=BASE)),)),
            INSPECTED,
            f"{BASE}; IDEOGRAM_BASE_URL agrees wherever it is set.",
        ),
        passes(
            "from a Secret",
            facts(targets=(target("Deployment/storefront", container(BASE_URL=None)),)),
            INSPECTED,
            f"{BASE}; IDEOGRAM_BASE_URL cannot be seen in Deployment/storefront container web (Secret shop-settings).",
        ),
        fails(
            "plain http",
            facts(spec=spec(api=PLAIN)),
            INSPECTED,
            "spec.api.baseURL is http: the key would be sent in clear.",
            SECURE,
        ),
        warns(
            "plain http in Development",
            facts(spec=spec(api=PLAIN, environment="Development")),
            INSPECTED,
            "spec.api.baseURL is http: the key is sent in clear.",
            SECURE,
        ),
        fails(
            "a host that is not allowed",
            facts(host_problem="the operator may not send a key to https://example.com:443"),
            INSPECTED,
            "The operator may not send a key to https://example.com:443.",
            "Correct spec.api.baseURL, or allow its host with the operator's --allow-host (chart value allowHosts).",
        ),
        fails(
            "another address",
            facts(targets=(target("Deployment/storefront", container(BASE_URL="https://u:word@example.com")),)),
            INSPECTED,
            "IDEOGRAM_BASE_URL is not spec.api.baseURL in Deployment/storefront container web.",
            f"Set IDEOGRAM_BASE_URL to {BASE} there, or correct spec.api.baseURL.",
        ),
        fails(
            "a slash at the end",
            facts(targets=(target("Deployment/storefront", container(BASE_URL=f"{BASE}/")), LOST)),
            INSPECTED,
            "IDEOGRAM_BASE_URL ends with a slash in Deployment/storefront container web.",
            f"Set IDEOGRAM_BASE_URL to {BASE} there.",
        ),
        untold(
            "a target that cannot be read",
            facts(targets=(STOREFRONT, LOST)),
            "Which address is used cannot be told of Deployment/lost.",
            MEND,
        ),
        untold(
            "a ConfigMap that may not be read",
            facts(targets=(STOREFRONT, replace(STOREFRONT, unread={"shop-settings": lack(UNKNOWN)}))),
            "Which address is used cannot be told of ConfigMap shop-settings.",
            "Mend it.",
        ),
        untold("no target", facts(targets=lack(UNKNOWN)), "It is wanting.", "Mend it."),
    ),
}


@pytest.mark.parametrize(("check", "case"), rows(TABLE))
def test_each_row_is_judged_as_the_table_says(check: CheckId, case: Case) -> None:
    assert found(check, case.facts) == case.finding


def test_a_password_in_an_address_is_never_repeated() -> None:
    hidden = facts(
        targets=(target("Deployment/storefront", container(BASE_URL="https://user:hunter2@api.ideogram.ai")),)
    )
    finding = found(CheckId.BASE_URL, hidden)
    assert "hunter2" not in finding.message + finding.hint


@pytest.mark.parametrize("result", LACKS)
@pytest.mark.parametrize(
    ("check", "inquiry"),
    [
        (CheckId.KEY_IN_SECRET, Inquiry.KEY),
        (CheckId.KEY_IN_SECRET, Inquiry.TARGETS),
        (CheckId.KEY_SEPARATE, Inquiry.PEERS),
        (CheckId.BASE_URL, Inquiry.TARGETS),
    ],
)
def test_what_is_wanting_is_told_as_it_was_found(check: CheckId, inquiry: Inquiry, result: object) -> None:
    assert found(check, facts(**{inquiry.value: lack(result)})).result is result  # type: ignore[arg-type]
