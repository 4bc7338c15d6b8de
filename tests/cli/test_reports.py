"""How a report looks in each form; what foreign servers said stays text in all of them."""

import io
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.checks.finding import Finding
from ideogram_operator.checks.judging import Result
from ideogram_operator.checks.required import Required
from ideogram_operator.cli import reports_json, reports_junit, reports_markdown
from ideogram_operator.cli.reports import Report, report_of
from ideogram_operator.cli.table import print_table
from ideogram_operator.resource.checklist import CheckEvidence, CheckId, CheckResult

AT = datetime(2026, 11, 22, 10, 4, 31, tzinfo=UTC)
KEY, SEPARATE, URL = CheckId.KEY_IN_SECRET, CheckId.KEY_SEPARATE, CheckId.BASE_URL
STORAGE, MODERATION = CheckId.DURABLE_STORAGE, CheckId.MODERATION_LAYER
GOLDEN = """\
shop/storefront (Production), as of 2026-11-22 10:04:31 UTC

API configuration
 ✔ key-in-secret          Inspected The key comes from Secret shop/ideogram, key api-key.
 ✘ key-separate           Inspected shop-staging/storefront (Staging) uses the same key, and so do
                                    others of which there are many.
                                    → Give each environment a key of its own.
 ! base-url               Inspected The address is http.
                                    → Use https.

Image persistence
 – durable-storage                  It was left out.

Content safety
 ? moderation-layer                 Nobody has attested it.
                                    → Let somebody attest it.

1 of 4 checks passed, 1 failed, 1 warned of, 1 unknown, 1 skipped.
Required for Production and missing: key-separate, moderation-layer.
"""  # noqa: RUF001 - the mark of what was left out


def finding(result: CheckResult, message: str, hint: str = "", *, known: bool = True) -> Finding:
    return Finding(result=result, message=message, hint=hint, evidence=CheckEvidence.INSPECTED if known else None)


FINDINGS = {
    KEY: finding(CheckResult.PASS, "The key comes from Secret shop/ideogram, key api-key."),
    SEPARATE: finding(
        CheckResult.FAIL,
        "shop-staging/storefront (Staging) uses the same key, and so do others of which there are many.",
        "Give each environment a key of its own.",
    ),
    URL: finding(CheckResult.WARN, "The address is http.", "Use https."),
    STORAGE: finding(CheckResult.SKIPPED, "It was left out.", known=False),
    MODERATION: finding(CheckResult.UNKNOWN, "Nobody has attested it.", "Let somebody attest it.", known=False),
}


def report(findings: dict[CheckId, Finding] | None = None, *, explicit: bool = False) -> Report:
    results = [Result(id=check, finding=found) for check, found in (findings or FINDINGS).items()]
    return report_of(
        results,
        Required(checks=(KEY, SEPARATE, MODERATION), explicit=explicit),
        namespace="shop",
        name="storefront",
        environment="Production",
        at=AT,
    )


def drawn(*reports: Report) -> str:
    out = io.StringIO()
    print_table(reports, out)
    return out.getvalue()


def test_a_table_reads_well() -> None:
    assert drawn(report()) == GOLDEN


def test_several_tables_are_apart() -> None:
    assert drawn(report(), report()) == f"{GOLDEN}\n{GOLDEN}"


def test_a_report_without_a_gap_says_so() -> None:
    good = {check: finding(CheckResult.PASS, "It holds.") for check in (KEY, SEPARATE, MODERATION)}
    assert drawn(report(good)).endswith("3 of 3 checks passed.\nAll that Production requires passed.\n")
    assert drawn(report(good, explicit=True)).endswith("All that spec.preflight.required names passed.\n")


HOSTILE = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    ["\x1b[2J", "]]>", "<script>", "a|b\nc", "[x](http://y)", "@someone", "\ufffe\uffff", "\x00", "&amp;", "`x`"]
)


@given(message=HOSTILE, hint=HOSTILE)
def test_foreign_text_stays_text_in_every_form(message: str, hint: str) -> None:
    found = report({KEY: finding(CheckResult.FAIL, message, hint)})
    for text in (drawn(found), reports_json.render([found]), reports_markdown.render([found])):
        assert all(character.isprintable() or character == "\n" for character in text)
    failure = ET.fromstring(reports_junit.render([found])).find("testsuite/testcase/failure")  # noqa: S314 - our own
    assert failure is not None
    assert failure.get("message") == found.rows[0].message
    (line,) = [
        line
        for line in reports_markdown.render([found]).splitlines()
        if "key-in-secret" in line and ":x:" in line and line.startswith("| ")
    ]
    assert line.replace(r"\|", "").count("|") == 5
    assert "<script" not in line


@pytest.mark.parametrize(
    ("result", "required", "drawn_as"),
    [
        (CheckResult.PASS, True, "system-out"),
        (CheckResult.WARN, True, "system-out"),
        (CheckResult.FAIL, True, "failure"),
        (CheckResult.FAIL, False, "failure"),
        (CheckResult.UNKNOWN, True, "failure"),
        (CheckResult.UNKNOWN, False, "system-out"),
        (CheckResult.SKIPPED, True, "failure"),
        (CheckResult.SKIPPED, False, "skipped"),
    ],
)
def test_junit_has_one_word_for_each_result(result: CheckResult, required: bool, drawn_as: str) -> None:
    check = KEY if required else URL
    good = {one: finding(CheckResult.PASS, "It holds.") for one in (KEY, SEPARATE, MODERATION)}
    found = report(good | {check: finding(result, "Seen.")}, explicit=True)
    root = ET.fromstring(reports_junit.render([found]))  # noqa: S314 - our own
    case = root.find(f"testsuite/testcase[@name='{check}']")
    assert case is not None
    assert [child.tag for child in case] == [drawn_as]
    assert root.get("failures") == str(int(drawn_as == "failure"))
    assert root.get("skipped") == str(int(drawn_as == "skipped"))


@given(st.dictionaries(st.sampled_from(CheckId), st.sampled_from(CheckResult)), st.booleans())
def test_junit_has_a_failure_whenever_the_exit_code_has(results: dict[CheckId, CheckResult], explicit: bool) -> None:
    found = report({check: finding(result, "Seen.") for check, result in results.items()} or None, explicit=explicit)
    root = ET.fromstring(reports_junit.render([found]))  # noqa: S314 - our own
    failures = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert failures == {*found.missing, *(row.id for row in found.rows if row.result is CheckResult.FAIL)}
    assert root.get("failures") == str(len(failures))
    assert root.get("tests") == str(sum(1 for _ in root.iter("testcase")))
