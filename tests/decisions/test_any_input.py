"""What holds for any input at all, however strange."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings

from ideogram_operator.decisions.decide import Observed, decide
from ideogram_operator.decisions.memory import DRILL, Memory
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.resource.words import Health, OverrideMode, TargetMode
from tests.decisions.hostile import MEMORIES, MOMENTS, OBSERVATIONS, POLICIES

anything = given(policy=POLICIES, memory=MEMORIES, observed=OBSERVATIONS, now=MOMENTS)
often = settings(max_examples=100, deadline=None)


@often
@anything
def test_it_never_raises_and_always_says_when_to_ask_again(
    policy: Policy, memory: Memory, observed: Observed, now: datetime
) -> None:
    decision = decide(policy, memory, observed, now)
    assert timedelta() < decision.next_in <= timedelta(minutes=10)
    assert decision.memory.since <= now
    assert all(flip <= now for flip in decision.memory.recent_flips)
    assert decision.restored >= 0


@often
@anything
def test_asked_again_it_says_the_same_and_tells_nothing_new(
    policy: Policy, memory: Memory, observed: Observed, now: datetime
) -> None:
    once = decide(policy, memory, observed, now)
    again = decide(policy, once.memory, observed, now)
    assert again == replace(once, fired=(), cleared=())


@often
@anything
def test_the_edges_are_the_difference_between_the_alerts(
    policy: Policy, memory: Memory, observed: Observed, now: datetime
) -> None:
    decision = decide(policy, memory, observed, now)
    before = {alert.trigger for alert in memory.alerts}
    after = {alert.trigger for alert in decision.alerts}
    assert {alert.trigger for alert in decision.fired} == after - before
    assert {alert.trigger for alert in decision.cleared} == before - after


@often
@anything
def test_unknown_moves_nothing(policy: Policy, memory: Memory, observed: Observed, now: datetime) -> None:
    policy, observed = replace(policy, override=None), replace(observed, asked=None)
    decision = decide(policy, memory, observed, now)
    if decision.health is not Health.UNKNOWN or memory.cause == DRILL:
        return
    assert decision.memory.state is memory.state
    assert decision.memory.flips == memory.flips
    assert not decision.fired
    assert not decision.cleared


@often
@anything
def test_a_person_is_obeyed(policy: Policy, memory: Memory, observed: Observed, now: datetime) -> None:
    wanted = decide(policy, memory, observed, now).wanted
    match policy.overridden(now):
        case OverrideMode.FORCE_FALLBACK:
            assert wanted is TargetMode.FALLBACK
        case OverrideMode.FORCE_LIVE:
            assert wanted is TargetMode.LIVE
        case OverrideMode.FREEZE:
            assert (wanted is TargetMode.FALLBACK) is memory.falling_back
        case None:
            assert wanted is TargetMode.FALLBACK if observed.asked else wanted in TargetMode
