"""What is worth a write of status, and what is not: meaning, not measurements."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ideogram_operator.decisions.standing import Standing
from ideogram_operator.resource.observations import ProbeStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.status import Flip, IntegrationStatus
from ideogram_operator.resource.words import ProbeMethod, State, TargetMode
from ideogram_operator.runtime.report import meaning, status_of
from tests.decisions.player import NOON, SECOND, Player, fallen
from tests.decisions.standings import problem, seen, standing, target

PROBE = ProbeStatus(
    method=ProbeMethod.DRY_RUN,
    last_time=NOON,
    http_status=200,
    latency=timedelta(milliseconds=80),
    p95=timedelta(milliseconds=90),
    message="ok",
)


def status(
    stands: Standing, *, probe: ProbeStatus | None = PROBE, before: IntegrationStatus | None = None, **more: Any
) -> IntegrationStatus:
    given = {"generation": 1, "history": ()} | more
    return status_of(stands, before=before or IntegrationStatus(), probe=probe, **given)


def same(one: IntegrationStatus, other: IntegrationStatus) -> bool:
    return meaning(one) == meaning(other)


@pytest.mark.parametrize(
    "change",
    [
        {"last_time": NOON + SECOND},
        {"latency": timedelta(seconds=3)},
        {"p95": timedelta(seconds=3)},
        {"http_status": 201},
        {"message": "another word"},
        {"next_generate_time": NOON},
    ],
    ids=lambda change: next(iter(change)),
)
def test_measurements_are_no_meaning(change: dict[str, Any]) -> None:
    stands = standing(seen("ok"))
    assert same(status(stands), status(stands, probe=PROBE.model_copy(update=change)))


@pytest.mark.parametrize(
    "change",
    [{"method": ProbeMethod.GENERATE}, {"spent_today_usd": Decimal("0.05"), "spent_on": "2026-11-22"}],
    ids=lambda change: next(iter(change)),
)
def test_money_and_method_are(change: dict[str, Any]) -> None:
    stands = standing(seen("ok"))
    assert not same(status(stands), status(stands, probe=PROBE.model_copy(update=change)))


def test_time_that_goes_by_in_the_same_state_is_no_meaning() -> None:
    player = seen("ok")
    before = status(standing(player))
    player.see("ok ok ok")
    assert same(before, status(standing(player), before=before))


def test_more_of_the_same_outage_is_no_meaning() -> None:
    player = fallen()
    before = status(standing(player))
    player.see("503 503 503")
    assert same(before, status(standing(player), before=before))


def test_varying_words_of_probes_that_can_tell_nothing_are_no_meaning() -> None:
    """Else ten thousand integrations would write with every probe while the operator's own network is gone."""
    player = seen("blind")
    stands = standing(player)
    said = replace(stands.decision.assessment, message="no answer after 9.8 s, and the control URL fails too")
    other = replace(stands, decision=replace(stands.decision, assessment=said))
    assert same(status(stands), status(other))


def other_state(player: Player) -> Standing:
    player.see("503")
    return standing(player)


@pytest.mark.parametrize(
    "change",
    [
        other_state,
        lambda player: standing(player, problems=(problem(Reason.TARGET_MISSING),)),
        lambda player: standing(player, targets=(target(TargetMode.FALLBACK, TargetMode.LIVE),)),
        lambda player: standing(player, targets=(target(TargetMode.LIVE, TargetMode.LIVE, ready=False),)),
        lambda player: standing(player, targets=(target(TargetMode.LIVE, TargetMode.LIVE, at=NOON),)),
        lambda player: standing(player, why_not_touching=Reason.OBSERVE_MODE),
    ],
    ids=["state", "problem", "mode", "ready", "since", "observe"],
)
def test_what_a_person_would_want_to_know_is_meaning(change: Callable[[Player], Standing]) -> None:
    before = status(standing(seen("ok ok")))
    assert not same(before, status(change(seen("ok ok"))))


def test_another_problem_with_the_same_reason_is_meaning() -> None:
    one, other = (
        standing(seen("ok"), problems=(problem(Reason.TARGET_MISSING, f"{name} is not there."),)) for name in "ab"
    )
    assert not same(status(one), status(other))


def test_a_new_generation_and_a_new_flip_are_meaning() -> None:
    stands = standing(seen("ok"))
    assert not same(status(stands), status(stands, generation=2))
    assert not same(status(stands), status(stands, history=(Flip(to=State.LIVE, at=NOON),)))


def test_a_condition_keeps_its_time_while_its_status_stays() -> None:
    player = seen("ok")
    before = status(standing(player))
    player.see("ok ok 503")
    after = status(standing(player), before=before)
    times = {one.type: one.last_transition_time for one in before.conditions}
    moved = {one.type.value for one in after.conditions if one.last_transition_time != times[one.type]}
    assert moved == {"APIHealthy", "CredentialsValid"}


def test_the_first_write_has_it_all() -> None:
    first = status(standing(Player()))
    assert first.observed_generation == 1
    assert len(first.conditions) == 8
    assert first.state is State.LIVE
    assert first.message
    assert first.last_update is not None


def test_targets_that_need_attention_come_first() -> None:
    fine = [target(TargetMode.LIVE, TargetMode.LIVE) for _ in range(30)]
    wrong = replace(fine[0], name="Deployment/broken", problem=problem(Reason.TARGET_MISSING))
    told = status(standing(seen("ok"), targets=(*fine, wrong)))
    assert told.targets[0].name == "broken"
    assert len(told.targets) == 20
    assert told.targets_total == 31
