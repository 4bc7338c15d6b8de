"""The checks of the section "Content safety": mostly the application's own doing, so mostly attested."""

from ideogram_operator.checks.attestations import attestation, attested, how_to, nobody, objection, told
from ideogram_operator.checks.facts import Facts, Lack
from ideogram_operator.checks.finding import Finding, failed, passed, unknown
from ideogram_operator.checks.lacks import untold
from ideogram_operator.checks.wording import ask_again
from ideogram_operator.resource.checklist import CheckEvidence, CheckId
from ideogram_operator.resource.words import Health


def judge_pii_sanitisation(facts: Facts) -> Finding:
    """Prompts lose personal data before the call."""
    check = CheckId.PII_SANITISATION
    return attested(facts, check, otherwise=nobody(check, "prompts lose personal data before the call"))


def judge_server_side_validation(facts: Facts) -> Finding:
    """User prompts are validated where users cannot reach."""
    check = CheckId.SERVER_SIDE_VALIDATION
    return attested(facts, check, otherwise=nobody(check, "user prompts are validated on the server"))


def judge_moderation_layer(facts: Facts) -> Finding:
    """What users get to see passes moderation."""
    check = CheckId.MODERATION_LAYER
    return attested(facts, check, otherwise=nobody(check, "user-facing output passes moderation"))


def judge_image_safe_flag(facts: Facts) -> Finding:
    """The answer holds ``is_image_safe``, which a probe sees, and it is honoured, which a person says."""
    generation = facts.generation
    if isinstance(generation, Lack):
        return untold(facts, generation)
    again = f"Ask again: {ask_again(facts)}"
    healthy = generation.health is Health.HEALTHY
    if not healthy and not generation.unflagged:
        return unknown(f"No image was generated, so no is_image_safe was seen: {generation.message}", again)
    if not generation.flags:
        message = "The answer to a generation holds no is_image_safe"
        hint = f"Let spec.api.baseURL lead to the API itself, not to a gateway that changes answers. {again}"
        return failed(CheckEvidence.PROBED, message, hint)
    return _honoured(facts)


def _honoured(facts: Facts) -> Finding:
    check = CheckId.IMAGE_SAFE_FLAG
    found = attestation(facts, check)
    if found is None:
        return unknown("is_image_safe is in the answer; nobody has attested that it is honoured", how_to(check))
    seen = f"is_image_safe is in the answer; that it is honoured is attested by {told(found)}"
    return objection(facts, found) or passed(CheckEvidence.PROBED, seen)
