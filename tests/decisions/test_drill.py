"""A drill from its beginning to its end, and everything that may come in between."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ideogram_operator.decisions.drill import RESTARTED, conduct, unseen
from ideogram_operator.decisions.drill_facts import DrillMemory, DrillPlan
from ideogram_operator.decisions.drill_times import asks, due, next_in
from ideogram_operator.resource.checklist import DrillPhase, DrillResult
from ideogram_operator.resource.readiness import DrillWindow
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import Health, State, TargetMode
from tests.decisions.drills import FALLEN, GOOD, PHASES, PLAN, TOLD, WEB, falling, holding, later, returning, view
from tests.decisions.player import HOUR, MINUTE, NOON, SECOND

FALLING, HOLDING, RETURNING = DrillPhase
SUCCEEDED, FAILED, ABORTED, SKIPPED = DrillResult
ONLY_ASKED = DrillPlan(created=NOON)
MONDAYS = DrillWindow.model_validate({"days": ["Mon"]}, by_alias=True)
SUNDAYS = DrillWindow.model_validate({"days": ["Sun"], "end": "12:01"}, by_alias=True)
NOWHERE = DrillWindow.model_validate({"timeZone": "Mars/Olympus"}, by_alias=True)
VERIFYING: dict[str, Any] = {"verifies": True}


# -- the whole way -----------------------------------------------------------------------------------------------------


def test_it_falls_holds_returns_and_is_over() -> None:
    drill = falling()
    assert asks(drill)
    assert conduct(PLAN, drill, GOOD, later(SECOND)).phase is FALLING, "nothing was told yet"
    drill = conduct(PLAN, drill, FALLEN, later(5 * SECOND))
    assert (drill.phase, drill.held_since) == (HOLDING, later(5 * SECOND))
    assert conduct(PLAN, drill, FALLEN, later(MINUTE)).phase is HOLDING
    drill = conduct(PLAN, drill, FALLEN, later(65 * SECOND))
    assert (drill.phase, asks(drill)) == (RETURNING, False)
    drill = conduct(PLAN, drill, GOOD, later(70 * SECOND))
    assert (drill.phase, drill.result, drill.last_success, drill.handled) == (
        None,
        SUCCEEDED,
        later(70 * SECOND),
        "now",
    )
    assert drill.message == "1 target fell back in 5s, held for 1m, returned in 5s."


def test_the_application_has_its_word_three_times() -> None:
    drill = falling()
    silent = view(FALLEN, target=VERIFYING)
    assert conduct(PLAN, drill, silent, later(SECOND)).phase is FALLING
    said = view(FALLEN, target=VERIFYING | {"said": True})
    drill = conduct(PLAN, drill, said, later(5 * SECOND))
    assert drill.phase is HOLDING
    drill = conduct(PLAN, drill, said, later(65 * SECOND))
    assert (drill.phase, drill.closing) == (HOLDING, True), "what was said a minute ago is no word on now"
    drill = conduct(PLAN, drill, replace(said, closing=True), later(66 * SECOND))
    assert drill.phase is RETURNING
    back = view(GOOD, target=VERIFYING)
    assert conduct(PLAN, drill, back, later(70 * SECOND)).phase is RETURNING
    drill = conduct(PLAN, drill, view(back, target={"said": True}), later(71 * SECOND))
    assert drill.result is SUCCEEDED
    assert drill.message.endswith("; 1 verified by the application itself.")


@pytest.mark.parametrize(
    ("phase", "base", "closing"), [("Falling", FALLEN, False), ("Holding", FALLEN, True), ("Returning", GOOD, False)]
)
def test_an_application_that_says_something_else_fails_it(phase: str, base: Any, closing: bool) -> None:
    word = VERIFYING | {"said": False, "heard": "does not say services.ideogram=disabled"}
    drill = conduct(
        PLAN, replace(PHASES[phase](), closing=closing), view(base, target=word, closing=closing), later(2 * MINUTE)
    )
    told = drill.surprise.message if drill.surprise is not None else drill.message
    assert "Deployment/web does not say services.ideogram=disabled" in told
    assert (drill.surprise.result if drill.surprise is not None else drill.result) is FAILED


def test_an_application_that_is_never_heard_after_the_hold_fails_it() -> None:
    silent = view(FALLEN, target=VERIFYING)
    drill = conduct(PLAN, replace(holding(), closing=True), silent, later(2 * MINUTE))
    assert drill.phase is HOLDING
    drill = conduct(PLAN, drill, silent, later(12 * MINUTE))
    assert drill.phase is RETURNING
    assert drill.surprise is not None
    assert drill.surprise.result is FAILED


# -- surprises ---------------------------------------------------------------------------------------------------------

SURPRISES: list[tuple[dict[str, Any], DrillResult, str]] = [
    ({"hindrance": "mode: Observe"}, ABORTED, "mode: Observe"),
    ({"overridden": True}, ABORTED, "spec.override"),
    ({"missing": ("key-in-secret",)}, ABORTED, "gate closed"),
    ({"alerts": ("creditsExhausted",)}, ABORTED, "creditsExhausted fired"),
    ({"health": Health.DOWN, "says": "HTTP 503"}, ABORTED, "the API is Down: HTTP 503"),
    ({"health": Health.DEGRADED, "says": "HTTP 429"}, ABORTED, "the API is Degraded"),
    ({"health": Health.UNKNOWN, "says": "blind"}, ABORTED, "the API is Unknown"),
    ({"generation": 2}, ABORTED, "the spec was edited"),
    ({"state": State.FALLBACK, "cause": "override"}, ABORTED, "override took the fallback over"),
    ({"targets": ()}, ABORTED, "Deployment/web is no target any more"),
    ({"targets": (WEB, replace(WEB, name="Deployment/api"))}, ABORTED, "Deployment/api is a target now"),
    ({"target": {"reason": Reason.TARGET_MISSING, "trouble": "it is gone."}}, ABORTED, "Deployment/web: it is gone"),
    ({"target": {"reason": Reason.TARGET_CONFLICT, "trouble": "argo."}}, ABORTED, "argo"),
    ({"target": {"reason": Reason.ROLLOUT_STUCK, "trouble": "pods do not get ready."}}, FAILED, "do not get ready"),
    ({"target": {"reason": Reason.PERMISSION_DENIED, "trouble": "may not patch."}}, FAILED, "may not patch"),
    ({"target": {"others": ("gallery",)}}, ABORTED, "held by gallery as well"),
]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("change", "result", "says"), SURPRISES, ids=[says for _, _, says in SURPRISES])
def test_the_first_surprise_ends_it(phase: str, change: dict[str, Any], result: DrillResult, says: str) -> None:
    drill = conduct(PLAN, PHASES[phase](), view(FALLEN, **change), later(50 * SECOND))
    assert not asks(drill)
    told = drill.surprise.message if drill.surprise is not None else drill.message
    assert says.lower() in told.lower()
    assert (drill.surprise.result if drill.surprise is not None else drill.result) is result
    assert drill.last_success is None


@pytest.mark.parametrize("phase", ["Falling", "Holding"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"put_back": later(3 * SECOND)}, "somebody put Deployment/web back"),
        ({"told_at": later(30 * SECOND)}, "somebody put Deployment/web back"),
        ({"shape": "another"}, "somebody changed Deployment/web"),
    ],
    ids=["put back", "told again", "changed"],
)
def test_who_meddles_with_a_target_ends_it(phase: str, change: dict[str, Any], says: str) -> None:
    drill = conduct(PLAN, PHASES[phase](), view(FALLEN, target=change), later(40 * SECOND))
    if phase == "Falling" and "put_back" not in change:
        assert drill.surprise is None, "what is told and looks like is not settled yet"
    else:
        assert drill.surprise is not None
        assert drill.surprise.message == says


@pytest.mark.parametrize(
    "change",
    [
        {"reason": Reason.CLUSTER_UNREACHABLE, "trouble": "busy."},
        {"reason": Reason.ROLLOUT_LIMIT_REACHED, "trouble": "waits."},
        {"put_back": NOON - MINUTE},
        {"shape": ""},
    ],
    ids=["cluster", "turn", "long ago", "unread"],
)
def test_what_passes_by_itself_is_no_surprise(change: dict[str, Any]) -> None:
    assert conduct(PLAN, holding(), view(FALLEN, target=change), later(40 * SECOND)).phase is HOLDING


def test_a_window_that_closes_ends_it_but_not_the_way_back() -> None:
    plan = replace(PLAN, window=SUNDAYS, duration=30 * SECOND)
    drill = conduct(plan, holding(plan), FALLEN, later(61 * SECOND))
    assert drill.phase is RETURNING
    plan = replace(PLAN, window=SUNDAYS, duration=10 * SECOND)
    back = conduct(plan, holding(plan), FALLEN, later(15 * SECOND))
    assert conduct(plan, back, GOOD, later(2 * MINUTE)).result is SUCCEEDED


def test_a_spec_that_is_no_more_to_be_acted_on_ends_it() -> None:
    drill = conduct(None, holding(), FALLEN, later(30 * SECOND))
    assert drill.surprise is not None
    assert "not valid" in drill.surprise.message


def test_targets_that_do_not_fall_back_in_ten_minutes_fail_it() -> None:
    pending = view(FALLEN, target={"ready": False})
    assert conduct(PLAN, falling(), pending, later(10 * MINUTE - SECOND)).phase is FALLING
    drill = conduct(PLAN, falling(), pending, later(10 * MINUTE))
    assert drill.phase is RETURNING
    assert drill.surprise is not None
    assert drill.surprise.message == "after ten minutes not in fallback: Deployment/web"


def test_targets_that_do_not_return_in_ten_minutes_fail_it_and_it_is_over() -> None:
    drill = conduct(PLAN, returning(), view(GOOD, target={"ready": False}), later(12 * MINUTE))
    assert (drill.phase, drill.result) == (None, FAILED)
    assert "The targets are not all back yet." in drill.message


def test_the_first_surprise_is_the_one_that_is_told() -> None:
    drill = conduct(PLAN, holding(), view(FALLEN, overridden=True), later(30 * SECOND))
    drill = conduct(PLAN, drill, view(FALLEN, generation=9, alerts=("authFailure",)), later(31 * SECOND))
    drill = conduct(PLAN, drill, GOOD, later(40 * SECOND))
    assert (drill.result, drill.message) == (ABORTED, "A person gave an order with spec.override.")


def test_it_waits_for_targets_that_bad_evidence_keeps_in_fallback() -> None:
    down = view(FALLEN, health=Health.DOWN, says="HTTP 503")
    drill = conduct(PLAN, holding(), down, later(30 * SECOND))
    assert conduct(PLAN, drill, down, later(2 * MINUTE)).phase is RETURNING
    assert conduct(PLAN, drill, GOOD, later(3 * MINUTE)).result is ABORTED


def test_a_trigger_that_takes_over_decides_about_the_way_back() -> None:
    drill = conduct(PLAN, holding(), view(FALLEN, cause="authFailure", alerts=("authFailure",)), later(30 * SECOND))
    assert (drill.phase, drill.result) == (None, ABORTED)
    assert drill.message == "AuthFailure fired. The targets stay in fallback (authFailure)."


def test_after_a_restart_it_is_over_only_when_the_targets_were_seen_to_be_back() -> None:
    drill = DrillMemory(phase=RETURNING, started_at=NOON, returning_since=NOON, surprise=RESTARTED)
    unread = view(GOOD, surveyed=False, targets=())
    assert conduct(PLAN, drill, unread, NOON).phase is RETURNING
    assert conduct(PLAN, drill, GOOD, NOON).result is ABORTED


def test_a_clock_that_was_ahead_stretches_no_hold() -> None:
    drill = conduct(PLAN, holding(), FALLEN, NOON - timedelta(days=40))
    assert drill.held_since == NOON - timedelta(days=40)
    assert conduct(PLAN, drill, FALLEN, NOON - timedelta(days=40) + MINUTE).phase is RETURNING


# -- the beginning -----------------------------------------------------------------------------------------------------

OBSTACLES: list[tuple[DrillPlan | None, dict[str, Any], str]] = [
    (None, {}, "the spec is not valid"),
    (PLAN, {"hindrance": "--read-only"}, "targets are not touched (--read-only)"),
    (PLAN, {"overridden": True}, "spec.override is in force"),
    (PLAN, {"missing": ()}, "the preflight's gate is closed"),
    (replace(PLAN, window=MONDAYS), {}, "outside the window Mon 00:00-23:59 UTC"),
    (replace(PLAN, window=SUNDAYS), {}, "too little is left of the window Sun 00:00-12:01 UTC"),
    (replace(PLAN, window=NOWHERE), {}, "nobody knows the time zone Mars/Olympus, so the window never opens"),
    (PLAN, {"alerts": ("rateLimited",)}, "rateLimited fires"),
    (PLAN, {"health": Health.DOWN, "says": "HTTP 503"}, "the API is Down: HTTP 503"),
    (PLAN, {"state": State.SUSPECT}, "the state is Suspect"),
    (PLAN, {"targets": ()}, "there is no target"),
    (PLAN, {"target": {"reason": Reason.TARGET_PAUSED, "trouble": "paused."}}, "Deployment/web: paused"),
    (PLAN, {"target": {"mode": TargetMode.THROTTLED}}, "Deployment/web is told Throttled"),
    (PLAN, {"target": {"ready": False}}, "the pods of Deployment/web are being replaced"),
    (PLAN, {"target": {"others": ("gallery",)}}, "Deployment/web is held by gallery as well"),
]


@pytest.mark.parametrize(("plan", "change", "says"), OBSTACLES, ids=[says for _, _, says in OBSTACLES])
def test_what_is_wrong_refuses_a_request_at_once_with_the_reason(
    plan: DrillPlan | None, change: dict[str, Any], says: str
) -> None:
    drill = conduct(plan, DrillMemory(), view(**change), NOON)
    assert (drill.phase, drill.result, drill.handled, drill.last_time) == (None, SKIPPED, "now", NOON)
    assert drill.message == f"Not begun: {says}."
    assert not due(PLAN, drill, "now", NOON), "it was handled"


@pytest.mark.parametrize(("plan", "change", "says"), OBSTACLES, ids=[says for _, _, says in OBSTACLES])
def test_what_is_wrong_only_puts_a_schedule_off(plan: DrillPlan | None, change: dict[str, Any], says: str) -> None:
    waiting = DrillMemory(last_time=NOON - 999 * HOUR)
    assert conduct(plan, waiting, view(request="", **change), NOON) == waiting


UNKNOWNS: list[dict[str, Any]] = [
    {"health": Health.UNKNOWN, "says": "no evidence yet"},
    {"surveyed": False},
    {"target": {"mode": None}},
    {"target": {"shape": ""}},
    {"target": {"reason": Reason.CLUSTER_UNREACHABLE, "trouble": "busy."}},
]


@pytest.mark.parametrize("change", UNKNOWNS, ids=str)
def test_what_is_only_not_known_yet_is_waited_for_a_minute(change: dict[str, Any]) -> None:
    drill = conduct(PLAN, DrillMemory(), view(**change), NOON)
    assert (drill.phase, drill.result, drill.waiting_since) == (None, None, NOON)
    assert next_in(PLAN, drill, NOON) == MINUTE
    assert conduct(PLAN, drill, GOOD, later(MINUTE - SECOND)).phase is FALLING
    assert conduct(PLAN, drill, view(**change), later(MINUTE)).result is SKIPPED


def test_whose_turn_it_is_not_waits_for_as_long_as_it_takes() -> None:
    drill = conduct(PLAN, DrillMemory(), view(turn=False), NOON)
    drill = conduct(PLAN, drill, view(turn=False), later(5 * HOUR))
    assert (drill.phase, drill.result) == (None, None)
    assert conduct(PLAN, drill, GOOD, later(6 * HOUR)).phase is FALLING


def test_a_look_at_the_targets_is_asked_for_only_when_nothing_else_is_missing() -> None:
    unread = view(target={"shape": ""})
    assert unseen(PLAN, DrillMemory(), unread, NOON)
    assert not unseen(PLAN, DrillMemory(), replace(unread, turn=False), NOON)
    assert not unseen(PLAN, DrillMemory(), replace(unread, health=Health.UNKNOWN), NOON)
    assert not unseen(PLAN, holding(), unread, NOON)


@pytest.mark.parametrize(
    ("plan", "memory", "at", "is_due"),
    [
        (PLAN, DrillMemory(), NOON, False),
        (PLAN, DrillMemory(), NOON + 718 * HOUR, False),
        (PLAN, DrillMemory(), NOON + 719 * HOUR, True),
        (PLAN, DrillMemory(last_time=NOON), NOON + 719 * HOUR, False),
        (PLAN, DrillMemory(last_time=NOON), NOON + 720 * HOUR, True),
        (ONLY_ASKED, DrillMemory(), NOON + 9999 * HOUR, False),
        (None, DrillMemory(), NOON + 9999 * HOUR, False),
    ],
)
def test_a_schedule_counts_from_the_last_end_and_from_the_integrations_beginning(
    plan: DrillPlan | None, memory: DrillMemory, at: Any, is_due: bool
) -> None:
    assert due(plan, memory, "", at) is is_due
    begun = conduct(plan, memory, view(request=""), at)
    assert (begun.phase is FALLING) is is_due


def test_a_request_is_obeyed_once() -> None:
    done = conduct(PLAN, returning(), GOOD, later(2 * MINUTE))
    assert conduct(PLAN, done, GOOD, later(3 * MINUTE)) == done
    assert conduct(PLAN, done, view(request="again"), later(3 * MINUTE)).phase is FALLING
    assert conduct(PLAN, done, view(request=""), later(3 * MINUTE)) == done


@pytest.mark.parametrize(
    ("memory", "now", "wait"),
    [
        (falling(), NOON, 10 * MINUTE),
        (holding(), later(35 * SECOND), 30 * SECOND),
        (replace(holding(), closing=True), later(65 * SECOND), None),
        (returning(), later(65 * SECOND), 10 * MINUTE),
        (DrillMemory(), NOON, 719 * HOUR),
    ],
)
def test_it_says_when_there_is_something_new_to_conduct(memory: DrillMemory, now: Any, wait: timedelta | None) -> None:
    assert next_in(PLAN, memory, now) == wait
    assert TOLD.mode is TargetMode.FALLBACK
