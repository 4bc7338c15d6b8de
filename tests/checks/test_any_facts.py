"""Whatever the facts are, every judge gives an answer, the same each time, and claims no more than its evidence."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from ideogram_operator.checks.check import Check
from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.facts import Facts
from ideogram_operator.checks.finding import HINT_BYTES, MESSAGE_BYTES
from ideogram_operator.checks.judging import judge, summary, verdict
from ideogram_operator.checks.required import required
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.observations import CheckStatus
from tests.checks.hostile import ANY_FACTS

TOLD = {CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL}
ENDINGS = (".", "!", "?", "…")
MANY = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example]
)


def written(text: str) -> int:
    """The bytes that status counts."""
    return len(json.dumps(text, ensure_ascii=False).encode(errors="replace")) - 2


@MANY
@given(ANY_FACTS)
def test_every_judge_answers_and_claims_no_more_than_its_evidence(facts: Facts) -> None:
    for check in CHECKLIST:
        finding = check.judge(facts)
        if finding.result in TOLD:
            assert finding.evidence in check.evidence
        else:
            assert finding.evidence is None
        assert finding.hint or finding.result in {CheckResult.PASS, CheckResult.SKIPPED}
        assert not finding.hint or finding.result is not CheckResult.PASS
        assert finding.message.endswith(ENDINGS)
        assert written(finding.message) <= MESSAGE_BYTES
        assert written(finding.hint) <= HINT_BYTES
        assert check.judge(facts) == finding


@MANY
@given(ANY_FACTS)
def test_what_is_judged_is_counted_and_weighed_whatever_it_is(facts: Facts) -> None:
    found = judge(facts)
    counts = summary(found)
    assert 0 <= counts.passed + counts.failed + counts.unknown <= counts.applicable <= len(found)
    told = verdict(found, required(facts.spec))
    assert told.passed is (not told.missing)
    assert 0 <= told.failed <= len(told.missing)


@MANY
@given(ANY_FACTS)
def test_status_keeps_every_finding_as_it_is(facts: Facts) -> None:
    for result in judge(facts):
        finding = result.finding
        kept = CheckStatus(id=result.id, result=finding.result, message=finding.message, hint=finding.hint)
        assert (kept.message, kept.hint) == (finding.message, finding.hint)


@pytest.mark.parametrize("check", CHECKLIST, ids=lambda check: check.id)
def test_a_check_that_needs_nothing_rests_on_the_spec_alone(check: Check) -> None:
    asks_nobody = not check.needs
    assert asks_nobody is (check.evidence == check.evidence[:1] and check.evidence[0].value == "Attested")
