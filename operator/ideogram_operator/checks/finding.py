"""What one check found, and the few ways to say it.

Messages are made whole here, so that no judge has to think of it: one line, a sentence with a full stop, and no longer
than status keeps. Hints may end in a command, so nothing is added to them.
"""

from dataclasses import dataclass
from typing import Final

from ideogram_operator.checks.wording import sentence
from ideogram_operator.resource.bounded import clip
from ideogram_operator.resource.checklist import CheckEvidence, CheckResult

MESSAGE_BYTES: Final = 160
HINT_BYTES: Final = 240
"""What status keeps of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        result: never better than the evidence allows.
        evidence: how it is known; None where nothing is: Unknown and Skipped.
        message: what was seen, a sentence; never a key, a prompt or an object's content.
        hint: what to do, an imperative sentence; empty only where it passed or does not apply.
    """

    result: CheckResult
    message: str
    evidence: CheckEvidence | None = None
    hint: str = ""


def passed(evidence: CheckEvidence, message: str) -> Finding:
    """It holds."""
    return _finding(CheckResult.PASS, message, "", evidence)


def warned(evidence: CheckEvidence, message: str, hint: str) -> Finding:
    """It holds, but not as it should."""
    return _finding(CheckResult.WARN, message, hint, evidence)


def failed(evidence: CheckEvidence, message: str, hint: str) -> Finding:
    """It does not hold."""
    return _finding(CheckResult.FAIL, message, hint, evidence)


def unknown(message: str, hint: str) -> Finding:
    """It applies, and could not be told."""
    return _finding(CheckResult.UNKNOWN, message, hint)


def skipped(message: str, hint: str = "") -> Finding:
    """It does not apply, or was left out on purpose; the message says why."""
    return _finding(CheckResult.SKIPPED, message, hint)


def _finding(result: CheckResult, message: str, hint: str, evidence: CheckEvidence | None = None) -> Finding:
    told = clip(sentence(message), MESSAGE_BYTES)
    return Finding(result=result, evidence=evidence, message=told, hint=clip(hint, HINT_BYTES))
