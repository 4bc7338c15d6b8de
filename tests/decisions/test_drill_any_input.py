"""What holds for any drill and any view at all: it is total, it settles at once, and it never holds on for ever."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ideogram_operator.decisions.drill import conduct
from ideogram_operator.decisions.drill_facts import DrillMemory, DrillPlan, DrillTarget, DrillView, Surprise
from ideogram_operator.decisions.drill_surprises import PATIENCE
from ideogram_operator.decisions.drill_times import asks, next_in
from ideogram_operator.resource.checklist import DrillPhase, DrillResult
from ideogram_operator.resource.readiness import DrillWindow
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import Health, State, TargetMode
from tests.decisions.drills import PLAN
from tests.decisions.hostile import MOMENTS, SPANS, maybe
from tests.decisions.player import MINUTE

WINDOWS = st.sampled_from([None, DrillWindow(), DrillWindow(start="22:00", end="04:00", time_zone="Asia/Tokyo")])
NAMES = st.sampled_from(["Deployment/web", "Deployment/api"])
PLANS = st.one_of(
    st.none(),
    st.builds(DrillPlan, interval=st.one_of(st.none(), SPANS), duration=SPANS, window=WINDOWS, created=MOMENTS),
)
SURPRISES = st.builds(
    Surprise, result=st.sampled_from([DrillResult.FAILED, DrillResult.ABORTED]), message=st.just("it was")
)
MEMORIES = st.builds(
    DrillMemory,
    phase=st.one_of(st.none(), st.sampled_from(DrillPhase)),
    started_at=maybe(MOMENTS),
    held_since=maybe(MOMENTS),
    closing=st.booleans(),
    returning_since=maybe(MOMENTS),
    generation=st.integers(0, 2),
    targets=st.lists(NAMES, max_size=2, unique=True).map(tuple),
    shapes=st.lists(st.tuples(NAMES, st.sampled_from(["a", "b"])), max_size=2).map(tuple),
    surprise=st.one_of(st.none(), SURPRISES),
    waiting_since=maybe(MOMENTS),
    last_time=maybe(MOMENTS),
    result=st.one_of(st.none(), st.sampled_from(DrillResult)),
    last_success=maybe(MOMENTS),
    handled=st.sampled_from(["", "one"]),
)
TARGETS = st.builds(
    DrillTarget,
    name=NAMES,
    mode=st.one_of(st.none(), st.sampled_from(TargetMode)),
    ready=st.booleans(),
    reason=st.one_of(st.none(), st.none(), st.sampled_from(Reason)),
    trouble=st.sampled_from(["", "trouble."]),
    told_at=maybe(MOMENTS),
    put_back=maybe(MOMENTS),
    verifies=st.booleans(),
    said=st.sampled_from([None, True, False]),
    others=st.sampled_from([(), (), ("gallery",)]),
    shape=st.sampled_from(["", "a", "b"]),
)
VIEWS = st.builds(
    DrillView,
    request=st.sampled_from(["", "one", "two"]),
    hindrance=st.sampled_from(["", "", "mode: Observe"]),
    overridden=st.booleans(),
    missing=st.sampled_from([None, None, ("key-in-secret",)]),
    state=st.sampled_from(State),
    cause=st.sampled_from([None, "drill", "authFailure"]),
    health=st.sampled_from(Health),
    alerts=st.sampled_from([(), (), ("authFailure",)]),
    generation=st.integers(0, 2),
    surveyed=st.booleans(),
    targets=st.lists(TARGETS, max_size=2).map(tuple),
    closing=st.booleans(),
    turn=st.booleans(),
)
NOTHING_WRONG = ("", False, (), None)
anything = given(plan=PLANS, memory=MEMORIES, view=VIEWS, now=MOMENTS)
often = settings(max_examples=300, deadline=None)


@often
@anything
def test_asked_again_it_says_the_same(
    plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime
) -> None:
    once = conduct(plan, memory, view, now)
    assert conduct(plan, once, view, now) == once
    wait = next_in(plan, once, now)
    assert wait is None or wait > timedelta()


@often
@anything
def test_it_begins_only_while_nothing_is_wrong(
    plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime
) -> None:
    drill = conduct(plan, replace(memory, phase=None), view, now)
    if drill.phase is None:
        return
    assert (view.health, view.state, view.turn, view.surveyed) == (Health.HEALTHY, State.LIVE, True, True)
    assert (view.hindrance, view.overridden, view.alerts, view.missing) == NOTHING_WRONG
    assert all(one.mode is TargetMode.LIVE and one.ready and not one.others for one in view.targets)
    assert view.targets


@often
@anything
def test_it_asks_for_fallback_only_while_nothing_is_wrong(
    plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime
) -> None:
    drill = conduct(plan, memory, view, now)
    if asks(drill) and memory.surprise is None:
        assert view.health is Health.HEALTHY
        assert (view.hindrance, view.overridden, view.alerts, view.missing) == NOTHING_WRONG
        assert plan is not None


@often
@anything
def test_it_succeeds_only_when_everything_is_back_and_says_so(
    plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime
) -> None:
    drill = conduct(plan, memory, view, now)
    if drill.last_success == memory.last_success:
        return
    assert (memory.phase, memory.surprise) == (DrillPhase.RETURNING, None)
    assert all(one.mode is TargetMode.LIVE and one.ready for one in view.targets)
    assert all(one.said is True for one in view.targets if one.verifies)


@often
@anything
def test_whatever_happens_it_is_over_in_bounded_time(
    plan: DrillPlan | None, memory: DrillMemory, view: DrillView, now: datetime
) -> None:
    plan = replace(PLAN, created=now) if plan is not None else None
    view = replace(view, request="")
    drill, bound = conduct(plan, memory, view, now), 3 * PATIENCE + PLAN.duration + 5 * MINUTE
    for _ in range(bound // MINUTE):
        try:
            now += MINUTE
        except OverflowError:
            return
        drill = conduct(plan, drill, view, now)
    assert drill.phase is None
