"""The checks of the section "Image persistence": an image outlives its URL, and can be made again."""

from datetime import datetime, timedelta
from typing import Final

from ideogram_operator.checks.attestations import attested, how_to, nobody
from ideogram_operator.checks.facts import Facts, GenerationFacts, Lack
from ideogram_operator.checks.finding import Finding, failed, passed, unknown, warned
from ideogram_operator.checks.lacks import of_lack, untold
from ideogram_operator.checks.wording import TIMES, ask_again, size
from ideogram_operator.resource.checklist import CheckEvidence, CheckId
from ideogram_operator.resource.words import Health
from ideogram_operator.services.results import Bucket, ObjectNames, Picture, ServiceError

PROBED, OBSERVED = CheckEvidence.PROBED, CheckEvidence.OBSERVED
SHORT_LIFE: Final = timedelta(minutes=5)
"""A URL that ends sooner leaves no time for a second try."""
SEEDED_PERCENT: Final = 80
COLUMNS: Final = {"prompt": "TEXT", "seed": "BIGINT", "model": "VARCHAR(64)", "style": "VARCHAR(64)"}
"""What it takes to make an image again, and a type that PostgreSQL and MySQL both know."""


def judge_image_download(facts: Facts) -> Finding:
    """A generated image downloads at once and is one."""
    generation = facts.generation
    if isinstance(generation, Lack):
        return of_lack(facts, generation, PROBED)
    if generation.health is not Health.HEALTHY:
        return _not_generated(facts, generation)
    if generation.flags and not any(generation.flags):
        hint = f"Ask again: {ask_again(facts)}"
        return unknown("The image failed the API's own safety check, so there was none to download", hint)
    if isinstance(generation.picture, Lack):
        return of_lack(facts, generation.picture, PROBED)
    return _pictured(generation.picture, generation.at)


def _not_generated(facts: Facts, generation: GenerationFacts) -> Finding:
    message = f"No image was generated: {generation.message}"
    hint = f"Mend what it says, then ask again: {ask_again(facts)}"
    return failed(PROBED, message, hint) if generation.health is Health.DOWN else unknown(message, hint)


def _pictured(picture: Picture, at: datetime) -> Finding:
    what = f"{picture.format}, {picture.width}{TIMES}{picture.height}, {size(picture.size)}"
    if picture.expires_at is None:
        return passed(PROBED, f"{what}; its URL does not say how long it lives")
    left = picture.expires_at - at
    if left < SHORT_LIFE:
        hint = "Download and store every image at once, and never hand its URL to users."
        return warned(PROBED, f"{what}; its URL {_rest(left)}", hint)
    return passed(PROBED, f"{what}; its URL lives {left // timedelta(minutes=1)} min more")


def _rest(left: timedelta) -> str:
    return f"lives only {left.seconds} s more" if left > timedelta() else "has expired already"


def judge_durable_storage(facts: Facts) -> Finding:
    """The bucket takes, returns and deletes a test object."""
    if isinstance(facts.storage, Lack):
        return of_lack(facts, facts.storage, PROBED)
    refusal = facts.storage.refusal
    if refusal is not None:
        return failed(PROBED, refusal.message, refusal.hint)
    return passed(PROBED, f"{facts.storage.place} took, returned and deleted a test object")


def judge_seed_in_name(facts: Facts) -> Finding:
    """The names of the newest images carry their seed."""
    check = CheckId.SEED_IN_NAME
    if isinstance(facts.storage, Lack):
        return attested(facts, check, otherwise=untold(facts, facts.storage))
    names = facts.storage.names
    if isinstance(names, ServiceError):
        hint = names.hint or how_to(check)
        return attested(facts, check, otherwise=unknown(f"The images could not be listed: {names.message}", hint))
    if names.seen < 1:
        return attested(facts, check, otherwise=nobody(check, "names carry the seed, and there is no image to look at"))
    return _seeded(facts.storage, names)


def _seeded(bucket: Bucket, names: ObjectNames) -> Finding:
    message = f"{names.seeded} of the newest {names.seen} image names in {bucket.place} carry a seed"
    if names.seeded * 100 >= SEEDED_PERCENT * names.seen:
        return passed(OBSERVED, message)
    hint = "Put the seed of the answer into the object's name, such as 7f3a-seed-1234567.png: it makes the image again."
    return failed(OBSERVED, message, hint)


def judge_metadata_database(facts: Facts) -> Finding:
    """The table has what it takes to make an image again."""
    if isinstance(facts.database, Lack):
        return of_lack(facts, facts.database, PROBED)
    table = facts.database
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        added = ", ".join(f"ADD COLUMN {column} {COLUMNS[column]}" for column in missing)
        message = f"{table.server}: the table {table.name} has no column {', '.join(missing)}"
        return failed(PROBED, message, f"Add what is missing: ALTER TABLE {table.name} {added};")
    return passed(PROBED, f"{table.server}: the table {table.name} has {', '.join(COLUMNS)}")
