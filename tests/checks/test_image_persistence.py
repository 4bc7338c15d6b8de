"""Image persistence: the download, the bucket, the names in it, and the table beside it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ideogram_operator.checks.facts import Facts
from ideogram_operator.checks.wording import TIMES
from ideogram_operator.resource.checklist import CheckId
from ideogram_operator.resource.words import Health
from ideogram_operator.services.results import ObjectNames, ServiceError
from tests.checks.cases import (
    FAIL,
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
    AGAIN,
    BUCKET,
    BY_WORD,
    EARLY,
    EXPIRED,
    FUTURE,
    GENERATION,
    NOON,
    OVER,
    PERFECT,
    PICTURE,
    facts,
    lack,
    said,
)
from tests.checks.facts import (
    TABLE as COLUMNS,
)

SEED = CheckId.SEED_IN_NAME
IMAGE = f"PNG, 1024{TIMES}1024, 1.2 MB"
AT_ONCE = "Download and store every image at once, and never hand its URL to users."
NAMING = "Put the seed of the answer into the object's name, such as 7f3a-seed-1234567.png: it makes the image again."
ATTEST = "Let somebody attest it in spec.attestations (check: seed-in-name, by, at, evidence, expires)."


def living(left: timedelta) -> Facts:
    return facts(generation=replace(GENERATION, picture=replace(PICTURE, expires_at=NOON + left)))


def named(seen: int, seeded: int) -> Facts:
    return facts(storage=replace(BUCKET, names=ObjectNames(seen=seen, seeded=seeded)))


def without(*columns: str) -> Facts:
    return facts(database=replace(COLUMNS, columns=COLUMNS.columns - set(columns)))


UNLISTED = facts(
    storage=replace(BUCKET, names=ServiceError("the bucket refuses to list (403)", hint="Allow s3:ListBucket."))
)

TABLE: Table = {
    CheckId.IMAGE_DOWNLOAD: (
        passes("an image", living(timedelta(minutes=59, seconds=30)), PROBED, f"{IMAGE}; its URL lives 59 min more."),
        passes("five minutes", living(timedelta(minutes=5)), PROBED, f"{IMAGE}; its URL lives 5 min more."),
        passes(
            "judged once more, long after its URL has ended",
            replace(PERFECT, now=NOON + timedelta(hours=5)),
            PROBED,
            f"{IMAGE}; its URL lives 60 min more.",
        ),
        passes(
            "a small one that does not say how long it lives",
            facts(generation=replace(GENERATION, picture=replace(PICTURE, size=999_001, expires_at=None))),
            PROBED,
            f"PNG, 1024{TIMES}1024, 1000 kB; its URL does not say how long it lives.",
        ),
        warns(
            "nearly over", living(timedelta(seconds=299)), PROBED, f"{IMAGE}; its URL lives only 299 s more.", AT_ONCE
        ),
        warns("over", living(-timedelta(days=3)), PROBED, f"{IMAGE}; its URL has expired already.", AT_ONCE),
        fails(
            "no image was made",
            facts(generation=replace(GENERATION, health=Health.DOWN, message="HTTP 402, no credit", flags=())),
            PROBED,
            "No image was generated: HTTP 402, no credit.",
            f"Mend what it says, then ask again: {AGAIN}",
        ),
        fails(
            "the download failed",
            facts(generation=replace(GENERATION, picture=lack(FAIL, "the download"))),
            PROBED,
            "The download is wanting.",
            "Mend the download.",
        ),
        fails("the paid check failed", facts(generation=lack(FAIL)), PROBED, "It is wanting.", "Mend it."),
        untold(
            "the rate limit",
            facts(generation=replace(GENERATION, health=Health.DEGRADED, message="HTTP 429, rate limited")),
            "No image was generated: HTTP 429, rate limited.",
            f"Mend what it says, then ask again: {AGAIN}",
        ),
        untold(
            "no safe image",
            facts(generation=replace(GENERATION, flags=(False, False), picture=lack(UNKNOWN))),
            "The image failed the API's own safety check, so there was none to download.",
            f"Ask again: {AGAIN}",
        ),
        untold(
            "a host that may not be asked",
            facts(generation=replace(GENERATION, picture=lack(UNKNOWN))),
            "It is wanting.",
            "Mend it.",
        ),
        skips("the budget is spent", facts(generation=lack(SKIPPED)), "It is wanting.", "Mend it."),
    ),
    CheckId.DURABLE_STORAGE: (
        passes("a bucket", PERFECT, PROBED, "s3://images/storefront took, returned and deleted a test object."),
        fails("it does not answer", facts(storage=lack(FAIL)), PROBED, "It is wanting.", "Mend it."),
        fails(
            "it refuses to delete",
            facts(storage=replace(BUCKET, refusal=ServiceError("it refuses to delete (403)", hint="Allow it."))),
            PROBED,
            "It refuses to delete (403).",
            "Allow it.",
        ),
        untold("not allowed to ask", facts(storage=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        skips("left out", facts(storage=lack(SKIPPED)), "It is wanting.", "Mend it."),
    ),
    CheckId.SEED_IN_NAME: (
        passes("all", PERFECT, OBSERVED, "20 of the newest 20 image names in s3://images/storefront carry a seed."),
        passes(
            "enough", named(20, 16), OBSERVED, "16 of the newest 20 image names in s3://images/storefront carry a seed."
        ),
        passes(
            "a single image",
            named(1, 1),
            OBSERVED,
            "1 of the newest 1 image names in s3://images/storefront carry a seed.",
        ),
        passes("no image yet, attested", replace(named(0, 0), spec=said(SEED)), WORD, BY_WORD),
        passes("not listed, attested", replace(UNLISTED, spec=said(SEED)), WORD, BY_WORD),
        passes("no bucket, attested", facts(storage=lack(FAIL), spec=said(SEED)), WORD, BY_WORD),
        fails(
            "too few",
            named(20, 15),
            OBSERVED,
            "15 of the newest 20 image names in s3://images/storefront carry a seed.",
            NAMING,
        ),
        fails(
            "too few, however much it is attested",
            replace(named(5, 0), spec=said(SEED)),
            OBSERVED,
            "0 of the newest 5 image names in s3://images/storefront carry a seed.",
            NAMING,
        ),
        fails(
            "no image yet, expired",
            replace(named(0, 0), spec=said(SEED, **OVER)),
            WORD,
            EXPIRED,
            "Renew it in spec.attestations (check: seed-in-name): by, at, evidence, expires.",
        ),
        untold(
            "no image yet, not yet attested",
            replace(named(0, 0), spec=said(SEED, **EARLY)),
            FUTURE,
            "Wait until then, or correct its date in spec.attestations (check: seed-in-name).",
        ),
        untold(
            "no image yet",
            named(0, 0),
            "Nobody has attested that names carry the seed, and there is no image to look at.",
            ATTEST,
        ),
        untold(
            "not listed",
            UNLISTED,
            "The images could not be listed: the bucket refuses to list (403).",
            "Allow s3:ListBucket.",
        ),
        untold(
            "not listed, and nobody knows why",
            facts(storage=replace(BUCKET, names=ServiceError("listing failed"))),
            "The images could not be listed: listing failed.",
            ATTEST,
        ),
        untold("a bucket that failed says nothing of names", facts(storage=lack(FAIL)), "It is wanting.", "Mend it."),
        untold("no bucket", facts(storage=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        skips("left out", facts(storage=lack(SKIPPED)), "It is wanting.", "Mend it."),
    ),
    CheckId.METADATA_DATABASE: (
        passes("whole", PERFECT, PROBED, "PostgreSQL 15.18: the table generations has prompt, seed, model, style."),
        fails(
            "no seed",
            without("seed"),
            PROBED,
            "PostgreSQL 15.18: the table generations has no column seed.",
            "Add what is missing: ALTER TABLE generations ADD COLUMN seed BIGINT;",
        ),
        fails(
            "none of them",
            without("prompt", "seed", "model", "style"),
            PROBED,
            "PostgreSQL 15.18: the table generations has no column prompt, seed, model, style.",
            "Add what is missing: ALTER TABLE generations ADD COLUMN prompt TEXT, ADD COLUMN seed BIGINT, "
            "ADD COLUMN model VARCHAR(64), ADD COLUMN style VARCHAR(64);",
        ),
        fails("no table", facts(database=lack(FAIL)), PROBED, "It is wanting.", "Mend it."),
        untold("not allowed to ask", facts(database=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        skips("left out", facts(database=lack(SKIPPED)), "It is wanting.", "Mend it."),
    ),
}


@pytest.mark.parametrize(("check", "case"), rows(TABLE))
def test_each_row_is_judged_as_the_table_says(check: CheckId, case: Case) -> None:
    assert found(check, case.facts) == case.finding
