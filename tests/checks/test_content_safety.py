"""Content safety: what people say, and the one flag that the operator can see."""

from dataclasses import replace

import pytest

from ideogram_operator.resource.checklist import CheckId
from ideogram_operator.resource.words import Health
from tests.checks.cases import (
    FAIL,
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
    AGAIN,
    BY_WORD,
    EARLY,
    EXPIRED,
    FUTURE,
    GENERATION,
    OVER,
    PERFECT,
    facts,
    lack,
    said,
    unattested,
)

FLAG = CheckId.IMAGE_SAFE_FLAG


def by_word(check: CheckId, what: str) -> tuple[Case, ...]:
    return (
        passes("attested", PERFECT, WORD, BY_WORD),
        fails(
            "expired",
            facts(spec=said(check, **OVER)),
            WORD,
            EXPIRED,
            f"Renew it in spec.attestations (check: {check}): by, at, evidence, expires.",
        ),
        untold(
            "not yet",
            facts(spec=said(check, **EARLY)),
            FUTURE,
            f"Wait until then, or correct its date in spec.attestations (check: {check}).",
        ),
        untold(
            "nobody",
            facts(spec=unattested(check)),
            f"Nobody has attested that {what}.",
            f"Let somebody attest it in spec.attestations (check: {check}, by, at, evidence, expires).",
        ),
    )


TABLE: Table = {
    CheckId.PII_SANITISATION: by_word(CheckId.PII_SANITISATION, "prompts lose personal data before the call"),
    CheckId.SERVER_SIDE_VALIDATION: by_word(CheckId.SERVER_SIDE_VALIDATION, "user prompts are validated on the server"),
    CheckId.IMAGE_SAFE_FLAG: (
        passes(
            "seen and honoured",
            PERFECT,
            PROBED,
            "is_image_safe is in the answer; that it is honoured is attested by dana@example.com on 2026-11-01, "
            "until 2027-11-01.",
        ),
        passes(
            "seen on an image that is not safe",
            facts(generation=replace(GENERATION, flags=(False,), picture=lack(UNKNOWN))),
            PROBED,
            "is_image_safe is in the answer; that it is honoured is attested by dana@example.com on 2026-11-01, "
            "until 2027-11-01.",
        ),
        fails(
            "no flag in the answer",
            facts(generation=replace(GENERATION, flags=())),
            PROBED,
            "The answer to a generation holds no is_image_safe.",
            f"Let spec.api.baseURL lead to the API itself, not to a gateway that changes answers. Ask again: {AGAIN}",
        ),
        fails(
            "an image without the flag, which is a broken answer",
            facts(generation=replace(GENERATION, health=Health.DOWN, flags=(), unflagged=True)),
            PROBED,
            "The answer to a generation holds no is_image_safe.",
            f"Let spec.api.baseURL lead to the API itself, not to a gateway that changes answers. Ask again: {AGAIN}",
        ),
        fails(
            "expired",
            facts(spec=said(FLAG, **OVER)),
            WORD,
            EXPIRED,
            "Renew it in spec.attestations (check: image-safe-flag): by, at, evidence, expires.",
        ),
        untold(
            "not yet",
            facts(spec=said(FLAG, **EARLY)),
            FUTURE,
            "Wait until then, or correct its date in spec.attestations (check: image-safe-flag).",
        ),
        untold(
            "seen, and nobody says that it is honoured",
            facts(spec=unattested(FLAG)),
            "is_image_safe is in the answer; nobody has attested that it is honoured.",
            "Let somebody attest it in spec.attestations (check: image-safe-flag, by, at, evidence, expires).",
        ),
        untold(
            "no image",
            facts(generation=replace(GENERATION, health=Health.DOWN, message="HTTP 503", flags=())),
            "No image was generated, so no is_image_safe was seen: HTTP 503.",
            f"Ask again: {AGAIN}",
        ),
        untold(
            "a paid check that failed says nothing of it", facts(generation=lack(FAIL)), "It is wanting.", "Mend it."
        ),
        untold("not asked", facts(generation=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        skips("the budget is spent", facts(generation=lack(SKIPPED)), "It is wanting.", "Mend it."),
    ),
    CheckId.MODERATION_LAYER: by_word(CheckId.MODERATION_LAYER, "user-facing output passes moderation"),
}


@pytest.mark.parametrize(("check", "case"), rows(TABLE))
def test_each_row_is_judged_as_the_table_says(check: CheckId, case: Case) -> None:
    assert found(check, case.facts) == case.finding
