"""What one check found, and the few ways to say it."""

from dataclasses import dataclass

from ideogram_operator.resource.checklist import CheckEvidence, CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        result: never better than the evidence allows.
        evidence: how it is known; None where nothing is: Unknown and Skipped.
        message: what was seen, a sentence; never a key, a prompt or an object's content.
        hint: what to do, an imperative sentence; empty only where it passed.
    """

    result: CheckResult
    message: str
    evidence: CheckEvidence | None = None
    hint: str = ""


def passed(evidence: CheckEvidence, message: str) -> Finding:
    """It holds."""
    return Finding(result=CheckResult.PASS, evidence=evidence, message=message)


def warned(evidence: CheckEvidence, message: str, hint: str) -> Finding:
    """It holds, but not as it should."""
    return Finding(result=CheckResult.WARN, evidence=evidence, message=message, hint=hint)


def failed(evidence: CheckEvidence, message: str, hint: str) -> Finding:
    """It does not hold."""
    return Finding(result=CheckResult.FAIL, evidence=evidence, message=message, hint=hint)


def unknown(message: str, hint: str) -> Finding:
    """It applies, and could not be told."""
    return Finding(result=CheckResult.UNKNOWN, message=message, hint=hint)


def skipped(message: str, hint: str = "") -> Finding:
    """It does not apply, or was left out on purpose; the message says why."""
    return Finding(result=CheckResult.SKIPPED, message=message, hint=hint)
