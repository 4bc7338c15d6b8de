"""Any input at all: what a status that somebody edited, a wrong clock or a strange spec may hand to the decision."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from ideogram_operator.decisions.decide import Observed
from ideogram_operator.decisions.evidence import Evidence, Source
from ideogram_operator.decisions.memory import DRILL, PREFLIGHT, Alert, Memory
from ideogram_operator.decisions.policy import OverrideOrder, Policy, TriggerPolicy
from ideogram_operator.resource.words import (
    Action,
    Cause,
    Health,
    OverrideMode,
    Recovery,
    RestoreOrder,
    Severity,
    State,
    Strength,
    Trigger,
)
from tests.decisions.player import NOON

ANY_MOMENT = st.datetimes(timezones=st.just(UTC))
NEAR = st.timedeltas(min_value=timedelta(hours=-3), max_value=timedelta(hours=3)).map(lambda span: NOON + span)
ENDS = st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
MOMENTS = st.one_of(NEAR, NEAR, ANY_MOMENT, ENDS)
SPANS = st.one_of(st.timedeltas(timedelta(), timedelta(hours=2)), st.timedeltas())
COUNTS = st.one_of(st.integers(0, 5), st.integers(-3, 100), st.just(10**12))
TOKENS = st.sampled_from(["", "one", "two"])


def maybe(strategy: st.SearchStrategy[datetime]) -> st.SearchStrategy[datetime | None]:
    return st.one_of(st.none(), strategy)


FACTS = st.builds(
    Evidence,
    at=MOMENTS,
    health=st.sampled_from(Health),
    cause=st.one_of(st.none(), st.sampled_from(Cause)),
    strength=st.sampled_from(Strength),
    message=st.just("seen"),
    fresh_for=SPANS,
    source=st.sampled_from(Source),
)
ALERTS = st.builds(
    Alert,
    trigger=st.sampled_from(Trigger),
    severity=st.sampled_from(Severity),
    since=MOMENTS,
    first=MOMENTS,
    strength=st.sampled_from(Strength),
    value=COUNTS,
    threshold=COUNTS,
    message=st.just("remembered"),
)
MEMORIES = st.builds(
    Memory,
    state=st.sampled_from(State),
    since=MOMENTS,
    cause=st.one_of(
        st.none(),
        st.sampled_from(["override", "drill", "preflight", "nonsense", *(trigger.value for trigger in Trigger)]),
    ),
    detected_at=maybe(MOMENTS),
    hold_until=maybe(MOMENTS),
    relapses=COUNTS,
    flips=COUNTS,
    recent_flips=st.lists(MOMENTS, max_size=6).map(tuple),
    returned_at=maybe(MOMENTS),
    recover_token=TOKENS,
    restored=COUNTS,
    throttled_since=maybe(MOMENTS),
    alerts=st.lists(ALERTS, max_size=4).map(tuple),
)
POLICIES = st.builds(
    Policy,
    triggers=st.lists(
        st.builds(
            TriggerPolicy,
            trigger=st.sampled_from(Trigger),
            severity=st.sampled_from(Severity),
            action=st.sampled_from(Action),
            consecutive=COUNTS,
            recovery=st.sampled_from(Recovery),
        ),
        max_size=5,
    ).map(tuple),
    successes=COUNTS,
    hold=SPANS,
    max_hold=SPANS,
    relapse_window=SPANS,
    max_flips_per_hour=COUNTS,
    order=st.sampled_from(RestoreOrder),
    strongest=st.sampled_from(Strength),
    override=st.one_of(
        st.none(),
        st.builds(OverrideOrder, mode=st.sampled_from(OverrideMode), reason=st.just("because"), until=maybe(MOMENTS)),
    ),
)
OBSERVATIONS = st.builds(
    Observed,
    evidence=st.lists(FACTS, max_size=12).map(tuple),
    recover_token=TOKENS,
    asked=st.sampled_from([None, None, DRILL, PREFLIGHT]),
    targets=COUNTS,
    settled=COUNTS,
)
