"""The fault plan alone: pure, so for any plan."""

from hypothesis import given
from hypothesis import strategies as st

from lab.simulator.faults import Fault, FaultPlan, parse_fault
from lab.simulator.words import CONNECTION_FAULTS, FaultKind, Host, Route

REQUEST_FAULTS = sorted(set(FaultKind) - CONNECTION_FAULTS)

faults = st.builds(
    Fault,
    kind=st.sampled_from(REQUEST_FAULTS),
    host=st.sampled_from(Host),
    routes=st.none() | st.frozensets(st.sampled_from(Route)),
    key=st.none() | st.sampled_from(["a", "b"]),
    times=st.none() | st.integers(0, 3),
    for_seconds=st.none() | st.floats(0, 10),
    probability=st.floats(0, 1),
    seed=st.integers(0, 9),
)
requests = st.tuples(st.sampled_from(Host), st.sampled_from(Route), st.sampled_from([None, "a", "b"]), st.floats(0, 20))


def plan_of(planned: list[Fault]) -> FaultPlan:
    plan = FaultPlan()
    for fault in planned:
        plan.add(fault, now=0.0)
    return plan


def ask(plan: FaultPlan, asked: list[tuple[Host, Route, str | None, float]]) -> list[Fault | None]:
    times = sorted(asked, key=lambda request: request[3])
    return [plan.pick(host=host, route=route, key=key, now=now, opened_at=now) for host, route, key, now in times]


@given(st.lists(faults, max_size=4), st.lists(requests, max_size=30))
def test_a_request_meets_only_what_was_meant_for_it(planned: list[Fault], asked: list[tuple[Host, Route, str | None, float]]) -> None:  # fmt: skip
    picked = ask(plan_of(planned), asked)
    for (host, route, key, now), fault in zip(sorted(asked, key=lambda request: request[3]), picked, strict=True):
        if fault is None:
            continue
        assert fault.host is host
        assert fault.routes is None or route in fault.routes
        assert fault.key in {None, key}
        assert fault.for_seconds is None or now < fault.for_seconds
        assert fault.kind is not FaultKind.HANG_POOLED, "every connection here is younger than the fault"
    for fault in planned:
        assert fault.times is None or sum(each is fault for each in picked) <= fault.times


@given(st.lists(faults, max_size=4), st.lists(requests, max_size=30))
def test_the_same_plan_does_the_same_again(planned: list[Fault], asked: list[tuple[Host, Route, str | None, float]]) -> None:  # fmt: skip
    assert ask(plan_of(planned), asked) == ask(plan_of(planned), asked)


@given(st.lists(faults, max_size=4), st.lists(requests, max_size=10))
def test_healed_means_healed(planned: list[Fault], asked: list[tuple[Host, Route, str | None, float]]) -> None:
    plan = plan_of(planned)
    plan.remove()
    assert ask(plan, asked) == [None] * len(asked)


def test_odds_are_about_what_was_asked_for() -> None:
    plan = plan_of([parse_fault({"kind": "status", "probability": 0.3, "seed": 7})])
    picked = ask(plan, [(Host.API, Route.MODELS, None, 1.0)] * 1000)
    assert 250 < sum(fault is not None for fault in picked) < 350


def test_the_youngest_fault_wins_and_the_elder_is_under_it() -> None:
    plan = plan_of([Fault(kind=FaultKind.HANG), Fault(kind=FaultKind.RESET, times=1)])
    picked = ask(plan, [(Host.API, Route.MODELS, None, 1.0)] * 2)
    assert [fault.kind for fault in picked if fault] == [FaultKind.RESET, FaultKind.HANG]
