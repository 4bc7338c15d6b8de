"""Reports as JUnit XML, the one form that every CI server draws: a suite per integration, a case per check."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from ideogram_operator.cli.reports import Report, Row
from ideogram_operator.resource.checklist import CheckResult


def render(reports: Sequence[Report]) -> str:
    """Returns an XML document. What failed, or is required and not known, is a failure."""
    root = ET.Element("testsuites", {"name": "ideogram preflight", **_counted(reports), "time": "0"})
    for report in reports:
        root.append(_suite(report))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(report: Report) -> ET.Element:
    stamp = {"timestamp": f"{report.at:%Y-%m-%dT%H:%M:%S}"} if report.at else {}
    suite = ET.Element("testsuite", {"name": report.title, **_counted([report]), "time": "0", **stamp})
    properties = ET.SubElement(suite, "properties")
    for name, value in (("environment", report.environment), ("summary", report.counts.text)):
        ET.SubElement(properties, "property", name=name, value=value)
    suite.extend(_case(report, row) for row in report.rows)
    return suite


def _case(report: Report, row: Row) -> ET.Element:
    case = ET.Element("testcase", classname=f"{report.title}.{row.section}", name=row.id, time="0")
    if _fails(row):
        told = f"{row.message}\n{row.hint}".strip()
        ET.SubElement(case, "failure", message=row.message, type=str(row.result)).text = told
    elif row.result is CheckResult.SKIPPED:
        ET.SubElement(case, "skipped", message=row.message)
    else:
        ET.SubElement(case, "system-out").text = " ".join((f"{row.result}: {row.message}", row.hint)).strip()
    return case


def _counted(reports: Sequence[Report]) -> dict[str, str]:
    rows = [row for report in reports for row in report.rows]
    failures = sum(_fails(row) for row in rows)
    skipped = sum(row.result is CheckResult.SKIPPED and not _fails(row) for row in rows)
    return {"tests": str(len(rows)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}


def _fails(row: Row) -> bool:
    return row.result is CheckResult.FAIL or (row.required and row.result is CheckResult.UNKNOWN)
