"""What named people say holds. It counts from its date until it expires, and only where a check may rest on it."""

from ideogram_operator.checks.facts import Facts
from ideogram_operator.checks.finding import Finding, failed, passed, unknown
from ideogram_operator.checks.wording import day
from ideogram_operator.resource.bounded import clip
from ideogram_operator.resource.checklist import CheckEvidence, CheckId
from ideogram_operator.resource.readiness import Attestation

_NAME_BYTES = 48


def attestation(facts: Facts, check: CheckId) -> Attestation | None:
    """The attestation of the check, valid or not; None if there is none."""
    return next((one for one in facts.spec.attestations if one.check is check), None)


def attested(facts: Facts, check: CheckId, *, otherwise: Finding) -> Finding:
    """What the attestation of the check makes of it; ``otherwise`` if there is none."""
    found = attestation(facts, check)
    if found is None:
        return otherwise
    return objection(facts, found) or passed(CheckEvidence.ATTESTED, f"Attested by {told(found)}: {found.evidence}")


def objection(facts: Facts, found: Attestation) -> Finding | None:
    """Why the attestation does not count now; None if it does."""
    if facts.now >= found.expires:
        message = f"The attestation of {_by(found)} expired on {day(found.expires)}"
        hint = f"Renew it in spec.attestations (check: {found.check}): by, at, evidence, expires."
        return failed(CheckEvidence.ATTESTED, message, hint)
    if facts.now < found.at:
        message = f"The attestation of {_by(found)} counts from {day(found.at)} only"
        return unknown(message, f"Wait until then, or correct its date in spec.attestations (check: {found.check}).")
    return None


def told(found: Attestation) -> str:
    """Who says so, and for how long it counts: ``dana@example.com on 2026-11-01, until 2027-11-01``."""
    return f"{_by(found)} on {day(found.at)}, until {day(found.expires)}"


def nobody(check: CheckId, what: str) -> Finding:
    """The finding where only a person can say it, and nobody has: ``what`` is what must hold."""
    return unknown(f"Nobody has attested that {what}", how_to(check))


def how_to(check: CheckId) -> str:
    """The hint that asks for an attestation."""
    return f"Let somebody attest it in spec.attestations (check: {check}, by, at, evidence, expires)."


def _by(found: Attestation) -> str:
    return clip(found.by, _NAME_BYTES)
