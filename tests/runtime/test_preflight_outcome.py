"""What status keeps of preflights: results are joined, counted, dated, and the gate opens once."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.facts import NOT_ASKED, Facts, GenerationFacts, Inquiry, Lack, ReceiverFacts
from ideogram_operator.resource.checklist import CheckId, CheckResult
from ideogram_operator.resource.observations import CHECKS_BYTES, CheckStatus, PreflightStatus
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import Severity
from ideogram_operator.runtime.preflight.occasion import ALL, FREE, Occasion, notify_digest, paid_digest
from ideogram_operator.runtime.preflight.outcome import Found, closed_by, updated, verdict_of
from tests.checks.facts import PERFECT

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WHOLE = Occasion(whole=True, wanted=ALL, why="new")
LOOK = Occasion(whole=False, wanted=FREE, why="look")


def facts(**changes: Any) -> Facts:
    return replace(PERFECT, now=NOW, **changes)


def free(found: Facts) -> Facts:
    """The facts as a free look gathers them."""
    return replace(found, generation=NOT_ASKED, receivers=NOT_ASKED)


def carried_out(
    found: Facts,
    status: PreflightStatus | None = None,
    occasion: Occasion = WHOLE,
    *,
    image: GenerationFacts | None = None,
    generation: int = 3,
    request: str = "",
) -> PreflightStatus:
    known = found.generation if isinstance(found.generation, GenerationFacts) else image
    made = Found(occasion=occasion, facts=found, generation=generation, request=request)
    return updated(status or PreflightStatus(), made, known)


def of(status: PreflightStatus, check: CheckId) -> CheckStatus:
    return next(one for one in status.checks if one.id is check)


def test_everything_passed_is_told_in_order_and_counted() -> None:
    status = carried_out(facts(), request="go")
    assert [one.id for one in status.checks] == [check.id for check in CHECKLIST]
    assert (status.summary, status.passed, status.failed, status.unknown) == ("28/28", 28, 0, 0)
    assert (status.last_time, status.observed_generation, status.last_handled_request) == (NOW, 3, "go")
    assert (status.paid_for, status.notified_for) == (paid_digest(facts().spec), notify_digest(facts().spec))
    assert status.notified_at == NOW
    assert all(one.hint is None and one.time is None for one in status.checks)


def test_it_survives_being_written_and_read() -> None:
    status = carried_out(facts(storage=Lack(result=CheckResult.FAIL, message="it refuses to delete", hint="Allow it.")))
    wire = IntegrationStatus(preflight=status).to_wire()
    assert IntegrationStatus.parse(wire).preflight == status


def test_a_look_changes_what_it_saw_and_keeps_the_rest() -> None:
    broken = facts(database=Lack(result=CheckResult.FAIL, message="the database is away", hint="Start it."))
    before = carried_out(broken)
    assert before.summary == "27/28"
    later = NOW + timedelta(minutes=3)
    after = carried_out(free(replace(facts(), now=later)), before, LOOK)
    assert after.summary == "28/28"
    assert after.last_time == NOW
    assert of(after, CheckId.METADATA_DATABASE).time == later
    assert of(after, CheckId.IMAGE_DOWNLOAD).result is CheckResult.PASS
    assert of(after, CheckId.IMAGE_DOWNLOAD).time == NOW


def test_after_a_restart_a_look_keeps_what_it_does_not_remember() -> None:
    before = carried_out(facts())
    after = carried_out(free(facts()), before, LOOK, image=None)
    assert after.summary == "28/28"
    assert of(after, CheckId.IMAGE_SAFE_FLAG).message == of(before, CheckId.IMAGE_SAFE_FLAG).message


def test_receivers_that_were_reached_stay_reached_and_the_trigger_is_judged_anew() -> None:
    before = carried_out(facts())
    spec = facts().spec
    edited = IntegrationSpec.parse(
        {
            **spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True),
            "triggers": {"creditsExhausted": {"action": "Alert"}},
        }
    )
    after = carried_out(free(replace(facts(), spec=edited)), before, Occasion(whole=True, wanted=FREE, why="spec"))
    assert of(after, CheckId.AUTH_ALERT).result is CheckResult.PASS
    assert of(after, CheckId.CREDITS_ALERT).result is CheckResult.FAIL
    assert after.notified_at == NOW


def test_a_receiver_that_was_not_reached_is_remembered_as_such() -> None:
    lost = Lack(result=CheckResult.FAIL, message="it answers HTTP 500", hint="Look at it.")
    receivers = (ReceiverFacts(name="notify[0] (slack)", severities=(Severity.P1,), failure=lost),)
    status = carried_out(facts(receivers=receivers))
    assert status.notified_at is None
    assert of(status, CheckId.AUTH_ALERT).result is CheckResult.FAIL
    again = carried_out(free(facts()), status, LOOK)
    assert of(again, CheckId.AUTH_ALERT).result is CheckResult.FAIL


def gated(**preflight: Any) -> IntegrationSpec:
    spec = facts().spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    return IntegrationSpec.parse({**spec, "preflight": {"gate": "GoLive", **preflight}})


def test_the_gate_waits_for_what_is_missing_and_opens_once() -> None:
    spec = gated(required=["metadata-database", "targets-exist"])
    assert closed_by(spec, None) == ("metadata-database", "targets-exist")
    broken = replace(facts(), spec=spec, database=Lack(result=CheckResult.FAIL, message="away", hint="Start it."))
    status = carried_out(broken)
    assert closed_by(spec, status) == ("metadata-database",)
    opened = carried_out(replace(facts(), spec=spec), status)
    assert closed_by(spec, opened) is None
    assert opened.open_since == NOW
    later = replace(broken, now=NOW + timedelta(days=1))
    failed_again = carried_out(later, opened)
    assert failed_again.open_since == NOW
    assert closed_by(spec, failed_again) is None
    assert not verdict_of(spec, failed_again).passed


def test_what_an_old_spec_came_to_opens_no_gate() -> None:
    spec = gated(required=["metadata-database"])
    found = Found(occasion=WHOLE, facts=replace(facts(), spec=spec), generation=3, request="")
    assert updated(PreflightStatus(), found, None, current=False).open_since is None
    edited = gated(required=["targets-exist"])
    passed = carried_out(facts())
    assert closed_by(edited, passed, held=True, generation=4) == ("a preflight of the edited spec",)
    assert closed_by(edited, passed, held=True, generation=3) is None
    assert closed_by(edited, passed, held=False, generation=4) is None


def test_everything_wrong_at_once_still_fits_into_status() -> None:
    long = Lack(result=CheckResult.FAIL, message="x" * 160, hint="y" * 240)
    names = ("key", "targets", "peers", "api", "generation", "storage", "database", "traffic", "receivers")
    more = ("permissions", "predecessor", "breaker")
    status = carried_out(replace(facts(), **dict.fromkeys((*names, *more), long)))
    wire = IntegrationStatus(preflight=status).to_wire()["preflight"]["checks"]
    assert len(json.dumps(wire, separators=(",", ":"), ensure_ascii=False).encode()) <= CHECKS_BYTES


def test_without_a_gate_nothing_waits_and_an_opening_is_forgotten() -> None:
    assert closed_by(facts().spec, None) is None
    opened = carried_out(replace(facts(), spec=gated()))
    assert opened.open_since == NOW
    assert carried_out(facts(), opened).open_since is None


def test_facts_that_nobody_asked_for_judge_nothing_new() -> None:
    nothing = Facts(now=NOW, namespace="shop", name="storefront", spec=facts().spec)
    status = carried_out(nothing, occasion=Occasion(whole=True, wanted=frozenset({Inquiry.KEY}), why="new"))
    assert {one.id for one in status.checks} == {check.id for check in CHECKLIST if not check.needs}
