"""Rows of the tables of tests: facts, and the whole finding that a check makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.facts import Facts
from ideogram_operator.checks.finding import Finding
from ideogram_operator.resource.checklist import CheckEvidence, CheckId, CheckResult

PROBED, INSPECTED = CheckEvidence.PROBED, CheckEvidence.INSPECTED
OBSERVED, WORD = CheckEvidence.OBSERVED, CheckEvidence.ATTESTED
FAIL, UNKNOWN, SKIPPED = CheckResult.FAIL, CheckResult.UNKNOWN, CheckResult.SKIPPED
LACKS = (FAIL, UNKNOWN, SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row."""

    name: str
    facts: Facts
    finding: Finding


Table = Mapping[CheckId, tuple[Case, ...]]


def passes(name: str, facts: Facts, evidence: CheckEvidence, message: str) -> Case:
    return Case(name=name, facts=facts, finding=Finding(result=CheckResult.PASS, evidence=evidence, message=message))


def warns(name: str, facts: Facts, evidence: CheckEvidence, message: str, hint: str) -> Case:
    finding = Finding(result=CheckResult.WARN, evidence=evidence, message=message, hint=hint)
    return Case(name=name, facts=facts, finding=finding)


def fails(name: str, facts: Facts, evidence: CheckEvidence, message: str, hint: str) -> Case:
    return Case(name=name, facts=facts, finding=Finding(result=FAIL, evidence=evidence, message=message, hint=hint))


def untold(name: str, facts: Facts, message: str, hint: str) -> Case:
    return Case(name=name, facts=facts, finding=Finding(result=UNKNOWN, message=message, hint=hint))


def skips(name: str, facts: Facts, message: str, hint: str = "") -> Case:
    return Case(name=name, facts=facts, finding=Finding(result=SKIPPED, message=message, hint=hint))


def rows(table: Table) -> list[object]:
    """The parameters of a test over a table: the check's id and a case."""
    return [pytest.param(check, case, id=f"{check}: {case.name}") for check, cases in table.items() for case in cases]


def found(check: CheckId, facts: Facts) -> Finding:
    """What the check makes of the facts."""
    return next(one for one in CHECKLIST if one.id is check).judge(facts)
