"""The pure rules: due times without a loop, the ledger without a stream, what is usual without an API."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.outcome import Outcome
from ideogram_operator.resource.words import Cause, Health, ProbeMethod, Strength
from ideogram_operator.runtime.probing.course import Course, Flight
from ideogram_operator.runtime.probing.demand import Confirm, Demand, Recover, Rhythm, Steady, most_urgent, rhythm
from ideogram_operator.runtime.probing.latency import Latencies
from ideogram_operator.runtime.probing.ledger import Ledger, until_tomorrow, utc_day
from ideogram_operator.runtime.probing.members import Members
from ideogram_operator.runtime.probing.pacing import Why, expected, next_free, next_paid, spread
from tests.probing.world import BASE, KEY

USUAL = Rhythm(interval=10, suspect_interval=2, timeout=10, confirmations=3)
MODEL = "V_2_TURBO"


def outcome(cause: Cause | None, retry_after: float | None = None) -> Outcome:
    health = Health.DOWN if cause else Health.HEALTHY
    return Outcome(
        method=ProbeMethod.DRY_RUN, health=health, cause=cause, message="", latency=0.1, retry_after=retry_after
    )


@pytest.mark.parametrize(
    ("course", "at", "why"),
    [
        (Course(first=3), 3, Why.REGULAR),
        (Course(first=0, started=100), 109.5, Why.REGULAR),
        (Course(first=0, started=100, jitter=1), 110, Why.REGULAR),
        (Course(first=0, started=100, jitter=-1), 109, Why.REGULAR),
        (Course(first=0, started=100, doubts=1), 102, Why.CONFIRM),
        (Course(first=0, started=100, doubts=3), 109.5, Why.REGULAR),
        (Course(first=0, started=100, doubts=1, retry_at=130), 130, Why.CONFIRM),
        (Course(first=0, started=100, quiet_until=700, jitter=-1), 700, Why.REGULAR),
        (Course(first=0, started=100, quiet_until=700, asked=True, retry_at=105), 105, Why.CONFIRM),
        (Course(first=0, started=100, in_flight=(Flight(100, 99),)), 101, Why.CONFIRM),
        (Course(first=0, started=101, in_flight=(Flight(100, 99), Flight(101, 101))), 103, Why.CONFIRM),
    ],
)
def test_when_a_free_stream_asks_next(course: Course, at: float, why: Why) -> None:
    start = next_free(USUAL, course, usual=None)
    assert start is not None
    assert (start.at, start.why) == (at, why)


@pytest.mark.parametrize(
    "course",
    [
        Course(first=0, started=1, refreshing=True),
        Course(first=0, started=1, doubts=3, in_flight=(Flight(1, 1),)),
        Course(first=0, started=1, in_flight=(Flight(1, 1),) * 3),
    ],
)
def test_when_a_free_stream_waits_for_an_answer(course: Course) -> None:
    assert next_free(USUAL, course, usual=None) is None


@pytest.mark.parametrize(("usual", "slow"), [(None, 1), (0.1, 1), (0.3, 1.5), (1.0, 2), (4.0, 6)])
def test_what_counts_as_slow_follows_what_is_usual(usual: float | None, slow: float) -> None:
    start = next_free(USUAL, Course(first=0, started=100, in_flight=(Flight(100, 100),)), usual)
    assert start is not None
    assert start.at == 100 + slow


def test_a_paid_stream_that_nobody_wants_regularly_never_asks() -> None:
    assert next_paid(Rhythm(interval=0, suspect_interval=2, timeout=30, confirmations=3), Course(first=0)) is None


@given(
    interval=st.floats(1, 1000),
    suspect=st.floats(0.5, 100),
    jitter=st.floats(-1, 1),
    doubts=st.integers(0, 9),
    flying=st.integers(0, 3),
    usual=st.none() | st.floats(0, 30),
    hurried=st.booleans(),
    recovering=st.booleans(),
)
@settings(deadline=None)
def test_a_free_stream_never_asks_sooner_than_it_may(  # noqa: PLR0917 -- one argument for each that varies
    interval: float,
    suspect: float,
    jitter: float,
    doubts: int,
    flying: int,
    usual: float | None,
    hurried: bool,
    recovering: bool,
) -> None:
    wanted = Rhythm(
        interval=interval,
        suspect_interval=suspect,
        timeout=10,
        confirmations=3,
        hurried=hurried,
        recovering=recovering,
    )
    flights = tuple(Flight(100, 100) for _ in range(flying))
    start = next_free(wanted, Course(first=0, started=100, jitter=jitter, doubts=doubts, in_flight=flights), usual)
    assert start is None or start.at >= 100 + min(0.9 * interval, suspect / 2, 1) - 1e-9
    assert flying < 3 or start is None
    assert expected(wanted, Course(first=0), now=100) >= max(interval, 10)
    assert spread(wanted) <= interval / 10 + 1e-9


@given(st.lists(st.sampled_from([None, *Cause]), max_size=30))
@settings(deadline=None)
def test_a_good_answer_ends_every_doubt(causes: list[Cause | None]) -> None:
    course = Course(first=0)
    for cause in causes:
        course = course.learned(outcome(cause), now=50, confirmations=3)
    course = course.learned(outcome(None), now=60, confirmations=3)
    assert (course.doubts, course.denials, course.cause) == (0, 0, None)
    assert course.quiet_until < 60


def test_the_most_urgent_of_all_wishes_holds() -> None:
    base = Demand(base_url=BASE, key=KEY, model=MODEL)
    eager = Demand(base_url=BASE, key=ApiKey("other"), model=MODEL, interval=5, timeout=20, confirmations=5)
    free = most_urgent([rhythm(ProbeMethod.DRY_RUN, one) for one in (base, eager)])
    assert (free.interval, free.timeout, free.confirmations, free.hurried) == (5, 20, 5, False)
    assert most_urgent([rhythm(ProbeMethod.GENERATE, one) for one in (base, eager)]).timeout == 30


@pytest.mark.parametrize(
    ("pace", "free", "paid"),
    [
        (Steady(), (False, False), (False, False)),
        (Confirm(Strength.DRY_RUN), (True, False), (False, False)),
        (Confirm(Strength.GENERATE), (False, False), (True, False)),
        (Recover(Strength.KEY_CHECK), (False, True), (False, False)),
        (Recover(Strength.DRY_RUN), (False, True), (False, False)),
        (Recover(Strength.GENERATE), (False, False), (False, True)),
    ],
)
def test_a_pace_concerns_the_streams_that_can_prove_it(
    pace: Steady | Confirm | Recover, free: tuple[bool, bool], paid: tuple[bool, bool]
) -> None:
    wanted = Demand(base_url=BASE, key=KEY, model=MODEL, pace=pace)
    for method, told in ((ProbeMethod.DRY_RUN, free), (ProbeMethod.GENERATE, paid)):
        found = rhythm(method, wanted)
        assert (found.hurried, found.recovering) == told


PACES = st.one_of(
    st.just(Steady()), st.builds(Confirm, st.sampled_from(Strength)), st.builds(Recover, st.sampled_from(Strength))
)
WISHES = st.builds(
    Demand,
    base_url=st.just(BASE),
    key=st.just(KEY),
    model=st.just(MODEL),
    interval=st.sampled_from([5.0, 10.0]),
    suspect_interval=st.sampled_from([1.0, 2.0]),
    confirmations=st.integers(2, 4),
    generate_interval=st.sampled_from([0.0, 600.0]),
    pace=PACES,
)


@pytest.mark.parametrize("method", [ProbeMethod.DRY_RUN, ProbeMethod.GENERATE])
@given(st.lists(st.tuples(st.integers(0, 4), st.none() | WISHES), max_size=40), st.booleans())
@settings(deadline=None)
def test_what_members_want_together_is_what_asking_each_would_say(
    method: ProbeMethod, changes: list[tuple[int, Demand | None]], promising: bool
) -> None:
    members, wanted = Members(method, lambda _: promising), dict[int, Demand]()
    for who, demand in changes:
        if demand is None:
            members.drop(who)
            wanted.pop(who, None)
        else:
            members.put(who, demand, ())
            wanted[who] = demand
    assert (list(members), len(members)) == (list(wanted), len(wanted))
    if wanted:
        asked = most_urgent([rhythm(method, demand) for demand in wanted.values()])
        early = method is ProbeMethod.GENERATE and not promising
        assert members.rhythm() == (replace(asked, recovering=False) if early else asked)


def test_the_ledger_restores_the_larger_account_and_remembers_days() -> None:
    ledger, today = Ledger(), date(2026, 11, 22)
    ledger.reserve("k", today, Decimal("0.30"))
    ledger.restore("k", today, Decimal("0.10"))
    assert ledger.spent("k", today) == Decimal("0.30")
    ledger.restore("k", today, Decimal("0.50"))
    ledger.reserve("k", today + timedelta(days=1), Decimal("0.05"))
    assert ledger.spent("k", today) == Decimal("0.50")
    assert not ledger.affords("k", today, Decimal("0.51"), Decimal("1.00"))
    ledger.release("k", today, Decimal(9))
    assert ledger.spent("k", today) == 0
    assert ledger.spent("other", today) == 0


def test_the_day_is_utcs() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert utc_day(late) == date(2026, 11, 23)
    assert until_tomorrow(late) == 19.5 * 3600
    assert until_tomorrow(datetime(2026, 11, 22, tzinfo=UTC)) == 24 * 3600


def test_what_is_usual_is_the_p95_of_the_last_hundred() -> None:
    latencies = Latencies()
    assert latencies.p95 is None
    for hundredths in range(1, 201):
        latencies.add(hundredths / 100)
    assert latencies.p95 == 1.95
