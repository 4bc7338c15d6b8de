"""Reports as Markdown, for a comment on a pull request: a table per section."""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from ideogram_operator.cli.reports import Report, Row, closing, moment
from ideogram_operator.cli.table import ARROW
from ideogram_operator.resource.checklist import CheckResult

MARKS: Final = {
    CheckResult.PASS: ":white_check_mark:",
    CheckResult.WARN: ":warning:",
    CheckResult.FAIL: ":x:",
    CheckResult.UNKNOWN: ":grey_question:",
    CheckResult.SKIPPED: ":heavy_minus_sign:",
}
_SPECIAL: Final = re.compile(r"([\\`*_\[\]|~])")


def render(reports: Sequence[Report]) -> str:
    """Returns the document."""
    return "\n".join(line for report in reports for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    mark = MARKS[CheckResult.PASS if report.passed else CheckResult.FAIL]
    yield f"## {mark} {_escaped(report.title)} ({report.environment}): {report.counts.text}"
    yield ""
    yield _escaped(" ".join(closing(report)))
    if report.at:
        yield ""
        yield f"As of {moment(report.at)}."
    for remark in report.remarks:
        yield ""
        yield _escaped(remark)
    for section, rows in report.sections:
        yield from ("", f"### {section}", "", "| | Check | Evidence | What was seen |", "|---|---|---|---|")
        yield from (_row(row) for row in rows)
    yield ""


def _row(row: Row) -> str:
    told = _escaped(row.message)
    if row.since:
        told += f" (since {moment(row.since)})"
    if row.hint and row.result is not CheckResult.PASS:
        told += f"<br>{ARROW} {_escaped(row.hint)}"
    name = f"**{row.id}**" if row.required else str(row.id)
    return f"| {MARKS[row.result]} | {name} | {row.evidence} | {told} |"


def _escaped(text: str) -> str:
    """The text as itself, whatever it holds: no markup, and nobody is mentioned."""
    return _SPECIAL.sub(r"\\\1", html.escape(text, quote=False)).replace("@", "&#64;")
