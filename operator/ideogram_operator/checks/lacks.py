"""What a check makes of a fact that is not there: as the lack says, and never without something to do."""

from ideogram_operator.checks.facts import Facts, Lack
from ideogram_operator.checks.finding import Finding, failed, skipped, unknown
from ideogram_operator.checks.wording import ask_again
from ideogram_operator.resource.checklist import CheckEvidence, CheckResult


def of_lack(facts: Facts, lack: Lack, evidence: CheckEvidence) -> Finding:
    """The finding for a check that rests on this fact: failed if it was tried and does not work."""
    if lack.result is CheckResult.FAIL:
        return failed(evidence, lack.message, lack.hint or f"Mend it, then ask again: {ask_again(facts)}")
    return untold(facts, lack)


def untold(facts: Facts, lack: Lack) -> Finding:
    """The finding for a check that this fact would only have told something about: another check says what failed."""
    if lack.result is CheckResult.SKIPPED:
        return skipped(lack.message, lack.hint)
    return unknown(lack.message, lack.hint or f"Ask again: {ask_again(facts)}")
