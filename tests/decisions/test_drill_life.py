"""Drills in an integration's life, drawn at random: the drill and the breaker together, with a world around them.

Evidence of all kinds comes in between, people order and edit, targets get stuck or are meddled with, and the operator
dies. Whatever happens, a drill is over in bounded time, and where health lasts its targets are live again.
"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ideogram_operator.decisions.decide import Decision, decide
from ideogram_operator.decisions.drill import RESTARTED, conduct
from ideogram_operator.decisions.drill_facts import DrillMemory, DrillPlan, DrillTarget, DrillView
from ideogram_operator.decisions.drill_times import asks
from ideogram_operator.decisions.memory import DRILL
from ideogram_operator.decisions.policy import OverrideOrder
from ideogram_operator.resource.checklist import DrillPhase, DrillResult
from ideogram_operator.resource.words import Health, OverrideMode, State, TargetMode
from tests.decisions.player import HOUR, MINUTE, NOON, SECOND, Player, fact
from tests.decisions.test_whole_life import SPANS, WORDS

PLAN = DrillPlan(interval=4 * HOUR, duration=MINUTE, created=NOON)
LIVE, FALLBACK = TargetMode.LIVE, TargetMode.FALLBACK


class DrillLife(RuleBasedStateMachine):
    """One integration with one target, its operator, and everybody who comes in between."""

    def __init__(self) -> None:
        super().__init__()
        self.player = Player()
        self.drill = DrillMemory()
        self.generation = 1
        self.request = 0
        self.told, self.ready, self.follows = LIVE, True, True
        self.edits = 0

    # -- the world ----------------------------------------------------------------------------------------------------

    @rule(words=st.lists(WORDS, min_size=1, max_size=3), every=SPANS)
    def sees(self, words: list[str], every: timedelta) -> None:
        for word in words:
            self._see(word, every)

    @rule(count=st.integers(1, 12))
    def works_for_a_while(self, count: int) -> None:
        for _ in range(count):
            self._see("ok", 10 * SECOND)

    @rule(span=st.sampled_from([SECOND, MINUTE, HOUR, timedelta(days=40)]))
    def the_clock_is_put_back(self, span: timedelta) -> None:
        self.player.now -= span
        self._reconcile()

    @rule()
    def somebody_asks_for_a_drill(self) -> None:
        self.request += 1
        self._see("ok", SECOND)
        self._see("ok", SECOND)

    @rule(mode=st.sampled_from(OverrideMode), span=SPANS)
    def a_person_orders(self, mode: OverrideMode, span: timedelta) -> None:
        order = OverrideOrder(mode=mode, reason="maintenance", until=self.player.now + span)
        self.player.policy = replace(self.player.policy, override=order)
        self._reconcile()

    @rule()
    def a_person_edits(self) -> None:
        self.generation += 1
        self._reconcile()

    @rule()
    def somebody_deploys(self) -> None:
        self.edits += 1
        self.ready = False
        self._reconcile()

    @rule(follows=st.booleans())
    def pods_follow_or_do_not(self, follows: bool) -> None:
        self.follows = follows

    @rule()
    def the_operator_dies(self) -> None:
        self.player.evidence.clear()
        if self.drill.phase is not None:
            self.drill = replace(
                self.drill, phase=DrillPhase.RETURNING, returning_since=self.player.now, surprise=RESTARTED
            )
        self._reconcile()

    # -- what must come true ------------------------------------------------------------------------------------------

    @precondition(lambda self: self.drill.phase is not None)
    @rule()
    def a_drill_is_over_in_bounded_time(self) -> None:
        began, bound = self.drill.started_at, 40 * MINUTE
        for _ in range(bound // (10 * SECOND)):
            if self.drill.started_at != began:
                return
            self._see("ok", 10 * SECOND)
        raise AssertionError("it never ended")

    @rule()
    def health_lasts(self) -> None:
        assume(self.player.policy.overridden(self.player.now) is None)
        self.follows = True
        bound = self.player.policy.max_hold + 2 * HOUR
        for _ in range(bound // MINUTE):
            self._see("paid:ok", MINUTE)
            if self.drill.phase is None and self.player.state is State.LIVE and self.told is LIVE:
                return
        raise AssertionError("it never returned")

    # -- how it is done -----------------------------------------------------------------------------------------------

    def _see(self, word: str, every: timedelta) -> None:
        self.player.now += every
        self.player.evidence.append(fact(word, self.player.now))
        self._reconcile()

    def _reconcile(self) -> None:
        if self.follows:
            self.ready = True
        before, last_success = self.player.memory, self.drill.last_success
        preview = self._decide()
        view = self._view(preview)
        self.drill = conduct(PLAN, self.drill, view, self.player.now)
        assert conduct(PLAN, self.drill, view, self.player.now) == self.drill, "asked again, it says something else"
        decision = self._decide()
        self._check(before.cause, decision, success=self.drill.last_success != last_success)
        self.player.memory = decision.memory
        self._act(decision.wanted)

    def _decide(self) -> Decision:
        player = self.player
        player.asked = DRILL if asks(self.drill) else None
        decision = decide(player.policy, player.memory, player.observed(), player.now)
        again = decide(player.policy, decision.memory, player.observed(), player.now)
        assert again == replace(decision, fired=(), cleared=()), "asked again, it says something else"
        return decision

    def _check(self, cause: str | None, decision: Decision, *, success: bool) -> None:
        if asks(self.drill):
            assert decision.wanted is FALLBACK
            assert decision.health is Health.HEALTHY, "it rehearses only while nothing is wrong"
            assert self.player.policy.overridden(self.player.now) is None
        elif cause == DRILL and decision.health is Health.HEALTHY and not decision.alerts:
            ordered = self.player.policy.overridden(self.player.now)
            assert decision.wanted is LIVE or ordered in {OverrideMode.FREEZE, OverrideMode.FORCE_FALLBACK}
        if success:
            assert (self.told, self.ready, self.drill.result) == (LIVE, True, DrillResult.SUCCEEDED)

    def _view(self, preview: Decision) -> DrillView:
        memory = preview.memory
        web = DrillTarget(
            name="Deployment/web", mode=self.told, ready=self.ready, shape=f"{self.told} {self.edits}", verifies=False
        )
        return DrillView(
            request=str(self.request) if self.request else "",
            overridden=self.player.policy.overridden(self.player.now) is not None,
            state=memory.state,
            cause=memory.cause,
            health=preview.health,
            alerts=tuple(alert.trigger.value for alert in memory.alerts),
            generation=self.generation,
            targets=(web,),
        )

    def _act(self, wanted: TargetMode) -> None:
        if wanted is not self.told:
            self.told, self.ready = wanted, False


TestDrillLife = DrillLife.TestCase
TestDrillLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None, report_multiple_bugs=False)
