"""What only a person can say: with their word, without it, and when it does not count."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from lab.kube import Json
from tests.e2e.gallery import attestation
from tests.preflight.world import World, expect

WORDS: Final = {
    "auto-top-up": "auto top-up billing is on, with a limit",
    "safety-log": "422s are logged with a sanitised prompt",
    "pii-sanitisation": "prompts lose personal data before the call",
    "server-side-validation": "user prompts are validated on the server",
    "moderation-layer": "user-facing output passes moderation",
}
FLAG = "image-safe-flag"


def tomorrow(check: str) -> Json:
    """An attestation that does not count yet."""
    now = datetime.now(UTC)
    at, expires = now + timedelta(days=1), now + timedelta(days=30)
    return attestation(check) | {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "expires": f"{expires:%Y-%m-%dT%H:%M:%SZ}"}


def days(one: Json) -> str:
    return f"dana@example.com on {one['at'][:10]}, until {one['expires'][:10]}"


@pytest.mark.parametrize("check", [*WORDS])
async def test_a_person_s_word_passes_with_who_when_until_when_and_the_proof(world: World, check: str) -> None:
    word = attestation(check)
    found = await world.row(check, attestations=[word])
    expect(found, "Pass", "Attested", f"Attested by {days(word)}: https://wiki.example.com/ideogram.")


@pytest.mark.parametrize(("check", "what"), WORDS.items())
async def test_what_nobody_attested_is_unknown_and_how_to_is_told(world: World, check: str, what: str) -> None:
    others = [attestation(one) for one in WORDS if one != check]
    for words in ([], others):
        found = await world.row(check, attestations=words)
        hint = f"Let somebody attest it in spec.attestations (check: {check}, by, at, evidence, expires)."
        expect(found, "Unknown", "", f"Nobody has attested that {what}.", hint)


@pytest.mark.parametrize("check", [*WORDS])
async def test_a_word_that_expired_fails_and_one_of_tomorrow_does_not_count_yet(world: World, check: str) -> None:
    old = attestation(check, expired=True)
    found = await world.row(check, attestations=[old])
    says = f"The attestation of dana@example.com expired on {old['expires'][:10]}."
    expect(found, "Fail", "Attested", says, f"Renew it in spec.attestations (check: {check})")
    early = tomorrow(check)
    found = await world.row(check, attestations=[early])
    says = f"The attestation of dana@example.com counts from {early['at'][:10]} only."
    expect(found, "Unknown", "", says, f"correct its date in spec.attestations (check: {check})")


# -- image-safe-flag ---------------------------------------------------------------------------------------------------


async def test_a_flag_that_is_seen_and_honoured_by_a_person_s_word_passes(world: World) -> None:
    word = attestation(FLAG)
    says = f"is_image_safe is in the answer; that it is honoured is attested by {days(word)}."
    expect(await world.row(FLAG, attestations=[word]), "Pass", "Probed", says)


async def test_a_flag_that_is_false_is_a_flag_too(world: World) -> None:
    with world.provider(usual={"unsafe_marker": "[unsafe]"}, unsafe_marker="blue dot"):
        assert (await world.row(FLAG)).result == "Pass"


async def test_a_flag_that_nobody_attests_to_honour_is_unknown(world: World) -> None:
    found = await world.row(FLAG, attestations=[])
    says = "is_image_safe is in the answer; nobody has attested that it is honoured."
    expect(found, "Unknown", "", says, "Let somebody attest it in spec.attestations (check: image-safe-flag")


async def test_a_word_on_the_flag_that_expired_or_does_not_count_yet_is_told(world: World) -> None:
    found = await world.row(FLAG, attestations=[attestation(FLAG, expired=True)])
    assert (found.result, found.evidence, "expired on" in found.message) == ("Fail", "Attested", True)
    found = await world.row(FLAG, attestations=[tomorrow(FLAG)])
    assert (found.result, "counts from" in found.message) == ("Unknown", True)


async def test_without_an_image_no_flag_is_seen_whatever_somebody_attests(world: World) -> None:
    with world.fault("status", status=503, routes=["generate"]):
        found = await world.row(FLAG)
    says = f"No image was generated, so no is_image_safe was seen: HTTP 503 from {world.address}."
    expect(found, "Unknown", "", says, "Ask again: kubectl -n")
    found = await world.row(FLAG, paid=False)
    expect(found, "Skipped", "", "It costs 0.05 USD; run with --paid.")
    found = await world.row(FLAG, api=world.api(keySecretRef={"name": "gone"}))
    assert (found.result, found.hint) == ("Unknown", "Mend what key-in-secret says first.")


async def test_an_answer_without_the_flag_is_named_as_that(world: World) -> None:
    body = '{"created": "2026-11-01T00:00:00Z", "data": [{"url": "https://ideogram.ai/x.png", "seed": 1}]}'
    with world.fault("status", status=200, body=body, media_type="application/json", routes=["generate"]):
        found = await world.row(FLAG)
    says = "The answer to a generation holds no is_image_safe."
    expect(found, "Fail", "Probed", says, "not to a gateway that changes answers")
