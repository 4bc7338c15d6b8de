"""The list itself: every check once, in its order, tested in a table, required where that makes sense."""

import ast
import re
import sys
from pathlib import Path

import pytest

import ideogram_operator.checks
from ideogram_operator.checks.check import Check, Section
from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.required import required
from ideogram_operator.resource.checklist import CheckId, CheckResult
from ideogram_operator.resource.words import Environment
from tests.checks import (
    test_api_configuration,
    test_concurrency,
    test_content_safety,
    test_error_handling,
    test_going_live,
    test_image_persistence,
    test_platform,
    test_request_handling,
)
from tests.checks.cases import Table
from tests.checks.facts import spec

TABLES: tuple[Table, ...] = (
    test_api_configuration.TABLE,
    test_request_handling.TABLE,
    test_concurrency.TABLE,
    test_image_persistence.TABLE,
    test_error_handling.TABLE,
    test_content_safety.TABLE,
    test_going_live.TABLE,
    test_platform.TABLE,
)
FOLDER = Path(ideogram_operator.checks.__file__).parent
OURS = ("checks", "decisions", "resource", "services.results")
IMPURE = {"asyncio", "logging", "random", "socket", "subprocess", "threading", "time", "os"}
DEVELOPMENT = (
    CheckId.KEY_IN_SECRET,
    CheckId.KEY_SEPARATE,
    CheckId.BASE_URL,
    CheckId.API_KEY_HEADER,
    CheckId.TARGETS_EXIST,
    CheckId.PERMISSIONS,
    CheckId.MODEL_ACCEPTED,
)
ONLY_PRODUCTION = {
    CheckId.AUTO_TOP_UP,
    CheckId.AUTH_ALERT,
    CheckId.SAFETY_LOG,
    CheckId.RATE_LIMIT_HIDDEN,
    CheckId.CREDITS_ALERT,
    CheckId.PII_SANITISATION,
    CheckId.SERVER_SIDE_VALIDATION,
    CheckId.IMAGE_SAFE_FLAG,
    CheckId.MODERATION_LAYER,
    CheckId.STAGING_TESTED,
    CheckId.ROLLBACK_TESTED,
}


def test_every_id_has_one_entry_in_the_order_of_the_ids() -> None:
    assert [check.id for check in CHECKLIST] == list(CheckId)


def test_sections_come_in_their_order() -> None:
    order = list(Section)
    places = [order.index(check.section) for check in CHECKLIST]
    assert places == sorted(places)
    assert set(places) == set(range(len(order)))


def test_every_check_has_a_table_with_a_row_that_passes_and_one_that_fails() -> None:
    rows = {check: cases for table in TABLES for check, cases in table.items()}
    assert set(rows) == set(CheckId)
    for check, cases in rows.items():
        results = {case.finding.result for case in cases}
        assert {CheckResult.PASS, CheckResult.FAIL} <= results, check
        assert len({case.name for case in cases}) == len(cases), check


def test_every_kind_of_evidence_that_a_check_claims_is_seen_in_its_table() -> None:
    for table in TABLES:
        for check, cases in table.items():
            seen = {case.finding.evidence for case in cases} - {None}
            claimed = next(one for one in CHECKLIST if one.id is check).evidence
            assert seen == set(claimed), check


@pytest.mark.parametrize("check", CHECKLIST, ids=lambda check: check.id)
def test_an_entry_says_all_that_the_page_needs(check: Check) -> None:
    assert check.evidence
    assert len(set(check.evidence)) == len(check.evidence)
    assert check.required_in
    for text in (check.holds, check.does, check.hint):
        assert re.fullmatch(r"[A-Z`0-9].*\.", text)
        assert "\n" not in text


def test_what_production_must_pass_is_everything() -> None:
    wanted = required(spec(environment="Production"))
    assert wanted.checks == tuple(CheckId)
    assert not wanted.explicit


def test_what_staging_must_pass_takes_no_users_and_no_word_of_a_person() -> None:
    wanted = required(spec(environment="Staging")).checks
    assert set(CheckId) - set(wanted) == ONLY_PRODUCTION


def test_what_development_must_pass_is_little() -> None:
    assert required(spec(environment="Development")).checks == DEVELOPMENT


@pytest.mark.parametrize("environment", Environment)
def test_what_the_spec_names_is_required_and_nothing_else(environment: Environment) -> None:
    named = spec(environment=environment, preflight={"required": ["permissions", "key-in-secret"]})
    wanted = required(named)
    assert wanted.checks == (CheckId.KEY_IN_SECRET, CheckId.PERMISSIONS)
    assert wanted.explicit


def test_what_judges_imports_nothing_that_could_ask_anybody() -> None:
    foreign = {
        (path.name, name)
        for path in FOLDER.glob("*.py")
        for name in _imported(path)
        if not name.startswith(tuple(f"ideogram_operator.{ours}" for ours in OURS))
        and (name.partition(".")[0] not in sys.stdlib_module_names or name in IMPURE)
    }
    gathering = {
        path.name for path in FOLDER.glob("*.py") if any("checks.gathering" in name for name in _imported(path))
    }
    assert not foreign
    assert not gathering


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found
