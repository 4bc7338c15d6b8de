"""Reports as JSON, for programs: fields are added, never renamed. docs/cli.md tells each."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ideogram_operator.cli.reports import Report, Row


def render(reports: Sequence[Report]) -> str:
    """Returns one JSON document, indented, with a newline at its end."""
    document = {"integrations": [_integration(report) for report in reports]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _integration(report: Report) -> dict[str, Any]:
    return {
        "namespace": report.namespace,
        "name": report.name,
        "environment": report.environment,
        "passed": report.passed,
        "summary": report.counts.text,
        "missing": [str(check) for check in report.missing],
        "asOf": _time(report.at),
        "remarks": list(report.remarks),
        "checks": [_check(row) for row in report.rows],
    }


def _check(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "section": str(row.section),
        "result": str(row.result),
        "evidence": row.evidence or None,
        "message": row.message,
        "hint": row.hint or None,
        "required": row.required,
        "since": _time(row.since),
    }


def _time(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None
