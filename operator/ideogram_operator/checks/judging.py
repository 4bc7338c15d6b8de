"""From facts to results, to the count in a column, and to whether the required checks have passed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ideogram_operator.checks.check import Check
from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.facts import Facts
from ideogram_operator.checks.finding import Finding
from ideogram_operator.checks.required import Required
from ideogram_operator.resource.checklist import CheckId, CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a check found."""

    id: CheckId
    finding: Finding


def judge(facts: Facts, checks: Sequence[Check] = CHECKLIST) -> tuple[Result, ...]:
    """The results of every check for which all was asked that it needs. What is left out keeps its earlier result."""
    asked = (check for check in checks if all(facts.asked(inquiry) for inquiry in check.needs))
    return tuple(Result(id=check.id, finding=check.judge(facts)) for check in asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many checks passed.

    Attributes:
        applicable: all but the skipped ones; those that were only warned of too.
    """

    passed: int
    failed: int
    unknown: int
    applicable: int

    @property
    def text(self) -> str:
        """Passed of those that apply: ``24/26``."""
        return f"{self.passed}/{self.applicable}"


def summary(results: Iterable[Result]) -> Summary:
    """The counts over all results."""
    found = [result.finding.result for result in results]
    return Summary(
        passed=found.count(CheckResult.PASS),
        failed=found.count(CheckResult.FAIL),
        unknown=found.count(CheckResult.UNKNOWN),
        applicable=len(found) - found.count(CheckResult.SKIPPED),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the required checks passed.

    Attributes:
        missing: those that did not: first the failed ones, then those that are not known, each in their own order.
        failed: how many of them failed.
    """

    missing: tuple[CheckId, ...]
    failed: int

    @property
    def passed(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def verdict(results: Iterable[Result], required: Required) -> Verdict:
    """Whether the required checks passed. A warning does; a skipped check does unless the spec names it."""
    found = {result.id: result.finding.result for result in results}
    missing = [check for check in required.checks if not _satisfied(found, check, required)]
    failed = [check for check in missing if found.get(check) is CheckResult.FAIL]
    return Verdict(missing=(*failed, *(check for check in missing if check not in failed)), failed=len(failed))


def _satisfied(found: Mapping[CheckId, CheckResult], check: CheckId, required: Required) -> bool:
    good = {CheckResult.PASS, CheckResult.WARN} | (set() if required.explicit else {CheckResult.SKIPPED})
    return found.get(check) in good
