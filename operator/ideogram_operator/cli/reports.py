"""What a preflight came to, ready to be shown: one model behind every form of output.

All text in it is plain: one line, no control characters. Messages quote what foreign servers said, and no server may
steer a terminal or break a document.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from ideogram_operator.checks.check import Check, Section
from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.judging import Result, Summary, summary, verdict
from ideogram_operator.checks.required import Required
from ideogram_operator.cli.running import plain
from ideogram_operator.resource.checklist import CheckId, CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One check.

    Attributes:
        evidence: how it is known; empty where nothing is.
        required: whether it has to pass.
        since: since when it is so, where that is not the time of the report.
    """

    id: CheckId
    section: Section
    result: CheckResult
    evidence: str
    message: str
    hint: str
    required: bool
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The preflight of one integration.

    Attributes:
        explicit: whether the spec names the required checks; otherwise its environment does.
        at: when it was carried out; None if that is not known.
        rows: in the order of the checklist.
        missing: the required checks that did not pass.
        remarks: what else is to be known of it, a sentence each.
    """

    namespace: str
    name: str
    environment: str
    explicit: bool
    at: datetime | None
    rows: tuple[Row, ...]
    missing: tuple[CheckId, ...]
    counts: Summary
    remarks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Namespace and name: ``shop/storefront``."""
        return f"{self.namespace}/{self.name}"

    @property
    def passed(self) -> bool:
        """Whether every required check passed."""
        return not self.missing

    @property
    def sections(self) -> tuple[tuple[Section, tuple[Row, ...]], ...]:
        """The rows by section, both in the order of the checklist."""
        return tuple((section, tuple(rows)) for section, rows in groupby(self.rows, key=lambda row: row.section))

    def count(self, result: CheckResult) -> int:
        """How many checks came to this."""
        return sum(row.result is result for row in self.rows)


def report_of(
    results: Sequence[Result],
    required: Required,
    *,
    namespace: str,
    name: str,
    environment: str,
    at: datetime | None,
    since: Mapping[CheckId, datetime] | None = None,
    remarks: Iterable[str] = (),
    checks: Sequence[Check] = CHECKLIST,
) -> Report:
    """Returns the report of what was found.

    Args:
        results: what was found.
        required: what must pass of it.
        namespace: of the integration.
        name: of the integration.
        environment: of the integration.
        at: when the preflight was carried out, UTC.
        since: when a check was found, where that was not ``at``.
        remarks: what else is to be known.
        checks: those that are shown.
    """
    found = {result.id: result.finding for result in results}
    rows = tuple(
        Row(
            id=check.id,
            section=check.section,
            result=found[check.id].result,
            evidence=str(found[check.id].evidence or ""),
            message=plain(found[check.id].message),
            hint=plain(found[check.id].hint),
            required=check.id in required.checks,
            since=(since or {}).get(check.id),
        )
        for check in checks
        if check.id in found
    )
    return Report(
        namespace=namespace,
        name=name,
        environment=environment,
        explicit=required.explicit,
        at=at,
        rows=rows,
        missing=verdict(results, required).missing,
        counts=summary(results),
        remarks=tuple(plain(remark) for remark in remarks),
    )


def closing(report: Report) -> tuple[str, str]:
    """Returns the sentences that end a report: how many passed, and what is missing."""
    told = [f"{report.counts.passed} of {report.counts.applicable} checks passed"]
    words = (
        (CheckResult.FAIL, "failed"),
        (CheckResult.WARN, "warned of"),
        (CheckResult.UNKNOWN, "unknown"),
        (CheckResult.SKIPPED, "skipped"),
    )
    told += [f"{report.count(result)} {word}" for result, word in words if report.count(result)]
    return f"{', '.join(told)}.", _required(report)


def _required(report: Report) -> str:
    if report.missing:
        whose = "by spec.preflight.required" if report.explicit else f"for {report.environment}"
        return f"Required {whose} and missing: {', '.join(report.missing)}."
    whose = "spec.preflight.required names" if report.explicit else f"{report.environment} requires"
    return f"All that {whose} passed."


def moment(at: datetime) -> str:
    """Returns a time for people: ``2026-11-22 10:04:31 UTC``."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
