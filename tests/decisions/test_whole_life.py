"""An integration's whole life, drawn at random: what must hold in every one of them (DESIGN.md §11).

The world plays evidence of all kinds and strengths, puts the clock forward and back, edits the spec, gives orders and
lets them end, lets targets settle, and ends the operator's process between any two of its steps: going into fallback
it tells the targets first and writes status after, on the way back it is the other way round.
"""

from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ideogram_operator.decisions.adopt import Tale, adopt
from ideogram_operator.decisions.decide import Decision, decide
from ideogram_operator.decisions.memory import DRILL, PREFLIGHT, WISHES, Memory
from ideogram_operator.decisions.policy import OverrideOrder, Policy
from ideogram_operator.resource.words import (
    Action,
    Health,
    OverrideMode,
    Recovery,
    RestoreOrder,
    State,
    Strength,
    TargetMode,
    Trigger,
)
from tests.decisions.player import (
    ASKED,
    DEFAULTS,
    HOUR,
    MEANING,
    MINUTE,
    SECOND,
    Player,
    edited,
    fact,
)

FALLBACK = TargetMode.FALLBACK
WORDS = st.builds("{}:{}".format, st.sampled_from(list(ASKED)), st.sampled_from(list(MEANING)))
SPANS = st.sampled_from([SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR])
POLICIES = st.builds(
    lambda consecutive, action, recovery, **changes: replace(
        edited(
            edited(DEFAULTS, Trigger.API_UNREACHABLE, consecutive=consecutive, recovery=recovery),
            Trigger.RATE_LIMITED,
            action=action,
        ),
        **changes,
    ),
    consecutive=st.integers(1, 5),
    action=st.sampled_from(Action),
    recovery=st.sampled_from(Recovery),
    successes=st.integers(1, 4),
    hold=st.sampled_from([timedelta(), MINUTE, 5 * MINUTE]),
    max_hold=st.sampled_from([5 * MINUTE, 20 * MINUTE]),
    max_flips_per_hour=st.integers(2, 6),
    order=st.sampled_from(RestoreOrder),
    strongest=st.sampled_from([Strength.DRY_RUN, Strength.GENERATE]),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the targets carry: the order that told them so."""

    flip: int
    memory: Memory


class Life(RuleBasedStateMachine):
    """The world around one integration, and its operator."""

    def __init__(self) -> None:
        super().__init__()
        self.player = Player(targets=3)
        self.told = TargetMode.LIVE
        self.claim: Claim | None = None
        self.firing: set[Trigger] = set()
        self.elapsed = timedelta()
        # Of the last hour: changes that the operator decided by itself, orders and edits of the limit.
        self.changes: deque[timedelta] = deque()
        self.people: deque[tuple[timedelta, int]] = deque()
        self.words = 0
        self.before = self.player.memory

    # -- the world ----------------------------------------------------------------------------------------------------

    @initialize(policy=POLICIES)
    def begins(self, policy: Policy) -> None:
        self.player.policy = policy
        self.people.append((self.elapsed, policy.max_flips_per_hour))

    @rule(words=st.lists(WORDS, min_size=1, max_size=4), every=SPANS)
    def sees(self, words: list[str], every: timedelta) -> None:
        for word in words:
            self._time_goes_by(every)
            self.player.evidence.append(fact(word, self.player.now))
            self._reconcile()

    @rule(word=WORDS, count=st.integers(2, 8))
    def sees_the_same_again_and_again(self, word: str, count: int) -> None:
        self.sees([word] * count, 10 * SECOND)

    @rule(words=st.lists(WORDS, min_size=1, max_size=4))
    def sees_several_before_it_decides(self, words: list[str]) -> None:
        for word in words:
            self._time_goes_by(SECOND)
            self.player.evidence.append(fact(word, self.player.now))
        self._reconcile()

    @rule(span=SPANS)
    def nothing_happens(self, span: timedelta) -> None:
        self._time_goes_by(span)
        self._reconcile()

    @rule(span=st.sampled_from([SECOND, MINUTE, HOUR, timedelta(days=40)]))
    def the_clock_is_put_back(self, span: timedelta) -> None:
        self.player.now -= span
        self._reconcile()

    @rule()
    def targets_settle(self) -> None:
        self.player.settled = self.player.memory.restored
        self._reconcile()

    @rule(mode=st.sampled_from(OverrideMode), span=st.one_of(st.none(), SPANS))
    def a_person_orders(self, mode: OverrideMode, span: timedelta | None) -> None:
        until = None if span is None else self.player.now + span
        order = OverrideOrder(mode=mode, reason="maintenance", until=until)
        self.player.policy = replace(self.player.policy, override=order)
        self._reconcile()

    @precondition(lambda self: self.player.policy.override is not None)
    @rule()
    def a_person_takes_the_order_back(self) -> None:
        self.player.policy = replace(self.player.policy, override=None)
        self._reconcile()

    @rule(token=st.sampled_from(["", "one", "two", "three"]))
    def a_person_opens_the_way_back(self, token: str) -> None:
        self.player.token = token
        self._reconcile()

    @rule(asked=st.sampled_from([None, DRILL, PREFLIGHT]))
    def the_operator_wishes(self, asked: str | None) -> None:
        self.player.asked = asked
        self._reconcile()

    @rule(policy=POLICIES)
    def a_person_edits(self, policy: Policy) -> None:
        self.player.policy = replace(policy, override=self.player.policy.override)
        self.people.append((self.elapsed, policy.max_flips_per_hour))
        self._reconcile()

    # -- the operator -------------------------------------------------------------------------------------------------

    @rule()
    def the_operator_restarts(self) -> None:
        self.player.evidence.clear()
        self._reconcile()

    @rule(word=WORDS)
    def the_operator_dies_before_status_is_written(self, word: str) -> None:
        self._time_goes_by(10 * SECOND)
        self.player.evidence.append(fact(word, self.player.now))
        written = self.player.memory
        decision = self._decide()
        if decision.mode_of(0) is FALLBACK:
            self._act(decision)
        self.player.memory = written
        self.player.evidence.clear()
        self.firing = {alert.trigger for alert in written.alerts}
        if self.claim is not None:
            self.player.memory = adopt(
                self.player.policy,
                written,
                Tale(flip=self.claim.flip, since=self.claim.memory.since, cause=self.claim.memory.cause or ""),
                self.player.now,
            )
        self._reconcile()

    # -- what must come true ------------------------------------------------------------------------------------------

    @rule(meaning=st.sampled_from(["503", "400", "401", "402"]))
    def an_outage_lasts(self, meaning: str) -> None:
        assume(self._nobody_orders())
        needed = {"401": 2, "402": 1}.get(meaning, self._consecutive())
        self.sees([meaning] * needed, 10 * SECOND)
        assert self.told is FALLBACK
        assert self.player.memory.cause != DRILL, "an outage makes it a real fallback"

    @rule()
    def failures_of_all_kinds_last(self) -> None:
        assume(self._nobody_orders())
        self.sees(["503", "429", "401"] * max(2, self._consecutive()), 10 * SECOND)
        assert self.told is FALLBACK

    @rule(successes=st.just("paid:ok"))
    def health_lasts(self, successes: str) -> None:
        assume(self._nobody_orders())
        self.player.asked = None
        # A word that nobody gave before.
        self.words += 1
        self.player.token = f"word {self.words}"
        policy, step = self.player.policy, 5 * MINUTE
        bound = policy.max_hold + HOUR + (policy.successes + self.player.targets + 2) * step
        for _ in range(bound // step + 1):
            self.player.settled = self.player.memory.restored
            self.sees([successes], step)
        assert self.player.state is State.LIVE
        assert self.told is not FALLBACK

    # -- how it is done -----------------------------------------------------------------------------------------------

    def _nobody_orders(self) -> bool:
        return self.player.policy.overridden(self.player.now) is None

    def _consecutive(self) -> int:
        rule_ = self.player.policy.of(Trigger.API_UNREACHABLE)
        assert rule_ is not None
        return rule_.consecutive

    def _time_goes_by(self, span: timedelta) -> None:
        self.player.now += span
        self.elapsed += span

    def _reconcile(self) -> None:
        self._act(self._decide())

    def _decide(self) -> Decision:
        player = self.player
        before, observed = player.memory, player.observed()
        decision = decide(player.policy, before, observed, player.now)
        again = decide(player.policy, decision.memory, observed, player.now)
        assert again == replace(decision, fired=(), cleared=()), "asked again, it says something else"
        self._check_alerts(decision)
        self.before, player.memory = before, decision.memory
        return decision

    def _check_alerts(self, decision: Decision) -> None:
        player = self.player
        for alert in decision.fired:
            assert alert.trigger not in self.firing, "told twice that it fires"
            self.firing.add(alert.trigger)
        for alert in decision.cleared:
            assert alert.trigger in self.firing, "told twice that it has cleared"
            self.firing.remove(alert.trigger)
            proof = [one.strength for one in player.evidence if one.good or alert.trigger is Trigger.RATE_LIMITED]
            assert max(proof) >= player.policy.provable(alert.strength), "a weaker fact cleared it"

    def _act(self, decision: Decision) -> None:
        told = decision.mode_of(0)
        if told is FALLBACK and (self.claim is None or self.claim.flip < decision.memory.flips):
            self.claim = Claim(flip=decision.memory.flips, memory=decision.memory)
        elif told is not FALLBACK:
            self.claim = None
        if told is self.told:
            return
        self.told = told
        if not self._nobody_orders():
            self.people.append((self.elapsed, self.player.policy.max_flips_per_hour))
            return
        if self._wished(decision):
            return
        assert decision.health is not Health.UNKNOWN, "it moved on Unknown"
        self.changes.append(self.elapsed)
        self._check_flips()

    def _wished(self, decision: Decision) -> bool:
        """Whether the operator's own wish moved the targets, or its end; that is no flip that evidence caused."""
        if decision.asked is not None:
            assert self.told is FALLBACK, "it returned though it asks for fallback"
            self._somebody_else()
            return True
        ended = self.before.falling_back and self.before.cause in WISHES and self.told is not FALLBACK
        if ended:
            unknown = decision.health is Health.UNKNOWN
            assert not (unknown and self.before.cause == PREFLIGHT), "a gate opened into the unknown"
            self._somebody_else()
        return ended

    def _somebody_else(self) -> None:
        self.people.append((self.elapsed, self.player.policy.max_flips_per_hour))

    def _check_flips(self) -> None:
        hour_ago = self.elapsed - HOUR
        in_hour = [change for change in self.changes if change > hour_ago]
        # What held when the hour began counts as well.
        began = next((limit for at, limit in reversed(self.people) if at <= hour_ago), 2)
        since = [limit for at, limit in self.people if at > hour_ago]
        ordered = len(since)
        assert len(in_hour) <= max([began, *since]) + ordered, "too many flips in an hour"


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=40, deadline=None, report_multiple_bugs=False)
