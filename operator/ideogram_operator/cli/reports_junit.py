"""Reports as JUnit XML, the one form that every CI server draws: a suite per integration, a case per check."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from ideogram_operator.cli.reports import Report, Row
from ideogram_operator.resource.checklist import CheckId, CheckResult


def render(reports: Sequence[Report]) -> str:
    """Returns an XML document. What failed, or is required and did not pass, is a failure."""
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
    suite.extend(_case_without_result(report, check) for check in _without_result(report))
    return suite


def _case(report: Report, row: Row) -> ET.Element:
    case = ET.Element("testcase", classname=f"{report.title}.{row.section}", name=row.id, time="0")
    if _fails(report, row):
        told = f"{row.message}\n{row.hint}".strip()
        ET.SubElement(case, "failure", message=row.message, type=str(row.result)).text = told
    elif row.result is CheckResult.SKIPPED:
        ET.SubElement(case, "skipped", message=row.message)
    else:
        ET.SubElement(case, "system-out").text = " ".join((f"{row.result}: {row.message}", row.hint)).strip()
    return case


def _case_without_result(report: Report, check: CheckId) -> ET.Element:
    case = ET.Element("testcase", classname=report.title, name=check, time="0")
    ET.SubElement(case, "failure", message="It is required, and there is no result.", type=str(CheckResult.UNKNOWN))
    return case


def _counted(reports: Sequence[Report]) -> dict[str, str]:
    cases = [(report, row) for report in reports for row in report.rows]
    untold = sum(len(_without_result(report)) for report in reports)
    failures = sum(_fails(*case) for case in cases) + untold
    skipped = sum(row.result is CheckResult.SKIPPED and not _fails(report, row) for report, row in cases)
    return {"tests": str(len(cases) + untold), "failures": str(failures), "errors": "0", "skipped": str(skipped)}


def _fails(report: Report, row: Row) -> bool:
    # A server that reads the document must come to the same verdict as one that reads the exit code.
    return row.result is CheckResult.FAIL or row.id in report.missing


def _without_result(report: Report) -> tuple[CheckId, ...]:
    shown = {row.id for row in report.rows}
    return tuple(check for check in report.missing if check not in shown)
